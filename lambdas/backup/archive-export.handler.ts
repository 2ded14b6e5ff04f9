import { archiveExportInput } from '../../domain/workflows/hourly-backup.ts';
import { task } from '../handling/task.ts';
import { exportPorts } from './export-wiring.ts';
import { archiveExport } from './exports.ts';

const ports = exportPorts();

export const handler = task(archiveExportInput, (input) => archiveExport(input, ports));
