import { databaseSnapshotInput } from '../../domain/workflows/hourly-backup.ts';
import { rdsSnapshots } from '../aws/database-snapshots.ts';
import { ssmStandbyParameters } from '../aws/parameters.ts';
import { task } from '../handling/task.ts';
import { copyDatabaseSnapshot } from './copy-database-snapshot.ts';
import { backupPorts } from './wiring.ts';

const base = backupPorts();
const ports = { ...base, snapshots: rdsSnapshots(base.settings.account), otherParameters: ssmStandbyParameters() };

export const handler = task(databaseSnapshotInput, (input) => copyDatabaseSnapshot(input, ports));
