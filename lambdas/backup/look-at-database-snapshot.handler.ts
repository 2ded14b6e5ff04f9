import { databaseSnapshotInput } from '../../domain/workflows/hourly-backup.ts';
import { rdsSnapshots } from '../aws/database-snapshots.ts';
import { task } from '../handling/task.ts';
import { lookAtDatabaseSnapshot } from './look-at-database-snapshot.ts';
import { backupPorts } from './wiring.ts';

const base = backupPorts();
const ports = { ...base, snapshots: rdsSnapshots(base.settings.account) };

export const handler = task(databaseSnapshotInput, (input) => lookAtDatabaseSnapshot(input, ports));
