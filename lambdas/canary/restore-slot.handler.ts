import { heldInput } from '../../domain/workflows/shared.ts';
import { systemClock } from '../handling/clock.ts';
import { clusterSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesReleaseCluster } from '../kubernetes/release-cluster.ts';
import { restoreSlot } from './restore-slot.ts';

const ports = {
  cluster: new KubernetesReleaseCluster(new KubernetesClient(clusterSettings())),
  clock: systemClock,
};

export const handler = task(heldInput, (input) => restoreSlot(input, ports));
