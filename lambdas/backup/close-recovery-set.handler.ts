import { recoverySetsTableName } from '../../domain/recovery-set.ts';
import { closeRecoverySetInput } from '../../domain/workflows/hourly-backup.ts';
import { rdsSnapshots } from '../aws/database-snapshots.ts';
import { dynamoRecoverySets } from '../aws/recovery-sets.ts';
import { s3StoredObjects } from '../aws/stored-objects.ts';
import { task } from '../handling/task.ts';
import { closeRecoverySet } from './close-recovery-set.ts';
import { backupPorts } from './wiring.ts';

const base = backupPorts();
const ports = {
  ...base,
  snapshots: rdsSnapshots(base.settings.account),
  records: dynamoRecoverySets(recoverySetsTableName(base.environment)),
  objects: s3StoredObjects(base.region),
};

export const handler = task(closeRecoverySetInput, (input) => closeRecoverySet(input, ports));
