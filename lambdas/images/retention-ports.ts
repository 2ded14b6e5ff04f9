import { recoverySetsTableName } from '../../domain/recovery-set.ts';
import { stepFunctionsExecutions } from '../aws/executions.ts';
import { ecrImageRepositories } from '../aws/image-repositories.ts';
import { ssmParameters, ssmStandbyParameters } from '../aws/parameters.ts';
import { recoverySetImages } from '../aws/recovery-sets.ts';
import { systemClock } from '../handling/clock.ts';
import { clusterSettings, commonSettings, imageRetention } from '../handling/environment.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesReleaseCluster } from '../kubernetes/release-cluster.ts';
import type { RetentionPorts } from './plan-image-retention.ts';
import { imagesOfRecoverySets } from './recovery-sets.ts';

/** The ports of a function that decides about images, from its environment. */
export function retentionPorts(): RetentionPorts {
  const { environment, region } = commonSettings();
  const settings = imageRetention();
  const table = recoverySetsTableName(environment);
  return {
    environment,
    settings,
    clock: systemClock,
    repositories: ecrImageRepositories(),
    parameters: ssmParameters(region),
    standby: ssmStandbyParameters(),
    executions: stepFunctionsExecutions(region),
    cluster: new KubernetesReleaseCluster(new KubernetesClient(clusterSettings())),
    recoverySets: imagesOfRecoverySets(settings.recoverySetRegions ?? [], (each) => recoverySetImages(table, each)),
  };
}
