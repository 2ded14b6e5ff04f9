import { databaseSnapshotInput } from '../../domain/workflows/hourly-backup.ts';
import { task } from '../handling/task.ts';
import { exportPorts } from './export-wiring.ts';
import { lookAtExport } from './exports.ts';

const ports = exportPorts();

export const handler = task(databaseSnapshotInput, (input) => lookAtExport(input, ports));
