import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { answerCloudFormation } from '../aws/cloudformation.ts';
import { loadBalancerAddress } from '../aws/load-balancer-addresses.ts';
import { systemPauses } from '../aws/pauses.ts';
import { customResourceRequest } from '../workloads/custom-resource.ts';
import { type FindEntrancePorts, findEntrance } from './find-entrance.ts';

const logger = new Logger();
const ports: FindEntrancePorts = { find: loadBalancerAddress, pauses: systemPauses };

/** Answers CloudFormation whatever happens. It makes nothing, so a Delete has nothing to do. */
export async function handler(event: unknown, context: Context): Promise<void> {
  logger.addContext(context);
  const asked = customResourceRequest.parse(event);
  const id = asked.RequestType === 'Create' ? `mainstay-entrance-${asked.LogicalResourceId}` : asked.PhysicalResourceId;
  if (asked.RequestType === 'Delete') return await answerCloudFormation(asked, id);
  try {
    const found = await findEntrance(asked.ResourceProperties, ports);
    logger.info('done', { found });
    await answerCloudFormation(asked, id, undefined, { ...found });
  } catch (error) {
    logger.error('failed', error as Error);
    await answerCloudFormation(asked, id, error as Error);
  }
}
