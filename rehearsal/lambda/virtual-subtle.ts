import crypto from 'node:crypto';

type Bytes = ArrayBuffer | ArrayBufferView;

/** A key of `importKey`: its bytes. */
interface RawKey {
  readonly bytes: Buffer;
}

/**
 * The part of `webcrypto.subtle` that logging in to PostgreSQL takes, computed at once: Node's own works on threads, in an
 * order that nobody fixes. `unmodelled` makes the error for everything else.
 */
export function subtleCrypto(unmodelled: (message: string) => Error): object {
  const only = (holds: boolean, what: string): void => {
    if (!holds) throw unmodelled(`webcrypto.subtle: ${what} is not modelled.`);
  };
  const members: Record<string, unknown> = {
    async digest(algorithm: string, data: Bytes): Promise<ArrayBuffer> {
      only(algorithm === 'SHA-256', `digest by ${algorithm}`);
      return arrayBuffer(crypto.createHash('sha256').update(buffer(data)).digest());
    },
    async importKey(format: string, data: Bytes): Promise<RawKey> {
      only(format === 'raw', `importKey of the format ${format}`);
      return { bytes: Buffer.from(buffer(data)) };
    },
    async sign(algorithm: string, key: RawKey, data: Bytes): Promise<ArrayBuffer> {
      only(algorithm === 'HMAC', `sign by ${algorithm}`);
      return arrayBuffer(crypto.createHmac('sha256', key.bytes).update(buffer(data)).digest());
    },
    async deriveBits(
      algorithm: { name: string; hash: string; salt: Bytes; iterations: number },
      key: RawKey,
      bits: number,
    ): Promise<ArrayBuffer> {
      only(algorithm.name === 'PBKDF2' && algorithm.hash === 'SHA-256', `deriveBits by ${algorithm.name}`);
      const salt = buffer(algorithm.salt);
      return arrayBuffer(pbkdf2(key.bytes, salt, algorithm.iterations, bits / 8));
    },
  };
  return new Proxy(members, {
    get(target, name) {
      if (typeof name === 'symbol' || name === 'then' || Object.hasOwn(target, name)) return Reflect.get(target, name);
      throw unmodelled(`webcrypto.subtle.${name} is not modelled; ${Object.keys(target).join(', ')} are.`);
    },
  });
}

const derived = new Map<string, Buffer>();

/** The same password and salt give the same key, a thousand times as slowly: a login of the same user is computed once. */
function pbkdf2(password: Buffer, salt: Buffer, iterations: number, bytes: number): Buffer {
  const question = `${iterations} ${bytes} ${salt.toString('base64')} ${password.toString('base64')}`;
  let key = derived.get(question);
  if (!key) {
    if (derived.size >= 1000) derived.clear();
    key = crypto.pbkdf2Sync(password, salt, iterations, bytes, 'sha256');
    derived.set(question, key);
  }
  return key;
}

function buffer(data: Bytes): Buffer {
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data as ArrayBuffer);
}

function arrayBuffer(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
