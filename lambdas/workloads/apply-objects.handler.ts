import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { answerCloudFormation } from '../aws/cloudformation.ts';
import { clusterSettings } from '../handling/environment.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { orderOf } from '../kubernetes/kinds.ts';
import { kubernetesObjectCluster } from '../kubernetes/object-cluster.ts';
import { applyObjects } from './apply-objects.ts';
import { type CustomResourceRequest, customResourceRequest } from './custom-resource.ts';
import { wantedOf } from './wanted.ts';

const logger = new Logger();
const ports = {
  cluster: kubernetesObjectCluster(new KubernetesClient(clusterSettings())),
  orderOf,
  pause: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)),
};

/** Answers CloudFormation whatever happens; an event that is none of its own is thrown back. */
export async function handler(event: unknown, context: Context): Promise<void> {
  logger.addContext(context);
  const asked = customResourceRequest.parse(event);
  const id = asked.RequestType === 'Create' ? `mainstay-objects-${asked.LogicalResourceId}` : asked.PhysicalResourceId;
  const failure = await attempt(asked);
  if (failure) logger.error('failed', failure);
  else logger.info('done', { request: asked.RequestType, resource: asked.LogicalResourceId });
  await answerCloudFormation(asked, id, failure);
}

async function attempt(asked: CustomResourceRequest): Promise<Error | undefined> {
  try {
    await applyObjects(wantedOf(asked), ports);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
