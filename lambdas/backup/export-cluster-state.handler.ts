import { exportClusterStateInput } from '../../domain/workflows/hourly-backup.ts';
import { ssmStandbyParameters } from '../aws/parameters.ts';
import { s3StoredObjects } from '../aws/stored-objects.ts';
import { clusterSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { kubernetesClusterState } from '../kubernetes/cluster-state.ts';
import { exportClusterState } from './export-cluster-state.ts';
import { keysOfSets } from './keys.ts';
import { backupPorts } from './wiring.ts';

const base = backupPorts();
const ports = {
  ...base,
  cluster: kubernetesClusterState(new KubernetesClient(clusterSettings())),
  objects: s3StoredObjects(base.region),
  keyOf: keysOfSets(base.environment, ssmStandbyParameters()),
};

export const handler = task(exportClusterStateInput, ({ setId }) => exportClusterState(setId, ports));
