import { recordVersionsInput } from '../../domain/workflows/hourly-backup.ts';
import { ssmParameters, ssmStandbyParameters } from '../aws/parameters.ts';
import { secretIndex } from '../aws/secret-index.ts';
import { s3StoredObjects } from '../aws/stored-objects.ts';
import { clusterSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { kubernetesClusterState } from '../kubernetes/cluster-state.ts';
import { keysOfSets } from './keys.ts';
import { recordVersions } from './record-versions.ts';
import { backupPorts } from './wiring.ts';

const base = backupPorts();
const ports = {
  ...base,
  cluster: kubernetesClusterState(new KubernetesClient(clusterSettings())),
  parameters: ssmParameters(base.region),
  secrets: secretIndex(base.region),
  objects: s3StoredObjects(base.region),
  keyOf: keysOfSets(base.environment, ssmStandbyParameters()),
};

export const handler = task(recordVersionsInput, (input) => recordVersions(input, ports));
