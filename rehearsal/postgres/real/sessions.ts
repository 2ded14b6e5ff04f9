import { Backend } from './backend.ts';
import { pause } from './processes.ts';

/** A client's end of a session: what the rehearsal's network has of it. */
export interface SessionClient {
  send(bytes: Buffer): void;
  end(): void;
}

/** What the sessions of a server ask of it. */
export interface SessionServer {
  readonly socketFolder: string;
  /** Rows of one statement of the superuser. */
  administer(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** Brings the server to the present virtual time. */
  advance(): Promise<void>;
  /** A session wrote. */
  wrote(): void;
  /** Jobs may have changed. */
  lookAtJobs(): Promise<void>;
}

/** Longer than an idle session needs to end when it is told to, on a busy machine. */
const terminationMilliseconds = 60;

/** Begins code that later statements may run. */
const definesCode = /\b(create|do)\b/i;

/** The open sessions of one server. All work on them is done one after the other, while virtual time stands still. */
export class Sessions {
  readonly #server: SessionServer;
  readonly #open = new Map<Backend, SessionClient>();
  /** Sessions that may have changed jobs. */
  readonly #schedulers = new Set<Backend>();
  /** Processes that work on for a client that is gone. */
  readonly #left = new Set<number>();
  #opened = 0;
  /** Some statement spoke of ending sessions within a function's body: any may do so from now on. */
  #mayEndOthers = false;

  constructor(server: SessionServer) {
    this.#server = server;
  }

  /** Opens a session with a startup message and takes the server's answer to it; undefined where no server listens. */
  async open(startup: Buffer, client: SessionClient): Promise<Backend | undefined> {
    await this.#server.advance();
    const backend = await Backend.open(this.#server.socketFolder, ++this.#opened);
    if (!backend) return undefined;
    this.#open.set(backend, client);
    backend.start(startup);
    await this.#settle(backend);
    return backend;
  }

  /** Whether the right of a user to log in has ended, by the server's clock. */
  async hasExpired(user: string): Promise<boolean> {
    await this.#server.advance();
    const question = 'SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND rolvaliduntil <= now()) AS expired';
    const [row] = await this.#server.administer(question, [user]).catch(() => []);
    return row?.['expired'] === true;
  }

  /** Sends messages of a client and takes the answers: its own, and those that others waited for. */
  async exchange(
    backend: Backend,
    messages: readonly { readonly type: string; readonly body: Buffer }[],
  ): Promise<void> {
    if (!this.#open.has(backend)) return;
    await this.#server.advance();
    for (const message of messages) backend.send(message);
    const text = messages.map(({ body }) => body.toString('latin1')).join('\n');
    const namesIt = /pg_terminate_backend/i.test(text);
    this.#mayEndOthers ||= namesIt && definesCode.test(text);
    await this.#settle(backend, namesIt && !/cron\.schedule/i.test(text));
    if (/\bcron\b/i.test(text)) this.#schedulers.add(backend);
    // Before its transaction has ended nobody else sees what it scheduled.
    if (backend.idle && this.#schedulers.delete(backend)) await this.#server.lookAtJobs();
  }

  /**
   * The client is gone: its transaction is undone before anything else happens. A statement that waits for a lock goes on without
   * it, as PostgreSQL looks at the connection only when it has something to say.
   */
  async leave(backend: Backend): Promise<void> {
    if (!this.#open.delete(backend) || backend.closed) return;
    backend.drop();
    if (backend.processId !== 0) this.#left.add(backend.processId);
    await this.#settle();
  }

  /** What came of something that happened to the server itself: answers that sessions waited for, sessions that `ended`, if some may have. */
  async settleAll({ ended = true } = {}): Promise<void> {
    if (ended && this.#open.size > 0) await pause(terminationMilliseconds);
    await this.#settle();
  }

  /**
   * The server is gone, and every session with it. What it still said when it was `killed` is lost with the host: whether one of its
   * processes found the time to say it is a matter of real time.
   */
  async endAll({ killed = false } = {}): Promise<void> {
    for (const backend of this.#open.keys()) {
      await backend.ended();
      if (killed) backend.take();
    }
    this.#left.clear();
    this.#deliver();
  }

  async #settle(first?: Backend, endsOthers = false): Promise<void> {
    const isBlocked = (processId: number) => this.#isBlocked(processId);
    if (first) await first.answered(isBlocked);
    if ((endsOthers || this.#mayEndOthers) && this.#open.size > 1) await pause(terminationMilliseconds);
    for (const backend of this.#open.keys()) {
      if (backend !== first && backend.blocked) await backend.answered(isBlocked);
    }
    for (const processId of this.#left) await this.#untilGone(processId);
    this.#deliver();
  }

  /** Until the process has ended, or waits for another session. */
  async #untilGone(processId: number): Promise<void> {
    for (;;) {
      const question = 'SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1) AS lives';
      const [row] = await this.#server.administer(question, [processId]);
      if (row?.['lives'] !== true) {
        this.#left.delete(processId);
        return;
      }
      if (await this.#isBlocked(processId)) return;
      await pause(1);
    }
  }

  #deliver(): void {
    for (const [backend, client] of this.#open) {
      if (backend.blocked && !backend.closed) continue;
      if (backend.takeWrote()) this.#server.wrote();
      const said = backend.take();
      if (said.length > 0) client.send(said);
      if (!backend.closed) continue;
      this.#open.delete(backend);
      client.end();
    }
  }

  /** Waits for a lock that another of these sessions has: it comes to nothing until that one's client acts. */
  async #isBlocked(processId: number): Promise<boolean> {
    const sessions = [...this.#open.keys()].map((backend) => backend.processId);
    const others = [...sessions, ...this.#left].filter((id) => id !== processId);
    const [row] = await this.#server.administer('SELECT pg_blocking_pids($1) && $2::int[] AS blocked', [
      processId,
      others,
    ]);
    return row?.['blocked'] === true;
  }
}
