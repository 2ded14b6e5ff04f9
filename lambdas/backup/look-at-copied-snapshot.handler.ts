import { databaseSnapshotInput } from '../../domain/workflows/hourly-backup.ts';
import { rdsSnapshots } from '../aws/database-snapshots.ts';
import { task } from '../handling/task.ts';
import { lookAtCopiedSnapshot } from './look-at-copied-snapshot.ts';
import { backupPorts } from './wiring.ts';

const base = backupPorts();
const ports = { ...base, snapshots: rdsSnapshots(base.settings.account) };

export const handler = task(databaseSnapshotInput, (input) => lookAtCopiedSnapshot(input, ports));
