import { recoverySetsTableName } from '../../domain/recovery-set.ts';
import { beginRecoverySetInput } from '../../domain/workflows/hourly-backup.ts';
import { ssmParameters } from '../aws/parameters.ts';
import { dynamoRecoverySets } from '../aws/recovery-sets.ts';
import { task } from '../handling/task.ts';
import { beginRecoverySet } from './begin-recovery-set.ts';
import { backupPorts } from './wiring.ts';

const base = backupPorts();
const ports = {
  ...base,
  parameters: ssmParameters(base.region),
  records: dynamoRecoverySets(recoverySetsTableName(base.environment)),
};

export const handler = task(beginRecoverySetInput, (input) => beginRecoverySet(input, ports));
