import { recoverySetsTableName } from '../../domain/recovery-set.ts';
import { copyObjectsInput } from '../../domain/workflows/hourly-backup.ts';
import { ssmStandbyParameters } from '../aws/parameters.ts';
import { dynamoRecoverySets } from '../aws/recovery-sets.ts';
import { s3StoredObjects } from '../aws/stored-objects.ts';
import { task } from '../handling/task.ts';
import { copyObjects } from './copy-objects.ts';
import { keysOfSets } from './keys.ts';
import { backupPorts } from './wiring.ts';

const base = backupPorts();
const ports = {
  ...base,
  records: dynamoRecoverySets(recoverySetsTableName(base.environment)),
  objects: s3StoredObjects,
  keyOf: keysOfSets(base.environment, ssmStandbyParameters()),
};

export const handler = task(copyObjectsInput, (input) => copyObjects(input, ports));
