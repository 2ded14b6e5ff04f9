import { connect } from 'node:tls';
import { ServerUnreachable } from '../../domain/rotation-errors.ts';
import type { ServerLogin } from '../ports/rotation.ts';

/** What Redis answers: a text, a number, nothing, or a list of these. */
export type RedisAnswer = string | number | null | readonly RedisAnswer[];

/** One connection to a Redis or Valkey server. */
export interface RedisSession {
  /** Throws ServerUnreachable, RedisRefused. */
  ask(...words: string[]): Promise<RedisAnswer>;
}

/** The first word of the server's error (`WRONGPASS`, `NOPERM`), without the rest: that may quote the command. */
export class RedisRefused extends Error {
  override readonly name = 'RedisRefused';
  readonly code: string;
  constructor(code: string) {
    super(`The server refused a command (${code}).`);
    this.code = code;
  }
}

/** `ca` in PEM; without it the authorities that Node was started with. */
export interface RedisTrust {
  readonly ca?: string;
}

/** Logs in, runs `use` and closes the connection. Throws ServerUnreachable, RedisRefused, and what `use` throws. */
export type WithRedisSession = <T>(login: ServerLogin, use: (session: RedisSession) => Promise<T>) => Promise<T>;

const timeoutMilliseconds = 5_000;
/** A later try may not meet these. https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors */
const passingCodes = ['LOADING', 'BUSY', 'TRYAGAIN', 'CLUSTERDOWN', 'MASTERDOWN'];

/** Over TLS with a checked certificate. */
export function redisSessionsWith(trust: RedisTrust): WithRedisSession {
  return async (login, use) => {
    const { host, port } = login;
    const socket = connect({ ...trust, host, port, servername: host, minVersion: 'TLSv1.2' });
    /** One question after the other: each waits for its answer. */
    let waiting: { resolve(answer: RedisAnswer): void; reject(error: Error): void } | undefined;
    let received = Buffer.alloc(0);
    let broken: ServerUnreachable | undefined;
    const fail = (code: string): void => {
      broken ??= new ServerUnreachable(host, port, code);
      socket.destroy();
      waiting?.reject(broken);
    };
    socket.setTimeout(timeoutMilliseconds, () => fail('no answer in time'));
    socket.on('error', ({ code }: Error & { code?: string }) => fail(code ?? 'the connection broke'));
    socket.on('close', () => fail('the connection was closed'));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const found = parse(received, 0);
      if (!found) return;
      received = received.subarray(found.end);
      if (!(found.value instanceof RedisRefused)) waiting?.resolve(found.value);
      else if (passingCodes.includes(found.value.code)) fail(found.value.code);
      else waiting?.reject(found.value);
    });
    const ask = (...words: string[]): Promise<RedisAnswer> =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        if (broken) reject(broken);
        else socket.write(commandOf(words));
      });
    try {
      await ask('AUTH', login.user, login.password);
      return await use({ ask });
    } finally {
      socket.destroy();
    }
  };
}

function commandOf(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

interface Parsed {
  readonly value: RedisAnswer | RedisRefused;
  /** Index after it. */
  readonly end: number;
}

/** RESP2; undefined: not all of it has come. https://redis.io/docs/latest/develop/reference/protocol-spec/ */
function parse(bytes: Buffer, start: number): Parsed | undefined {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd === -1) return undefined;
  const line = bytes.toString('utf8', start + 1, lineEnd);
  const kind = String.fromCharCode(bytes[start] ?? 0);
  const end = lineEnd + 2;
  if (kind === '+') return { value: line, end };
  if (kind === '-') return { value: new RedisRefused(line.split(' ')[0] ?? ''), end };
  if (kind === ':') return { value: Number(line), end };
  const length = Number(line);
  if (length < 0) return { value: null, end };
  if (kind === '$') {
    if (bytes.length < end + length + 2) return undefined;
    return { value: bytes.toString('utf8', end, end + length), end: end + length + 2 };
  }
  if (kind !== '*') return { value: new RedisRefused('an unknown answer'), end: bytes.length };
  return parseList(bytes, end, length);
}

function parseList(bytes: Buffer, start: number, length: number): Parsed | undefined {
  const items: RedisAnswer[] = [];
  let at = start;
  for (let index = 0; index < length; index++) {
    const item = parse(bytes, at);
    if (!item) return undefined;
    if (item.value instanceof RedisRefused) return { value: item.value, end: item.end };
    items.push(item.value);
    at = item.end;
  }
  return { value: items, end: at };
}
