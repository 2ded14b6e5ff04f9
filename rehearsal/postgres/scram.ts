import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';

/** What the server keeps of a password. */
export interface Verifier {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

const iterations = 4096;

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** As `CREATE ROLE … PASSWORD` makes it of a password in clear. RFC 5802, section 3. */
export function verifierOf(password: string, salt: Buffer): Verifier {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  return { iterations, salt, storedKey: sha256(hmac(salted, 'Client Key')), serverKey: hmac(salted, 'Server Key') };
}

/** A verifier in its written form; undefined for anything else. https://www.postgresql.org/docs/current/catalog-pg-authid.html */
export function parseVerifier(text: string): Verifier | undefined {
  const match = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(text);
  if (!match) return undefined;
  const [, count = '', salt = '', storedKey = '', serverKey = ''] = match;
  const bytes = (part: string): Buffer => Buffer.from(part, 'base64');
  return { iterations: Number(count), salt: bytes(salt), storedKey: bytes(storedKey), serverKey: bytes(serverKey) };
}

/** The server's half of one SCRAM-SHA-256 exchange. RFC 5802, section 5. */
export class ScramExchange {
  readonly #verifier: Verifier;
  readonly #clientFirstBare: string;
  readonly #nonce: string;
  readonly serverFirst: string;

  /** `clientFirst`: the client's first message, whole. */
  constructor(verifier: Verifier, clientFirst: string, serverNonce: string) {
    this.#verifier = verifier;
    this.#clientFirstBare = clientFirst.replace(/^[^,]*,[^,]*,/, '');
    this.#nonce = `${/(?:^|,)r=([^,]*)/.exec(this.#clientFirstBare)?.[1] ?? ''}${serverNonce}`;
    this.serverFirst = `r=${this.#nonce},s=${verifier.salt.toString('base64')},i=${verifier.iterations}`;
  }

  /** The server's last message, or undefined when the proof is not that of the password. */
  finish(clientFinal: string): string | undefined {
    const [, withoutProof = '', proof = ''] = /^(.*),p=([^,]*)$/.exec(clientFinal) ?? [];
    if (/(?:^|,)r=([^,]*)/.exec(withoutProof)?.[1] !== this.#nonce) return undefined;
    const signed = `${this.#clientFirstBare},${this.serverFirst},${withoutProof}`;
    const signature = hmac(this.#verifier.storedKey, signed);
    const given = Buffer.from(proof, 'base64');
    if (given.length !== signature.length) return undefined;
    const clientKey = Buffer.from(given.map((byte, index) => byte ^ (signature[index] ?? 0)));
    if (!timingSafeEqual(sha256(clientKey), this.#verifier.storedKey)) return undefined;
    return `v=${hmac(this.#verifier.serverKey, signed).toString('base64')}`;
  }
}
