import { databaseSnapshotInput } from '../../domain/workflows/hourly-backup.ts';
import { task } from '../handling/task.ts';
import { exportPorts } from './export-wiring.ts';
import { startExport } from './exports.ts';

const ports = exportPorts();

export const handler = task(databaseSnapshotInput, (input) => startExport(input, ports));
