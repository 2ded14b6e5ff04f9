import { restoreVolumeInput } from '../../domain/workflows/restore-test.ts';
import { ebsRestoredVolumes } from '../aws/restored-volumes.ts';
import { task } from '../handling/task.ts';
import { lookAtRestoredVolume } from './restore-volume.ts';
import { restorePorts } from './wiring.ts';

const common = restorePorts();
const ports = { ...common, volumes: ebsRestoredVolumes(common.region) };

export const handler = task(restoreVolumeInput, (input) => lookAtRestoredVolume(input, ports));
