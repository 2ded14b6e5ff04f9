import { recoverySetsTableName } from '../../domain/recovery-set.ts';
import { thinSnapshotsInput } from '../../domain/workflows/hourly-backup.ts';
import { rdsSnapshots } from '../aws/database-snapshots.ts';
import { stepFunctionsExecutions } from '../aws/executions.ts';
import { dynamoRecoverySets } from '../aws/recovery-sets.ts';
import { task } from '../handling/task.ts';
import { thinSnapshots } from './thin-snapshots.ts';
import { backupPorts } from './wiring.ts';

const base = backupPorts();
const ports = {
  ...base,
  snapshots: rdsSnapshots(base.settings.account),
  records: dynamoRecoverySets(recoverySetsTableName(base.environment)),
  executions: stepFunctionsExecutions(base.region),
};

export const handler = task(thinSnapshotsInput, (input) => thinSnapshots(input, ports));
