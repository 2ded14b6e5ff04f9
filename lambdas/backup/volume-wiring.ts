import { recoverySetsTableName } from '../../domain/recovery-set.ts';
import { ssmStandbyParameters } from '../aws/parameters.ts';
import { dynamoRecoverySets } from '../aws/recovery-sets.ts';
import { ebsVolumeSnapshots } from '../aws/volume-snapshots.ts';
import { keysOfSets } from './keys.ts';
import type { VolumePorts } from './volume-snapshots.ts';
import { backupPorts } from './wiring.ts';

/** The ports of the functions that take and copy volumes, from their environment. */
export function volumePorts(): VolumePorts {
  const base = backupPorts();
  return {
    ...base,
    snapshots: ebsVolumeSnapshots(base.region),
    records: dynamoRecoverySets(recoverySetsTableName(base.environment)),
    keyOf: keysOfSets(base.environment, ssmStandbyParameters()),
  };
}
