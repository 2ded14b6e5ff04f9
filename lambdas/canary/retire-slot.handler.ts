import { heldInput } from '../../domain/workflows/shared.ts';
import { clusterSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesReleaseCluster } from '../kubernetes/release-cluster.ts';
import { retireSlot } from './retire-slot.ts';

const ports = {
  cluster: new KubernetesReleaseCluster(new KubernetesClient(clusterSettings())),
};

export const handler = task(heldInput, (input) => retireSlot(input, ports));
