import type { FaultPlan } from '../faults/fault.ts';
import { type ClientStream, NetworkError, type NetworkSource, type PeerStream } from '../lambda/network.ts';
import type { Rehearsal } from '../rehearsal.ts';

/** How long a connection takes to break, and one to a closed port to be given up. Assumed. */
const breakMilliseconds = 5;
const unreachableMilliseconds = 1_000;
/** About as many as preparing a second user takes: a connection that breaks may break anywhere. */
const messagesOfConnection = 30;

/** What stands between clients and databases: a wall while `isCutOff`, and the run's faults at each thing that a function says. */
export function interfere(rehearsal: Rehearsal, faults: FaultPlan, isCutOff: () => boolean): void {
  const { network, kernel } = rehearsal;
  network.intercept(async ({ host, port }, source, client, open) => {
    if (isCutOff()) {
      await kernel.sleep(unreachableMilliseconds, `connect to ${host}`);
      throw new NetworkError('ETIMEDOUT', `connect ETIMEDOUT ${host}:${port}`);
    }
    const line = new FaultyLine(rehearsal, faults, source, client);
    line.connect(await open(line.clientEnd));
    return line;
  });
}

/** One connection on which a message may be lost, or its answer. */
class FaultyLine implements PeerStream {
  readonly clientEnd: ClientStream;
  readonly #rehearsal: Rehearsal;
  readonly #faults: FaultPlan;
  readonly #source: NetworkSource;
  readonly #client: ClientStream;
  #peer: PeerStream | undefined;
  #broken = false;
  #said = 0;
  /** What was drawn for the whole connection, and at which message it strikes. */
  #fate: { readonly kind: string; readonly at: number } | undefined;

  constructor(rehearsal: Rehearsal, faults: FaultPlan, source: NetworkSource, client: ClientStream) {
    this.#rehearsal = rehearsal;
    this.#faults = faults;
    this.#source = source;
    this.#client = client;
    this.clientEnd = {
      receive: (bytes) => {
        if (!this.#broken) client.receive(bytes);
      },
      closed: () => {
        if (!this.#broken) client.closed();
      },
    };
  }

  connect(peer: PeerStream): void {
    this.#peer = peer;
  }

  receive(bytes: Buffer): void {
    if (this.#broken) return;
    const fault = this.#fault();
    if (fault === undefined || fault === 'lost-answer') this.#peer?.receive(bytes);
    if (fault !== undefined) this.#break(fault);
  }

  secure(client: Parameters<PeerStream['secure']>[0]): void {
    this.#peer?.secure(client);
  }

  closed(): void {
    if (!this.#broken) this.#peer?.closed();
  }

  /** Of functions alone: applications meet no faults but those that a rotation makes. */
  #fault(): string | undefined {
    if (!this.#source.functionName.startsWith('mainstay-')) return undefined;
    const { kernel } = this.#rehearsal;
    if (this.#said === 0) {
      const kind = this.#ask('connection');
      if (kind) this.#fate = { kind, at: kernel.random('fault/postgres-message').below(messagesOfConnection) };
    }
    const kind = this.#ask('message');
    return this.#said++ === this.#fate?.at ? this.#fate.kind : kind;
  }

  #ask(operation: 'connection' | 'message'): string | undefined {
    const { functionName: sessionName, region } = this.#source;
    const principal = { kind: 'role', roleArn: '', sessionName } as const;
    const at = this.#rehearsal.kernel.now();
    return this.#faults.onCall({ at, service: 'postgres', operation, region, principal })?.kind;
  }

  #break(fault: string): void {
    const { kernel, log } = this.#rehearsal;
    this.#broken = true;
    log.write('fault.injected', { fault, on: `postgres of ${this.#source.functionName}` });
    kernel.after(breakMilliseconds, 'a connection breaks', () => {
      this.#peer?.closed();
      this.#client.closed();
    });
  }
}
