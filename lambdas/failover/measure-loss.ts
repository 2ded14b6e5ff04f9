import { type LossMeasured, lossStep, measured } from '../../domain/failover.ts';
import type { FailoverDatabase, FailoverPlan } from '../../domain/failover-plan.ts';
import type { Beat } from '../../domain/heartbeat.ts';
import type { MeasureLossInput, MeasureLossOutput } from '../../domain/workflows/region-failover.ts';

export interface MeasureLossPorts {
  readonly plan: FailoverPlan;
  readonly databases: readonly FailoverDatabase[];
  /** The heartbeat's row in the replica here. */
  beatOf(database: FailoverDatabase): Promise<Beat | undefined>;
  /** Where there is no replica to promote: the moment of the set that would be restored instead. Undefined: there is one, or no set. */
  restorePoint(database: FailoverDatabase): Promise<Date | undefined>;
}

/** Between which bounds each promotion would lose, by the row that the database itself wrote last. What can't be read is unknown, not nothing. */
export async function measureLoss(
  { writableUntil, renewedAt, accepted }: MeasureLossInput,
  { plan, databases, beatOf, restorePoint }: MeasureLossPorts,
): Promise<MeasureLossOutput> {
  const ended = { renewedAt: renewedAt === null ? null : new Date(renewedAt), writableUntil: new Date(writableUntil) };
  const losses = await Promise.all(
    databases.map(async (database): Promise<LossMeasured> => {
      const beat = await quietly(() => beatOf(database));
      return measured(database.name, beat?.beatenAt ?? (await quietly(() => restorePoint(database))), ended);
    }),
  );
  return lossStep(losses, plan.recoveryPointSeconds, accepted);
}

async function quietly<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await look();
  } catch {
    return undefined;
  }
}
