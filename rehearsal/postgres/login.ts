import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { Kernel } from '../kernel/kernel.ts';
import { type Network, NetworkError, type NetworkSource, type PeerStream } from '../lambda/network.ts';
import { FieldReader, int32, MessageReader } from './messages.ts';

/** What a client logs in with. */
export interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** `denied`: the server said no to this user with this password. `unreachable`: it said nothing, or that it cannot answer now. */
export type LoginOutcome = 'in' | 'denied' | 'unreachable';

/** How long a client waits for the server. Assumed. */
const patienceMilliseconds = 5_000;
/** Where pods of ours find RDS's authorities. */
const authorities = '/var/runtime/ca-cert.pem';
const protocolVersion = 196_608;
const sslRequestCode = 80_877_103;
/** Classes and codes of SQLSTATE that say no to the login itself. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const denials = /^(28|42501|3D000|0LP01)/;

/** One login as an application's client makes it, over the network of the rehearsal: TLS, SCRAM-SHA-256, and goodbye. */
export async function logIn(
  network: Network,
  kernel: Kernel,
  login: Login,
  { source, nonce }: { readonly source: NetworkSource; readonly nonce: string },
): Promise<LoginOutcome> {
  let settle: (outcome: LoginOutcome) => void = () => undefined;
  const answered = new Promise<LoginOutcome>((resolve) => {
    settle = resolve;
  });
  const timer = kernel.after(patienceMilliseconds, 'login without an answer', () => settle('unreachable'));
  const attempt = new LoginAttempt(login, nonce, settle);
  let stream: PeerStream | undefined;
  try {
    const target = { host: login.host, port: login.port };
    stream = await network.open(target, source, {
      receive: (bytes) => attempt.receive(bytes),
      closed: () => settle('unreachable'),
    });
    attempt.start(stream);
    return await answered;
  } catch (error) {
    if (error instanceof NetworkError) return 'unreachable';
    throw error;
  } finally {
    timer.cancel();
    stream?.closed();
  }
}

/** What became of a statement: `unanswered`, if nobody knows whether it took effect. */
export type StatementOutcome = 'done' | 'refused' | 'unanswered';

/** An application's connection that stays open until the server or the application ends it. */
export class ApplicationSession {
  readonly #kernel: Kernel;
  #stream: PeerStream | undefined;
  #open = false;
  #answer: ((outcome: StatementOutcome) => void) | undefined;
  #failed = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** The server has not ended it, as far as the client knows. */
  get open(): boolean {
    return this.#open;
  }

  async connect(
    network: Network,
    login: Login,
    { source, nonce }: { readonly source: NetworkSource; readonly nonce: string },
  ): Promise<LoginOutcome> {
    let settle: (outcome: LoginOutcome) => void = () => undefined;
    const answered = new Promise<LoginOutcome>((resolve) => {
      settle = resolve;
    });
    const timer = this.#kernel.after(patienceMilliseconds, 'login without an answer', () => settle('unreachable'));
    const attempt = new LoginAttempt(login, nonce, settle, (type) => this.#heard(type));
    try {
      this.#stream = await network.open({ host: login.host, port: login.port }, source, {
        receive: (bytes) => attempt.receive(bytes),
        closed: () => {
          settle('unreachable');
          this.#ended();
        },
      });
      attempt.start(this.#stream);
      const outcome = await answered;
      this.#open = outcome === 'in';
      if (!this.#open) this.close();
      return outcome;
    } catch (error) {
      if (error instanceof NetworkError) return 'unreachable';
      throw error;
    } finally {
      timer.cancel();
    }
  }

  /** One statement in a transaction of its own. Without an answer in time the client gives the connection up. */
  async run(text: string): Promise<StatementOutcome> {
    if (!this.#open) return 'refused';
    this.#failed = false;
    const answered = new Promise<StatementOutcome>((resolve) => {
      this.#answer = resolve;
    });
    const timer = this.#kernel.after(patienceMilliseconds, 'statement without an answer', () => {
      this.close();
      this.#ended();
    });
    const body = Buffer.from(`${text}\0`);
    this.#stream?.receive(Buffer.concat([Buffer.from('Q'), int32(body.length + 4), body]));
    const outcome = await answered;
    timer.cancel();
    return outcome;
  }

  close(): void {
    this.#open = false;
    this.#stream?.closed();
  }

  #heard(type: string): void {
    if (type === 'E') this.#failed = true;
    if (type === 'Z') this.#settle(this.#failed ? 'refused' : 'done');
  }

  #ended(): void {
    this.#open = false;
    this.#settle('unanswered');
  }

  #settle(outcome: StatementOutcome): void {
    const answer = this.#answer;
    this.#answer = undefined;
    answer?.(outcome);
  }
}

