import type { FaultPlan } from '../faults/fault.ts';
import type { Iam } from '../iam/index.ts';
import type { CredentialStore } from '../lambda/credentials.ts';
import type { Network, NetworkPeer } from '../lambda/network.ts';
import type { RealPostgres } from '../postgres/real/real-postgres.ts';
import type { SimulatedAccount } from './account.ts';
import type { ResourceProvider, SimulatedService } from './service.ts';

/** What one part of the simulated world brings: `rehearsal/aws/registry.ts` lists them all. */
export interface ServiceModule {
  readonly services?: readonly SimulatedService[];
  readonly providers?: readonly ResourceProvider[];
  /** Hosts that functions can reach: the AWS endpoints, a cluster's API server. */
  readonly peers?: readonly NetworkPeer[];
  /** Called once after the whole assembly is deployed: the moment from which schedules, traffic and faults run. */
  started?(): void | Promise<void>;
}

/** Where the assets of the assembly lie on disk. */
export interface AssetSource {
  /**
   * The folder or file that the CDK would have put at this place of the bootstrap bucket, as an absolute path; undefined
   * where no asset of the assembly has it.
   */
  locate(bucket: string, key: string): string | undefined;
}

/** What every module is made from. */
export interface World {
  readonly account: SimulatedAccount;
  readonly iam: Iam;
  readonly credentials: CredentialStore;
  readonly network: Network;
  readonly assets: AssetSource;
  /** The faults of the run, quiet until the deployment has ended. Ask it at each delivery and invocation. */
  readonly faults: FaultPlan;
  /** Real servers in the place of the modelled databases; undefined without `--postgres`. */
  readonly postgres?: RealPostgres;
  /** See `RehearsalOptions.functionsKeepNothing`. */
  readonly functionsKeepNothing?: boolean;
}

/** Makes a module. Each simulated service's file exports one, e.g. `createStates`. */
export type CreateModule = (world: World) => ServiceModule;

/** One value of one metric, as a service publishes it about itself. */
export interface MetricValue {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  /** CloudWatch's own word: `Count`, `Milliseconds`. */
  readonly unit: string;
  readonly region: string;
}

/** What the simulated service `cloudwatch` implements beside its operations. A value carries the present virtual time. */
export interface MetricSink {
  putMetric(value: MetricValue): void;
}

/** An event that a service of AWS puts on the default bus of a region about itself. */
export interface ServiceEvent {
  /** `aws.cloudwatch` */
  readonly source: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly resources: readonly string[];
  readonly region: string;
}

/** What the simulated service `events` implements beside its operations. */
export interface EventBus {
  publish(event: ServiceEvent): void;
}

/** What the simulated service `logs` implements beside its operations; Lambda writes through it. */
export interface LogGroupStore {
  exists(region: string, logGroupName: string): boolean;
  create(region: string, logGroupName: string): void;
}
