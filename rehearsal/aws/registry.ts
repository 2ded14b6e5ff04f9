import { createCloudWatch } from './cloudwatch.ts';
import { createDynamoDb } from './dynamodb.ts';
import { createEc2 } from './ec2-inert.ts';
import { createEcr } from './ecr.ts';
import { createEks } from './eks.ts';
import { createElasticLoadBalancing } from './elasticloadbalancing.ts';
import { createEvents } from './events.ts';
import { createIamService } from './iam.ts';
import { createKms } from './kms.ts';
import { createLambda } from './lambda.ts';
import { createLogs } from './logs.ts';
import type { CreateModule } from './module.ts';
import { createPrometheus } from './prometheus.ts';
import { createRds } from './rds.ts';
import { createRoute53 } from './route53.ts';
import { createS3 } from './s3.ts';
import { createScheduler } from './scheduler.ts';
import { createSecretsManager } from './secretsmanager.ts';
import { createSns } from './sns.ts';
import { createSqs } from './sqs.ts';
import { createSsm } from './ssm.ts';
import { createStates } from './states.ts';
import { createWire } from './wire/index.ts';

/**
 * Every part of the simulated world. A module that is not listed here does not exist in a rehearsal; a resource type or
 * operation that no listed module brings is Unmodelled.
 */
export const modules: readonly CreateModule[] = [
  createCloudWatch,
  createDynamoDb,
  createEc2,
  createEcr,
  createEks,
  createElasticLoadBalancing,
  createEvents,
  createIamService,
  createKms,
  createLambda,
  createLogs,
  createPrometheus,
  createRds,
  createRoute53,
  createS3,
  createScheduler,
  createSecretsManager,
  createSns,
  createSqs,
  createSsm,
  createStates,
  createWire,
];
