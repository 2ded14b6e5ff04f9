import { parseTaskResource, type Resource } from '../states/resource.ts';
import type { Checker } from './checker.ts';

/** Optimised integrations and their actions. https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html */
const actions: Readonly<Record<string, readonly string[] | 'any'>> = {
  apigateway: ['invoke', 'invoke.waitForTaskToken'],
  athena: 'any',
  batch: ['submitJob', 'submitJob.sync'],
  bedrock: 'any',
  codebuild: 'any',
  databrew: ['startJobRun', 'startJobRun.sync'],
  dynamodb: ['getItem', 'putItem', 'deleteItem', 'updateItem'],
  ecs: ['runTask', 'runTask.sync', 'runTask.waitForTaskToken'],
  eks: 'any',
  elasticmapreduce: 'any',
  'emr-containers': 'any',
  'emr-serverless': 'any',
  events: ['putEvents', 'putEvents.waitForTaskToken'],
  glue: ['startJobRun', 'startJobRun.sync'],
  http: ['invoke'],
  lambda: ['invoke', 'invoke.waitForTaskToken'],
  mediaconvert: ['createJob', 'createJob.sync'],
  sagemaker: 'any',
  sns: ['publish', 'publish.waitForTaskToken'],
  sqs: ['sendMessage', 'sendMessage.waitForTaskToken'],
  states: ['startExecution', 'startExecution.sync', 'startExecution.sync:2', 'startExecution.waitForTaskToken'],
};

/** Task's Resource: one that Step Functions knows, and that the kind of machine may use. */
export function checkResource(checker: Checker, arn: string, location: string, express: boolean): void {
  const resource = parseTaskResource(arn);
  if (!resource || !isKnown(resource)) {
    checker.refuse(
      `The resource provided ${arn} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.`,
      location,
    );
    return;
  }
  if (!express) return;
  if (resource.family === 'activity') checker.refuse('Express state machine does not support Activity ARN', location);
  else if (resource.pattern === 'token') {
    checker.refuse("Express state machine does not support '.waitForTaskToken' service integration ", location);
  } else if (resource.pattern === 'sync')
    checker.refuse("Express state machine does not support '.sync' service integration", location);
}

function isKnown({ family, type, action, pattern }: Resource): boolean {
  if (family !== 'task') return true;
  if (type.startsWith('aws-sdk:'))
    return (
      pattern !== 'sync' && /^aws-sdk:[a-z0-9]+$/.test(type) && /^[a-z][A-Za-z0-9]*(\.waitForTaskToken)?$/.test(action)
    );
  const known = Object.hasOwn(actions, type) ? actions[type] : undefined;
  return known === 'any' || (known?.includes(action) ?? false);
}
