import { volumeSnapshotsInput } from '../../domain/workflows/hourly-backup.ts';
import { task } from '../handling/task.ts';
import { takeVolumeSnapshots } from './volume-snapshots.ts';
import { volumePorts } from './volume-wiring.ts';

const ports = volumePorts();

export const handler = task(volumeSnapshotsInput, (input) => takeVolumeSnapshots(input, ports));
