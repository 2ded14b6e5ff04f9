import { volumeSnapshotsInput } from '../../domain/workflows/hourly-backup.ts';
import { task } from '../handling/task.ts';
import { takeVolumeSnapshots, thinVolumeSnapshots } from './volume-snapshots.ts';
import { volumePorts } from './volume-wiring.ts';

const ports = volumePorts();

export const handler = task(volumeSnapshotsInput, async (input) => {
  const taken = await takeVolumeSnapshots(input, ports);
  await thinVolumeSnapshots(input.setId, input.region, ports);
  return taken;
});
