import type { Server } from '../postgres/database.ts';
import type { World } from './module.ts';
import type { DatabaseFaults } from './rds-faults.ts';
import type { DatabaseGroups } from './rds-groups.ts';
import type { Instances } from './rds-instances.ts';
import type { Replication } from './rds-replication.ts';
import type { Sessions } from './rds-sessions.ts';
import type { DatabaseQuotas, Snapshots } from './rds-snapshots.ts';

/** What the parts of RDS share. */
export interface RdsContext {
  readonly world: World;
  readonly instances: Instances;
  readonly groups: DatabaseGroups;
  readonly snapshots: Snapshots;
  readonly replication: Replication;
  readonly sessions: Sessions;
  readonly faults: DatabaseFaults;
  readonly quotas: DatabaseQuotas;
  /** Regions of which nothing answers. */
  readonly lostRegions: Set<string>;
}

/** A duration between two, from a stream of the run's own. */
export function drawn(
  { world }: RdsContext,
  what: string,
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
): number {
  return Math.round(minimum + (maximum - minimum) * world.account.kernel.random(`rds/${what}`).uniform());
}

/** The server behind an instance of the region. */
export function serverOf({ world }: RdsContext, region: string, parameters: Server['parameters']): Server {
  const { kernel, regions } = world.account;
  return { parameters, now: () => kernel.now(), clockOffset: () => regions.clockOffset(region) };
}

/** Lets so much virtual time pass. */
export function pause({ world }: RdsContext, milliseconds: number, label: string): Promise<void> {
  return world.account.kernel.sleep(milliseconds, label);
}

/** Work that nobody waits for; what it throws ends the run. */
export function inBackground({ world }: RdsContext, work: () => Promise<void>): void {
  work().catch((error: unknown) => world.account.kernel.fail(error));
}
