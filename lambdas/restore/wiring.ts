import { recoverySetsTableName } from '../../domain/recovery-set.ts';
import { dynamoRecoverySets } from '../aws/recovery-sets.ts';
import { systemClock } from '../handling/clock.ts';
import { commonSettings, restoreSettingsOf } from '../handling/environment.ts';

/** What every function of a restore stands on. */
export function restorePorts() {
  const { environment, region } = commonSettings();
  const records = dynamoRecoverySets(recoverySetsTableName(environment));
  return { environment, region, settings: restoreSettingsOf(), clock: systemClock, records };
}
