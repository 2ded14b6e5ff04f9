import { copyVolumesInput } from '../../domain/workflows/hourly-backup.ts';
import { task } from '../handling/task.ts';
import { copyVolumeSnapshots, thinVolumeSnapshots } from './volume-snapshots.ts';
import { volumePorts } from './volume-wiring.ts';

const ports = volumePorts();

export const handler = task(copyVolumesInput, async (input) => {
  const copied = await copyVolumeSnapshots(input, ports);
  await thinVolumeSnapshots(input.setId, input.region, ports);
  return copied;
});