/** A login, word by word. `stays`: what the server says once it is in, for who goes on; without it, goodbye. */
class LoginAttempt {
  readonly #login: Login;
  readonly #stays: ((type: string, body: Buffer) => void) | undefined;
  #in = false;
  readonly #nonce: string;
  readonly #settle: (outcome: LoginOutcome) => void;
  readonly #reader = new MessageReader();
  #stream: PeerStream | undefined;
  #secured = false;
  #clientFirstBare = '';

  constructor(
    login: Login,
    nonce: string,
    settle: (outcome: LoginOutcome) => void,
    stays?: (type: string, body: Buffer) => void,
  ) {
    this.#stays = stays;
    this.#login = login;
    this.#nonce = nonce;
    this.#settle = settle;
  }

  start(stream: PeerStream): void {
    this.#stream = stream;
    stream.receive(Buffer.concat([int32(8), int32(sslRequestCode)]));
  }

  receive(bytes: Buffer): void {
    if (!this.#secured) {
      this.#secure(bytes.toString('latin1', 0, 1) === 'S');
      return;
    }
    this.#reader.push(bytes);
    for (let message = this.#reader.next(); message; message = this.#reader.next()) {
      this.#heard(message.type, message.body);
    }
  }

  #secure(offered: boolean): void {
    this.#secured = true;
    if (!offered) {
      this.#settle('unreachable');
      return;
    }
    this.#stream?.secure({ servername: this.#login.host, certificateAuthority: authorities });
    this.#startUp();
  }

  #startUp(): void {
    const { user, database } = this.#login;
    const fields = ['user', user, 'database', database, 'application_name', 'consumer'];
    const body = Buffer.concat([
      int32(protocolVersion),
      ...fields.map((field) => Buffer.from(`${field}\0`)),
      Buffer.from([0]),
    ]);
    this.#stream?.receive(Buffer.concat([int32(body.length + 4), body]));
  }

  #heard(type: string, body: Buffer): void {
    if (this.#in) this.#stays?.(type, body);
    else if (type === 'R') this.#authenticate(body);
    else if (type === 'E') this.#settle(denials.test(fieldOf(body, 'C')) ? 'denied' : 'unreachable');
    else if (type === 'Z') {
      this.#in = true;
      if (!this.#stays) this.#send('X', Buffer.alloc(0));
      this.#settle('in');
    }
  }

  /** https://www.postgresql.org/docs/current/sasl-authentication.html */
  #authenticate(body: Buffer): void {
    const kind = body.readInt32BE(0);
    const said = body.subarray(4);
    if (kind === 10) {
      this.#clientFirstBare = `n=,r=${this.#nonce}`;
      const first = Buffer.from(`n,,${this.#clientFirstBare}`);
      this.#send('p', Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), int32(first.length), first]));
    } else if (kind === 11) {
      this.#send('p', Buffer.from(this.#proof(said.toString('utf8'))));
    }
  }

  /** RFC 5802, section 3. */
  #proof(serverFirst: string): string {
    const field = (name: string): string => new RegExp(`(?:^|,)${name}=([^,]*)`).exec(serverFirst)?.[1] ?? '';
    const clientKey = clientKeyOf(this.#login.password, field('s'), Number(field('i')));
    const withoutProof = `c=biws,r=${field('r')}`;
    const storedKey = createHash('sha256').update(clientKey).digest();
    const signed = `${this.#clientFirstBare},${serverFirst},${withoutProof}`;
    const signature = createHmac('sha256', storedKey).update(signed).digest();
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  #send(type: string, body: Buffer): void {
    this.#stream?.receive(Buffer.concat([Buffer.from(type), int32(body.length + 4), body]));
  }
}

/** Deriving a key takes a millisecond of real time, and a consumer logs in thousands of times with the same password. */
const derived = new Map<string, Buffer>();
const derivedMaximum = 1_000;

function clientKeyOf(password: string, salt: string, iterations: number): Buffer {
  const name = `${iterations}/${salt}/${password}`;
  const known = derived.get(name);
  if (known) return known;
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), iterations, 32, 'sha256');
  const key = createHmac('sha256', salted).update('Client Key').digest();
  if (derived.size >= derivedMaximum) derived.clear();
  derived.set(name, key);
  return key;
}

/** https://www.postgresql.org/docs/current/protocol-error-fields.html */
function fieldOf(body: Buffer, name: string): string {
  const reader = new FieldReader(body);
  while (!reader.done) {
    const field = reader.text();
    if (field.startsWith(name)) return field.slice(1);
  }
  return '';
}
