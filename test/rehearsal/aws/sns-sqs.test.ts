import { describe, expect, it } from 'vitest';
import type { Principal } from '../../../rehearsal/aws/service.ts';
import type { SqsService } from '../../../rehearsal/aws/sqs.ts';
import { arn, ask, region, role, smallWorld } from './small-world.ts';

const publisher: Principal = { kind: 'role', roleArn: arn.role('publisher'), sessionName: 's' };
const cloudWatch: Principal = { kind: 'service', service: 'cloudwatch.amazonaws.com', sourceArn: 'arn:alarm' };
const mayPublish = { Action: 'sns:Publish', Resource: arn.topic('news') };
const account = { AWS: 'arn:aws:iam::111111111111:root' };

const key = (statements: unknown[] = []) => ({
  Type: 'AWS::KMS::Key',
  Properties: {
    KeyPolicy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: account, Action: 'kms:*', Resource: '*' }, ...statements],
    },
  },
});
const keyFor = (service: string) => ({
  Effect: 'Allow',
  Principal: { Service: service },
  Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
  Resource: '*',
});
const topic = (properties: Record<string, unknown> = {}) => ({
  Type: 'AWS::SNS::Topic',
  Properties: { TopicName: 'news', ...properties },
});
const encrypted = topic({ KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } });
const topicPolicy = {
  Type: 'AWS::SNS::TopicPolicy',
  Properties: {
    Topics: [{ Ref: 'Topic' }],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
          Resource: arn.topic('news'),
        },
      ],
    },
  },
};
const message = { TopicArn: arn.topic('news'), Subject: 'Hello', Message: 'World' };

describe('a topic', () => {
  it('takes a message of a role that may publish, and the log tells it', async () => {
    const world = await smallWorld({ Topic: topic(), Role: role('publisher', 'lambda.amazonaws.com', [mayPublish]) });
    expect(await ask(world, 'sns', 'Publish', message, publisher)).toHaveProperty('MessageId');
    expect(world.log.events).toContainEqual(
      expect.objectContaining({ kind: 'notification.sent', topic: 'news', subject: 'Hello', message: 'World' }),
    );
  });

  it.each([
    [
      'that is encrypted, of a role without rights to the key',
      { Topic: encrypted, Key: key(), Role: role('publisher', 'lambda.amazonaws.com', [mayPublish]) },
      publisher,
      'KMSAccessDeniedException',
    ],
    [
      'that is encrypted, of a service that the key does not admit',
      { Topic: encrypted, Key: key(), Policy: topicPolicy },
      cloudWatch,
      'KMSAccessDeniedException',
    ],
    [
      "that is encrypted by AWS's own key, of a service",
      { Topic: topic({ KmsMasterKeyId: 'alias/aws/sns' }), Policy: topicPolicy },
      cloudWatch,
      'KMSAccessDeniedException',
    ],
    ['without a policy, of a service', { Topic: topic() }, cloudWatch, 'AuthorizationErrorException'],
    [
      'of a role without the right',
      { Topic: topic(), Role: role('publisher', 'lambda.amazonaws.com', []) },
      publisher,
      'AuthorizationErrorException',
    ],
  ] as const)('%s, refuses the message', async (_what, resources, principal, name) => {
    const world = await smallWorld(resources);
    await expect(ask(world, 'sns', 'Publish', message, principal)).rejects.toMatchObject({ name });
    expect(world.log.events.some((event) => event.kind === 'notification.sent')).toBe(false);
  });

  it.each([
    [
      'a role',
      {
        Role: role('publisher', 'lambda.amazonaws.com', [
          mayPublish,
          { Action: ['kms:GenerateDataKey*', 'kms:Decrypt'], Resource: '*' },
        ]),
        Key: key(),
      },
      publisher,
    ],
    ['a service', { Policy: topicPolicy, Key: key([keyFor('cloudwatch.amazonaws.com')]) }, cloudWatch],
  ] as const)(
    'that is encrypted takes the message of %s with rights to topic and key',
    async (_who, resources, principal) => {
      const world = await smallWorld({ Topic: encrypted, ...resources });
      expect(await ask(world, 'sns', 'Publish', message, principal)).toHaveProperty('MessageId');
    },
  );

  it.each([
    ['a subject of two lines', { ...message, Subject: 'a\nb' }, 'InvalidParameterException'],
    ['a subject of 101 characters', { ...message, Subject: 'x'.repeat(101) }, 'InvalidParameterException'],
    ['no message', { ...message, Message: '' }, 'InvalidParameterException'],
    ['a topic that is not there', { ...message, TopicArn: arn.topic('none') }, 'NotFoundException'],
  ])('refuses %s', async (_what, input, name) => {
    await expect(ask(await smallWorld({ Topic: topic() }), 'sns', 'Publish', input)).rejects.toMatchObject({ name });
  });

  it('hands its messages on to a queue that admits SNS', async () => {
    const world = await smallWorld({
      Topic: topic(),
      Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'copies' } },
      QueuePolicy: {
        Type: 'AWS::SQS::QueuePolicy',
        Properties: {
          Queues: [{ Ref: 'Queue' }],
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Service: 'sns.amazonaws.com' },
                Action: 'sqs:SendMessage',
                Resource: arn.queue('copies'),
              },
            ],
          },
        },
      },
      Subscription: {
        Type: 'AWS::SNS::Subscription',
        Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'sqs', Endpoint: { 'Fn::GetAtt': ['Queue', 'Arn'] } },
      },
    });
    await ask(world, 'sns', 'Publish', message);
    await world.kernel.run({ until: world.kernel.now() + 1_000 });
    const [contents] = world.account.service<SqsService>('sqs').contents();
    expect(JSON.parse(contents?.messages[0]?.body ?? '{}')).toMatchObject({
      Type: 'Notification',
      Subject: 'Hello',
      Message: 'World',
    });
  });
});

describe('a queue', () => {
  const url = `https://sqs.${region}.amazonaws.com/111111111111/dead`;
  const queue = (properties = {}) => ({
    Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead', ...properties } },
  });

  it('counts its messages, for callers and for CloudWatch, until their retention has passed', async () => {
    const world = await smallWorld(queue({ MessageRetentionPeriod: 120 }));
    await ask(world, 'sqs', 'SendMessage', { QueueUrl: url, MessageBody: 'm' });
    const count = () => ask(world, 'sqs', 'GetQueueAttributes', { QueueUrl: url, AttributeNames: ['All'] });
    expect(await count()).toMatchObject({ Attributes: { ApproximateNumberOfMessages: '1' } });
    await world.kernel.run({ until: world.kernel.now() + 200_000 });
    expect(await count()).toMatchObject({ Attributes: { ApproximateNumberOfMessages: '0' } });
  });

  it('refuses a service that its policy does not name, and a message without a body', async () => {
    const world = await smallWorld(queue());
    const send = { QueueUrl: url, MessageBody: 'm' };
    await expect(ask(world, 'sqs', 'SendMessage', send, cloudWatch)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(ask(world, 'sqs', 'SendMessage', { QueueUrl: url })).rejects.toMatchObject({
      name: 'MissingParameter',
    });
    await expect(ask(world, 'sqs', 'SendMessage', { ...send, QueueUrl: `${url}-not` })).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
    });
  });
});
