import { recoverySetsTableName } from '../../domain/recovery-set.ts';
import { verifyCopyInput } from '../../domain/workflows/hourly-backup.ts';
import { rdsSnapshots } from '../aws/database-snapshots.ts';
import { ssmStandbyParameters } from '../aws/parameters.ts';
import { dynamoRecoverySets } from '../aws/recovery-sets.ts';
import { s3StoredObjects } from '../aws/stored-objects.ts';
import { ebsVolumeSnapshots } from '../aws/volume-snapshots.ts';
import { task } from '../handling/task.ts';
import { verifyCopy } from './verify-copy.ts';
import { backupPorts } from './wiring.ts';

const base = backupPorts();
const ports = {
  ...base,
  snapshots: rdsSnapshots(base.settings.account),
  volumes: ebsVolumeSnapshots(base.region),
  records: dynamoRecoverySets(recoverySetsTableName(base.environment)),
  otherParameters: ssmStandbyParameters(),
  objects: s3StoredObjects,
};

export const handler = task(verifyCopyInput, (input) => verifyCopy(input, ports));
