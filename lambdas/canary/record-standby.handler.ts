import { heldInput } from '../../domain/workflows/shared.ts';
import { ssmStandbyParameters } from '../aws/parameters.ts';
import { clusterSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesReleaseCluster } from '../kubernetes/release-cluster.ts';
import { recordStandby } from './record-standby.ts';

const ports = {
  cluster: new KubernetesReleaseCluster(new KubernetesClient(clusterSettings())),
  standby: ssmStandbyParameters(),
};

export const handler = task(heldInput, (input) => recordStandby(input, ports));
