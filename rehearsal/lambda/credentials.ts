import { createHash } from 'node:crypto';

/** Temporary credentials of one role session, as Lambda puts them into the function's environment. */
export interface Credentials {
  /** `ASIA…`, as for every temporary access key. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly roleArn: string;
  readonly sessionName: string;
  /** Virtual milliseconds since 1970. */
  readonly expiresAt: number;
  /** The function that the credentials were given to. */
  readonly sourceFunctionArn?: string;
}

/**
 * How long a function's credentials hold. Lambda renews them unseen in a warm environment; twelve hours, the longest session
 * of a role, is more than a rehearsed environment lives without renewal.
 */
const sessionMilliseconds = 12 * 3_600_000;

/**
 * Issues credentials and knows them again by their access key, which is how the simulated AWS tells who calls. The same seed,
 * role and session always get the same credentials.
 */
export class CredentialStore {
  readonly #seed: number;
  readonly #now: () => number;
  readonly #issued = new Map<string, Credentials>();

  constructor(options: { readonly seed: number; readonly now: () => number }) {
    this.#seed = options.seed;
    this.#now = options.now;
  }

  /** Credentials for a session of the role; asked again for the same session, the same ones with a new expiry. */
  issue(roleArn: string, sessionName: string, sourceFunctionArn?: string): Credentials {
    const digest = (use: string) =>
      createHash('sha256').update(`${this.#seed}/${roleArn}/${sessionName}/${use}`).digest();
    const credentials: Credentials = {
      accessKeyId: `ASIA${base32(digest('key')).slice(0, 16)}`,
      secretAccessKey: digest('secret').toString('base64').slice(0, 40),
      sessionToken: Buffer.concat([digest('token'), digest('token-2'), digest('token-3')]).toString('base64'),
      roleArn,
      sessionName,
      expiresAt: this.#now() + sessionMilliseconds,
      ...(sourceFunctionArn === undefined ? {} : { sourceFunctionArn }),
    };
    this.#issued.set(credentials.accessKeyId, credentials);
    return credentials;
  }

  /** The session that an access key belongs to; undefined for a key that was never issued. */
  find(accessKeyId: string): Credentials | undefined {
    return this.#issued.get(accessKeyId);
  }
}

/** RFC 4648's alphabet, which access keys are drawn from. */
function base32(bytes: Buffer): string {
  return [...bytes].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(byte & 31)).join('');
}
