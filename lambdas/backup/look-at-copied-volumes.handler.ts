import { copyVolumesInput } from '../../domain/workflows/hourly-backup.ts';
import { task } from '../handling/task.ts';
import { copyVolumeSnapshots } from './volume-snapshots.ts';
import { volumePorts } from './volume-wiring.ts';

const ports = volumePorts();

export const handler = task(copyVolumesInput, (input) => copyVolumeSnapshots(input, ports));
