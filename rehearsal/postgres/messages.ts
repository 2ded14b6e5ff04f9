/**
 * Messages of PostgreSQL's protocol 3 that the simulated server understands and sends.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */

/** One message of a client after the startup: its type's letter and what follows the length. */
export interface ClientMessage {
  readonly type: string;
  readonly body: Buffer;
}

/** Takes messages off the front of a stream's bytes, as they come whole. */
export class MessageReader {
  #bytes: Buffer = Buffer.alloc(0);

  push(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
  }

  /** A message without a type: the first of a connection. */
  startup(): Buffer | undefined {
    if (this.#bytes.length < 4 || this.#bytes.length < this.#bytes.readInt32BE(0)) return undefined;
    return this.#take(this.#bytes.readInt32BE(0)).subarray(4);
  }

  next(): ClientMessage | undefined {
    if (this.#bytes.length < 5) return undefined;
    const length = this.#bytes.readInt32BE(1) + 1;
    if (this.#bytes.length < length) return undefined;
    const message = this.#take(length);
    return { type: message.toString('latin1', 0, 1), body: message.subarray(5) };
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }
}

/** Reads the fields of one message, front to back. */
export class FieldReader {
  #at = 0;
  readonly #body: Buffer;

  constructor(body: Buffer) {
    this.#body = body;
  }

  get done(): boolean {
    return this.#at >= this.#body.length;
  }

  text(): string {
    const end = this.#body.indexOf(0, this.#at);
    const text = this.#body.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  int16(): number {
    this.#at += 2;
    return this.#body.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#body.readInt32BE(this.#at - 4);
  }

  bytes(length: number): Buffer {
    this.#at += length;
    return this.#body.subarray(this.#at - length, this.#at);
  }
}

function message(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)));
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A column of a result: its type's object id stands in `pg_type`. */
export interface Column {
  readonly name: string;
  readonly type: keyof typeof columnTypes;
}

const columnTypes = { bool: 16, int4: 23, int8: 20, text: 25, timestamptz: 1184, numeric: 1700, pg_lsn: 3220 } as const;

export const serverMessages = {
  authentication: (kind: number, ...parts: readonly (Buffer | string)[]) => message('R', int32(kind), ...parts),
  parameter: (name: string, value: string) => message('S', name, value),
  backendKey: (process: number) => message('K', int32(process), int32(0)),
  /** `I` idle, `T` in a transaction, `E` in one that failed. */
  ready: (state: 'I' | 'T' | 'E') => message('Z', Buffer.from(state)),
  parsed: () => message('1'),
  bound: () => message('2'),
  closed: () => message('3'),
  noData: () => message('n'),
  completed: (tag: string) => message('C', tag),
  error: (severity: 'ERROR' | 'FATAL', sqlState: string, text: string) =>
    message('E', `S${severity}`, `V${severity}`, `C${sqlState}`, `M${text}`, Buffer.from([0])),
  rowDescription: (columns: readonly Column[]) =>
    message(
      'T',
      int16(columns.length),
      ...columns.flatMap(({ name, type }) => [
        name,
        // Table and column unknown, the type, its size unknown, no modifier, text.
        Buffer.concat([int32(0), int16(0), int32(columnTypes[type]), int16(-1), int32(-1), int16(0)]),
      ]),
    ),
  row: (values: readonly (string | null)[]) =>
    message(
      'D',
      int16(values.length),
      ...values.flatMap((value) => {
        if (value === null) return [int32(-1)];
        const bytes = Buffer.from(value);
        return [int32(bytes.length), bytes];
      }),
    ),
} as const;
