import { beforeAll, describe, expect, it } from 'vitest';
import { AwsError, type OperationInput, type SimulatedService } from '../../../rehearsal/aws/service.ts';
import { type FaultPlan, noFaults } from '../../../rehearsal/faults/fault.ts';
import { bundleHandler } from '../lambda/bundle.ts';
import { account, fakeService, lambdaWorld, startsAt } from '../lambda/world.ts';

let folder = '';

beforeAll(async () => {
  folder = await bundleHandler(`
    import { ECRClient, DescribeImagesCommand, RepositoryNotFoundException } from '@aws-sdk/client-ecr';
    import { SNSClient, PublishCommand, ListTopicsCommand, NotFoundException } from '@aws-sdk/client-sns';
    import { CloudWatchClient, GetMetricDataCommand, PutMetricAlarmCommand, LimitExceededFault } from '@aws-sdk/client-cloudwatch';
    import { DynamoDBClient, UpdateItemCommand, GetItemCommand, ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
    import { SFNClient, StartExecutionCommand, ExecutionAlreadyExists } from '@aws-sdk/client-sfn';
    import { SSMClient, GetParameterCommand, ParameterNotFound } from '@aws-sdk/client-ssm';
    import { ElasticLoadBalancingV2Client, DescribeTargetGroupsCommand, DescribeTagsCommand, TargetGroupNotFoundException } from '@aws-sdk/client-elastic-load-balancing-v2';
    const clients = { ecr: new ECRClient({}), sns: new SNSClient({}), cloudwatch: new CloudWatchClient({}), dynamodb: new DynamoDBClient({}), sfn: new SFNClient({}), ssm: new SSMClient({}), elb: new ElasticLoadBalancingV2Client({}) };
    const commands = { DescribeImagesCommand, PublishCommand, ListTopicsCommand, GetMetricDataCommand, PutMetricAlarmCommand, UpdateItemCommand, GetItemCommand, StartExecutionCommand, GetParameterCommand, DescribeTargetGroupsCommand, DescribeTagsCommand };
    const classes = { RepositoryNotFoundException, NotFoundException, LimitExceededFault, ConditionalCheckFailedException, ExecutionAlreadyExists, ParameterNotFound, TargetGroupNotFoundException };
    const revive = (_key: string, value: any) => typeof value === 'string' && /^\\d{4}-.*Z$/.test(value) ? new Date(value) : value;
    export const handler = async (event: { client: string, command: string, input: string, options?: object }) => {
      const client: any = event.options ? new (clients as any)[event.client].constructor(event.options) : (clients as any)[event.client];
      try {
        const { $metadata, ...output } = await client.send(new (commands as any)[event.command](JSON.parse(event.input, revive)));
        return { output, attempts: $metadata.attempts };
      } catch (error: any) {
        const known = Object.entries(classes).find(([, kind]) => error instanceof kind)?.[0];
        return { error: error.name, message: error.message, known, code: error.code, status: error.$metadata?.httpStatusCode, attempts: error.$metadata?.attempts, item: error.Item, at: Date.now() };
      }
    };
  `);
});

/** A world in which one fake service keeps the inputs it got and answers as told. */
async function world(
  id: string,
  prefix: string,
  operation: string,
  answer: (input: OperationInput) => OperationInput,
  faults: FaultPlan = noFaults,
) {
  const inputs: OperationInput[] = [];
  const service: SimulatedService = fakeService(id, prefix, {
    [operation](input) {
      inputs.push(input);
      return answer(input);
    },
  });
  const statements = [{ Effect: 'Allow', Action: `${prefix}:*`, Resource: '*' }];
  const made = await lambdaWorld({ folder, services: [service], statements, faults });
  const send = (client: string, input: unknown, options?: object) =>
    made.answer({ client, command: `${operation}Command`, input: JSON.stringify(input), options }) as Promise<
      Record<string, unknown>
    >;
  return { ...made, inputs, send };
}

const refuse =
  (name: string, message: string, status = 400, fields = {}) =>
  () => {
    throw new AwsError(name, message, status, fields);
  };

