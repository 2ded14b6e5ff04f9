import { releasePushedInput } from '../../domain/workflows/release-pushed.ts';
import { ecrImageRegistry } from '../aws/image-registry.ts';
import { ssmParameters } from '../aws/parameters.ts';
import { stepFunctionsStarts } from '../aws/promotion-starts.ts';
import { ecrPushedImages } from '../aws/pushed-images.ts';
import { systemClock } from '../handling/clock.ts';
import { clusterSettings, commonSettings, promotionMachine } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesReleaseCluster } from '../kubernetes/release-cluster.ts';
import { releasePushed } from './release-pushed.ts';

const { environment, region } = commonSettings();
const ports = {
  environment,
  parameters: ssmParameters(region),
  pushed: ecrPushedImages(region),
  registry: ecrImageRegistry(region),
  cluster: new KubernetesReleaseCluster(new KubernetesClient(clusterSettings())),
  promotions: stepFunctionsStarts(region, promotionMachine()),
  clock: systemClock,
};

export const handler = task(releasePushedInput, () => releasePushed(ports));
