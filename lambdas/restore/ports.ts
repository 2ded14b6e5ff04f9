import type { RecoverySet } from '../../domain/recovery-set.ts';
import { type RestoreSettings, useSeconds } from '../../domain/restores.ts';
import type { Clock } from '../ports/clock.ts';
import type { RecoverySetRecords } from '../ports/recovery-sets.ts';

/** What every task of a restore is told. */
export interface RestorePorts {
  readonly environment: string;
  /** Where the function runs; everything is restored there. */
  readonly region: string;
  readonly settings: RestoreSettings;
  readonly clock: Clock;
  readonly records: Pick<RecoverySetRecords, 'find' | 'entries' | 'change'>;
}

type Use = RecoverySet['inUse'][number];

/** Whether the set is bound for this execution, so that the planner leaves it alone. */
export function withUse(
  record: RecoverySet,
  use: Pick<Use, 'by' | 'execution' | 'region'>,
  now: Date,
): RecoverySet | undefined {
  if (record.inUse.some(({ execution }) => execution === use.execution)) return undefined;
  const until = new Date(now.getTime() + useSeconds * 1000).toISOString();
  const binding = record.inUse.filter((each) => each.until > now.toISOString());
  return { ...record, inUse: [...binding, { ...use, until }] };
}

/** Undefined where nothing has to be ended. */
export function withoutUse(record: RecoverySet, execution: string): RecoverySet | undefined {
  const inUse = record.inUse.filter((use) => use.execution !== execution);
  return inUse.length === record.inUse.length ? undefined : { ...record, inUse };
}
