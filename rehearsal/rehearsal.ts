import { type Deployment, deploy } from './assembly/deploy.ts';
import { loadAssembly } from './assembly/load.ts';
import { assemblyWithout, type NotDeployed } from './assembly/without.ts';
import { SimulatedAccount } from './aws/account.ts';
import type { CreateModule, ServiceModule } from './aws/module.ts';
import { modules } from './aws/registry.ts';
import { type FaultPlan, noFaults } from './faults/fault.ts';
import { createIam, type Iam } from './iam/index.ts';
import { Kernel } from './kernel/kernel.ts';
import { EventLog } from './kernel/log.ts';
import { CredentialStore } from './lambda/credentials.ts';
import { Network } from './lambda/network.ts';
import type { RealPostgres } from './postgres/real/real-postgres.ts';

export interface RehearsalOptions {
  /** The `cdk.out` folder: the one source of everything that is rehearsed. */
  readonly assemblyDirectory: string;
  readonly seed: number;
  /** Milliseconds since 1970 at which the deployment begins. */
  readonly startsAt: number;
  /** Asked from the end of the deployment on; no faults unless told. */
  readonly faults?: FaultPlan;
  readonly maximumEvents?: number;
  /** The parts of the simulated world; all that are registered unless told. */
  readonly modules?: readonly CreateModule[];
  /** A real server for each simulated RDS instance of PostgreSQL. The rehearsal then has to be closed. */
  readonly postgres?: boolean;
  /**
   * The functions keep nothing in memory between invocations that decides anything, so that a cold start need not load the code
   * again: four times as fast over days. True of Mainstay's own functions, and kept true by test/architecture.test.ts; false unless told.
   */
  readonly functionsKeepNothing?: boolean;
  /** Stacks that are not deployed, by name, and with them every stack that depends on one and the alarms that watch what they hold. All are deployed unless told. */
  readonly without?: (stackName: string) => boolean;
}

/** A deployed platform in a simulated account, at rest: what scenarios act on. */
export interface Rehearsal {
  readonly kernel: Kernel;
  readonly log: EventLog;
  readonly account: SimulatedAccount;
  readonly iam: Iam;
  readonly network: Network;
  readonly deployment: Deployment;
  readonly leftOut: NotDeployed;
  /** The real servers, with the option `postgres`. Work on them is done within `kernel.hold`. */
  readonly postgres?: RealPostgres;
  /** Ends the real servers, if there are any, and removes their files; the log stays readable and holds nothing else. */
  close(): Promise<void>;
}

/**
 * Makes the world, deploys the assembly into it, and returns when every stack stands. Virtual time has moved by the length of
 * the deployment; `kernel.run()` goes on from there. Throws what the assembly does wrong (`AssemblyError`, `DeploymentFailed`), `Unmodelled`,
 * and with `postgres` PostgresNotInstalled.
 */
export async function createRehearsal(options: RehearsalOptions): Promise<Rehearsal> {
  const kernel = new Kernel({
    seed: options.seed,
    startsAt: options.startsAt,
    ...(options.maximumEvents === undefined ? {} : { maximumEvents: options.maximumEvents }),
  });
  const postgres = options.postgres ? await realServers(kernel) : undefined;
  const close = async (): Promise<void> => postgres?.close();
  try {
    const world = await deployedWorld(options, kernel, postgres);
    const end = async (): Promise<void> => {
      world.log.close();
      await close();
    };
    return { kernel, ...world, ...(postgres ? { postgres } : {}), close: end };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Loaded only when asked for: nothing else needs a server to be installed. */
async function realServers(kernel: Kernel): Promise<RealPostgres> {
  const { RealPostgres } = await import('./postgres/real/real-postgres.ts');
  return RealPostgres.open({ now: () => kernel.now(), holding: () => kernel.holding });
}

async function deployedWorld(
  options: RehearsalOptions,
  kernel: Kernel,
  postgres: RealPostgres | undefined,
): Promise<Omit<Rehearsal, 'kernel' | 'postgres' | 'close'>> {
  const log = new EventLog(() => kernel.now());
  const { assembly, notDeployed } = assemblyWithout(loadAssembly(options.assemblyDirectory), options.without);
  const faults = new DelayedFaults(options.faults ?? noFaults);
  const now = (): number => kernel.now();
  const iam = createIam({ account: assembly.account, now, log });
  const account = new SimulatedAccount({ kernel, log, account: assembly.account, faults, iam });
  account.register({ providers: iam.providers });
  const network = new Network();
  const credentials = new CredentialStore({ seed: options.seed, now });
  const made: ServiceModule[] = (options.modules ?? modules).map((create) =>
    create({
      ...{ account, iam, credentials, network, assets: assembly, faults },
      ...(postgres ? { postgres } : {}),
      functionsKeepNothing: options.functionsKeepNothing ?? false,
    }),
  );
  for (const module of made) {
    account.register(module);
    for (const peer of module.peers ?? []) network.connect(peer);
  }
  const deployment = await settled(kernel, deploy(assembly, account));
  for (const module of made) await settled(kernel, Promise.resolve(module.started?.()));
  faults.begin();
  return { log, account, iam, network, deployment, leftOut: notDeployed };
}

/** Lets virtual time pass until the work is done. */
async function settled<T>(kernel: Kernel, work: Promise<T>): Promise<T> {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  work.then(
    (value) => {
      outcome = { value };
    },
    (error: unknown) => {
      outcome = { error };
    },
  );
  try {
    await kernel.run({ done: () => outcome !== undefined });
  } catch (error) {
    // What the work itself was refused says where; the kernel knows only that something was.
    const own: unknown = outcome && 'error' in outcome ? outcome.error : error;
    throw own;
  }
  if (!outcome) throw new Error('The deployment stands still: it waits for something that no event will bring.');
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

/** Keeps the plan quiet, its random streams untouched, until the deployment has ended: a failed deployment is another story. */
class DelayedFaults implements FaultPlan {
  readonly #plan: FaultPlan;
  #begun = false;

  constructor(plan: FaultPlan) {
    this.#plan = plan;
  }

  begin(): void {
    this.#begun = true;
  }

  onCall(...seen: Parameters<FaultPlan['onCall']>): ReturnType<FaultPlan['onCall']> {
    return this.#begun ? this.#plan.onCall(...seen) : undefined;
  }

  onInvocation(...seen: Parameters<FaultPlan['onInvocation']>): ReturnType<FaultPlan['onInvocation']> {
    return this.#begun ? this.#plan.onInvocation(...seen) : undefined;
  }

  onDelivery(...seen: Parameters<FaultPlan['onDelivery']>): ReturnType<FaultPlan['onDelivery']> {
    return this.#begun ? this.#plan.onDelivery(...seen) : undefined;
  }
}