describe('round trips of the real SDK', () => {
  it('ECR, JSON 1.1: lists, structures and times', async () => {
    const pushedAt = new Date('2026-11-20T11:00:00.250Z');
    const { send, inputs } = await world('ecr', 'ecr', 'DescribeImages', () => ({
      imageDetails: [{ imageDigest: 'sha256:1', imageTags: ['v1'], imageSizeInBytes: 5, imagePushedAt: pushedAt }],
    }));
    const answer = await send('ecr', { repositoryName: 'aeon/api', imageIds: [{ imageTag: 'v1' }] });
    expect(inputs).toEqual([{ repositoryName: 'aeon/api', imageIds: [{ imageTag: 'v1' }] }]);
    expect(answer).toEqual({
      output: {
        imageDetails: [
          {
            imageDigest: 'sha256:1',
            imageTags: ['v1'],
            imageSizeInBytes: 5,
            imagePushedAt: '2026-11-20T11:00:00.250Z',
          },
        ],
      },
      attempts: 1,
    });
  });

  it('CloudWatch, JSON 1.0: times in the input, lists of times in the output', async () => {
    const { send, inputs } = await world('cloudwatch', 'cloudwatch', 'GetMetricData', () => ({
      MetricDataResults: [{ Id: 'e', Timestamps: [new Date(startsAt)], Values: [1.5], StatusCode: 'Complete' }],
    }));
    const input = {
      StartTime: '2026-11-20T11:50:00.000Z',
      EndTime: '2026-11-20T12:00:00.000Z',
      MetricDataQueries: [{ Id: 'e', Expression: '1' }],
    };
    const answer = await send('cloudwatch', input);
    expect(inputs[0]?.['StartTime']).toEqual(new Date(input.StartTime));
    expect(answer['output']).toEqual({
      MetricDataResults: [{ Id: 'e', Timestamps: ['2026-11-20T12:00:00.000Z'], Values: [1.5], StatusCode: 'Complete' }],
    });
  });

  it('SNS, query and XML: maps, and text that needs escaping', async () => {
    const { send, inputs } = await world('sns', 'sns', 'Publish', () => ({ MessageId: '<&">' }));
    const input = {
      TopicArn: `arn:aws:sns:us-east-1:${account}:critical`,
      Message: 'rolled back: 5 % & "more" <b>\nsecond line + ü',
      MessageAttributes: {
        severity: { DataType: 'String', StringValue: 'critical' },
        service: { DataType: 'String', StringValue: 'api' },
      },
    };
    expect((await send('sns', input))['output']).toEqual({ MessageId: '<&">' });
    expect(inputs).toEqual([input]);
  });

  it('ELB, query and XML: lists of structures', async () => {
    const group = { TargetGroupArn: 'arn:tg', LoadBalancerArns: ['arn:lb'], Port: 8080, HealthCheckEnabled: true };
    const { send, inputs } = await world(
      'elasticloadbalancing',
      'elasticloadbalancing',
      'DescribeTargetGroups',
      () => ({ TargetGroups: [group, { TargetGroupArn: 'b' }] }),
    );
    const answer = await send('elb', { TargetGroupArns: ['arn:tg', 'b'], PageSize: 3 });
    expect(inputs).toEqual([{ TargetGroupArns: ['arn:tg', 'b'], PageSize: 3 }]);
    expect(answer['output']).toEqual({ TargetGroups: [group, { TargetGroupArn: 'b' }] });
  });

  it('DynamoDB: unions of attribute values', async () => {
    const { send, inputs } = await world('dynamodb', 'dynamodb', 'GetItem', () => ({
      Item: { n: { N: '1' }, l: { L: [{ S: 'a' }, { BOOL: true }] } },
    }));
    const answer = await send('dynamodb', { TableName: 't', Key: { id: { S: 'x' } } });
    expect(inputs).toEqual([{ TableName: 't', Key: { id: { S: 'x' } } }]);
    expect(answer['output']).toEqual({ Item: { n: { N: '1' }, l: { L: [{ S: 'a' }, { BOOL: true }] } } });
  });

  it('Step Functions and SSM', async () => {
    const states = await world('states', 'states', 'StartExecution', () => ({
      executionArn: 'arn:x',
      startDate: new Date(startsAt),
    }));
    expect((await states.send('sfn', { stateMachineArn: 'arn:s', input: '{}' }))['output']).toEqual({
      executionArn: 'arn:x',
      startDate: '2026-11-20T12:00:00.000Z',
    });
    const ssm = await world('ssm', 'ssm', 'GetParameter', () => ({ Parameter: { Name: 'p', Value: 'v', Version: 1 } }));
    expect((await ssm.send('ssm', { Name: 'p', WithDecryption: true }))['output']).toEqual({
      Parameter: { Name: 'p', Value: 'v', Version: 1 },
    });
  });
});

describe('errors reach the function as the SDK’s own classes', () => {
  const cases: [string, string, string, string, unknown, string, string][] = [
    [
      'ecr',
      'ecr',
      'DescribeImages',
      'ecr',
      { repositoryName: 'x' },
      'RepositoryNotFoundException',
      'RepositoryNotFoundException',
    ],
    ['sns', 'sns', 'Publish', 'sns', { TopicArn: 'arn:t', Message: 'm' }, 'NotFoundException', 'NotFoundException'],
    [
      'elasticloadbalancing',
      'elasticloadbalancing',
      'DescribeTargetGroups',
      'elb',
      {},
      'TargetGroupNotFoundException',
      'TargetGroupNotFoundException',
    ],
    [
      'states',
      'states',
      'StartExecution',
      'sfn',
      { stateMachineArn: 'arn:s' },
      'ExecutionAlreadyExists',
      'ExecutionAlreadyExists',
    ],
    ['ssm', 'ssm', 'GetParameter', 'ssm', { Name: 'p' }, 'ParameterNotFound', 'ParameterNotFound'],
    [
      'cloudwatch',
      'cloudwatch',
      'PutMetricAlarm',
      'cloudwatch',
      { AlarmName: 'a', ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1 },
      'LimitExceededFault',
      'LimitExceededFault',
    ],
  ];
  it.each(cases)('%s', async (id, prefix, operation, client, input, name, known) => {
    const { send } = await world(id, prefix, operation, refuse(name, 'because'));
    expect(await send(client, input)).toMatchObject({ known, message: 'because', attempts: 1 });
  });

  it('with their members, as a failed condition’s item', async () => {
    const fields = { Item: { id: { S: 'x' } } };
    const { send } = await world(
      'dynamodb',
      'dynamodb',
      'UpdateItem',
      refuse('ConditionalCheckFailedException', 'no', 400, fields),
    );
    const answer = await send('dynamodb', { TableName: 't', Key: { id: { S: 'x' } } });
    expect(answer).toMatchObject({ known: 'ConditionalCheckFailedException', item: { id: { S: 'x' } } });
  });

  it('and end the run when AWS has no such error, or no such member in an answer', async () => {
    const error = await world('ecr', 'ecr', 'DescribeImages', refuse('NoSuchThing', 'x'));
    await expect(error.send('ecr', { repositoryName: 'x' })).rejects.toThrow(
      "NoSuchThing, which is not in the service's model",
    );
    const member = await world('ecr', 'ecr', 'DescribeImages', () => ({ imageDetails: [{ digest: 'x' }] }));
    await expect(member.send('ecr', { repositoryName: 'x' })).rejects.toThrow(
      /imageDetails\[0\]\.digest.*no such member/,
    );
  });
});

describe('what AWS refuses before the service runs', () => {
  it('a denied call', async () => {
    const service = fakeService('ecr', 'ecr', { DescribeImages: () => ({}) });
    const { answer, log } = await lambdaWorld({ folder, services: [service] });
    const got = await answer({ client: 'ecr', command: 'DescribeImagesCommand', input: '{"repositoryName":"x"}' });
    expect(got).toMatchObject({ error: 'AccessDeniedException', attempts: 1 });
    expect(log.events.filter(({ kind }) => kind === 'iam.denied')).toMatchObject([{ action: 'ecr:DescribeImages' }]);
  });

  it('a missing required member, and a value of the wrong type', async () => {
    const { send, inputs } = await world('ecr', 'ecr', 'DescribeImages', () => ({}));
    expect(await send('ecr', {})).toMatchObject({
      error: 'ValidationException',
      message: expect.stringContaining("'repositoryName'"),
    });
    expect(await send('ecr', { repositoryName: 'x', maxResults: 'ten' })).toMatchObject({
      error: 'SerializationException',
    });
    expect(inputs).toEqual([]);
  });

  it('an unknown key, a wrong secret, a clock that is wrong', async () => {
    const { send, credentials, inputs } = await world('ecr', 'ecr', 'DescribeImages', () => ({}));
    const { accessKeyId, secretAccessKey, sessionToken } = credentials.issue(
      `arn:aws:iam::${account}:role/task-role`,
      'task',
    );
    const as = (more: object) => send('ecr', { repositoryName: 'x' }, { maxAttempts: 1, ...more });
    const genuine = { accessKeyId, secretAccessKey, sessionToken };
    expect(await as({ credentials: { ...genuine, accessKeyId: 'ASIAUNKNOWN' } })).toMatchObject({
      error: 'UnrecognizedClientException',
    });
    expect(await as({ credentials: { ...genuine, sessionToken: 'other' } })).toMatchObject({
      error: 'UnrecognizedClientException',
    });
    expect(await as({ credentials: { ...genuine, secretAccessKey: 'other' } })).toMatchObject({
      error: 'InvalidSignatureException',
    });
    expect(await as({ credentials: genuine, systemClockOffset: 6 * 60_000 })).toMatchObject({
      error: 'InvalidSignatureException',
      message: expect.stringContaining('Signature expired'),
    });
    expect(inputs).toEqual([]);
    expect(await as({ credentials: genuine })).toMatchObject({ attempts: 1 });
  });

  it('the same for a query service, under its own codes', async () => {
    const { send, credentials } = await world('sns', 'sns', 'Publish', () => ({ MessageId: 'm' }));
    const { accessKeyId, sessionToken } = credentials.issue(`arn:aws:iam::${account}:role/task-role`, 'task');
    const options = { maxAttempts: 1, credentials: { accessKeyId, sessionToken, secretAccessKey: 'other' } };
    expect(await send('sns', { TopicArn: 'arn:t', Message: 'm' }, options)).toMatchObject({
      error: 'SignatureDoesNotMatch',
      status: 403,
    });
    expect(await send('sns', { TopicArn: 'arn:t' })).toMatchObject({
      error: 'ValidationError',
      message: expect.stringContaining("'Message'"),
    });
  });
});

describe('the SDK’s own retries', () => {
  it('go on after throttling, waiting in virtual time', async () => {
    let throttled = 0;
    const faults: FaultPlan = {
      ...noFaults,
      onCall: (call) => (call.service === 'ecr' && throttled++ < 2 ? { kind: 'throttle' } : undefined),
    };
    const { send, inputs, log } = await world('ecr', 'ecr', 'DescribeImages', () => ({}), faults);
    expect(await send('ecr', { repositoryName: 'x' })).toEqual({ output: {}, attempts: 3 });
    expect(inputs).toHaveLength(1);
    const calls = log.events.filter(({ kind }) => kind === 'aws.called').map(({ at, outcome }) => ({ at, outcome }));
    expect(calls.map(({ outcome }) => outcome)).toEqual(['ThrottlingException', 'ThrottlingException', 'ok', 'ok']);
    expect(Number(calls[2]?.at) - Number(calls[0]?.at)).toBeGreaterThan(50);
  });

  it('give up a call that is never answered as a socket error', async () => {
    const faults: FaultPlan = {
      ...noFaults,
      onCall: (call) => (call.service === 'ecr' ? { kind: 'timeout' } : undefined),
    };
    const { send } = await world('ecr', 'ecr', 'DescribeImages', () => ({}), faults);
    expect(await send('ecr', { repositoryName: 'x' })).toMatchObject({
      error: 'TimeoutError',
      code: 'ECONNRESET',
      attempts: 3,
    });
  });
});
