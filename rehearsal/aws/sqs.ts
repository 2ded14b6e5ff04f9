import { createHash } from 'node:crypto';
import { generatedName } from '../iam/index.ts';
import { useKey } from './encryption.ts';
import type { MetricSink, ServiceModule, World } from './module.ts';
import {
  AwsError,
  type CallContext,
  type Operation,
  type OperationInput,
  type ResourceProvider,
  type SimulatedService,
} from './service.ts';

/** A message as it lies in a queue. */
export interface QueuedMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly sentAt: number;
}

interface Queue {
  readonly url: string;
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly keyId?: string;
  readonly retentionMilliseconds: number;
  readonly messages: QueuedMessage[];
  measured: boolean;
}

const minuteMilliseconds = 60_000;
/** 'The default retention period is 4 days': https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const retentionSecondsDefault = 345_600;

/** The simulated SQS of all regions, as far as dead-letter queues need it: messages are sent, counted and read by checkers. */
export class SqsService implements SimulatedService {
  readonly id = 'sqs';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly #world: World;
  readonly #queues = new Map<string, Queue>();

  constructor(world: World) {
    this.#world = world;
    this.operations = {
      SendMessage: {
        inputs: ['QueueUrl', 'MessageBody', 'MessageAttributes'],
        authorise: (input, context) => [{ action: 'sqs:SendMessage', resources: [arnOf(input, context)] }],
        run: (input, context) => this.#send(input, context),
      },
      GetQueueAttributes: {
        inputs: ['QueueUrl', 'AttributeNames'],
        authorise: (input, context) => [{ action: 'sqs:GetQueueAttributes', resources: [arnOf(input, context)] }],
        run: (input) => {
          const queue = this.queue(String(input['QueueUrl']));
          return {
            Attributes: { QueueArn: queue.arn, ApproximateNumberOfMessages: String(this.messages(queue.url).length) },
          };
        },
      },
    };
  }

  create(queue: Queue): void {
    this.#queues.set(queue.url, queue);
  }

  /** Throws AwsError QueueDoesNotExist. */
  queue(url: string): Queue {
    const queue = this.#queues.get(url);
    if (queue) return queue;
    throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
  }

  /** What lies in a queue and has not passed its retention. */
  messages(url: string): readonly QueuedMessage[] {
    const { messages, retentionMilliseconds } = this.queue(url);
    const now = this.#world.account.kernel.now();
    return messages.filter((message) => now - message.sentAt < retentionMilliseconds);
  }

  /** Every message in every queue, by the queue's name: for checkers. */
  contents(): { readonly queue: string; readonly messages: readonly QueuedMessage[] }[] {
    return [...this.#queues.values()].map(({ name, url }) => ({ queue: name, messages: this.messages(url) }));
  }

  #send(input: OperationInput, context: CallContext): OperationInput {
    const queue = this.queue(String(input['QueueUrl']));
    const body = String(input['MessageBody'] ?? '');
    if (body === '') throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
    if (queue.keyId) {
      useKey(this.#world.account, context, {
        key: queue.keyId,
        service: 'sqs',
        encryptionContext: { 'aws:sqs:arn': queue.arn },
        refusal: 'KmsAccessDenied',
      });
    }
    const messageId = this.#world.account.nextId('message', 'uuid');
    const attributes = (input['MessageAttributes'] ?? {}) as Record<string, unknown>;
    queue.messages.push({ messageId, body, attributes, sentAt: this.#world.account.kernel.now() });
    this.#measure(queue);
    return { MessageId: messageId, MD5OfMessageBody: createHash('md5').update(body).digest('hex') };
  }

  /** A queue that holds something says so each minute: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html */
  #measure(queue: Queue): void {
    if (queue.measured) return;
    const value = this.messages(queue.url).length;
    if (value === 0) return;
    queue.measured = true;
    this.#world.account.service<SimulatedService & MetricSink>('cloudwatch').putMetric({
      namespace: 'AWS/SQS',
      name: 'ApproximateNumberOfMessagesVisible',
      dimensions: { QueueName: queue.name },
      value,
      unit: 'Count',
      region: queue.region,
    });
    this.#world.account.kernel.after(minuteMilliseconds, `measure ${queue.name}`, () => {
      queue.measured = false;
      this.#measure(queue);
    });
  }
}

/** The SQS module: SendMessage, queues, queue policies. */
export function createSqs(world: World): ServiceModule {
  const service = new SqsService(world);
  return { services: [service], providers: [queueProvider(service), policyProvider(world, service)] };
}

function queueProvider(service: SqsService): ResourceProvider {
  return {
    type: 'AWS::SQS::Queue',
    modelled: ['QueueName', 'KmsMasterKeyId', 'MessageRetentionPeriod'],
    inert: {
      SqsManagedSseEnabled: 'encryption by SQS itself asks nobody for a key',
      KmsDataKeyReusePeriodSeconds: 'each message asks for its key anew',
      VisibilityTimeout: 'nothing receives messages in a rehearsal',
      ReceiveMessageWaitTimeSeconds: 'nothing receives messages in a rehearsal',
      Tags: 'tags change nothing that runs',
    },
    create(request) {
      const { properties, region, account } = request;
      const name = String(properties['QueueName'] ?? generatedName(request, 80));
      const keyId = properties['KmsMasterKeyId'];
      const queue: Queue = {
        url: `https://sqs.${region}.amazonaws.com/${account}/${name}`,
        arn: `arn:aws:sqs:${region}:${account}:${name}`,
        name,
        region,
        ...(keyId === undefined ? {} : { keyId: String(keyId) }),
        retentionMilliseconds: Number(properties['MessageRetentionPeriod'] ?? retentionSecondsDefault) * 1000,
        messages: [],
        measured: false,
      };
      service.create(queue);
      return { ref: queue.url, attributes: { Arn: queue.arn, QueueName: name, QueueUrl: queue.url } };
    },
  };
}

function policyProvider(world: World, service: SqsService): ResourceProvider {
  return {
    type: 'AWS::SQS::QueuePolicy',
    modelled: ['PolicyDocument', 'Queues'],
    inert: {},
    create({ properties, stackName, logicalId }) {
      for (const url of properties['Queues'] as string[]) {
        const queue = service.queue(url);
        const origin = { stack: stackName, logicalId, policy: `queue policy of ${queue.name}` };
        world.iam.putResourcePolicy(queue.arn, properties['PolicyDocument'], origin);
      }
      return { ref: `${stackName}-${logicalId}`, attributes: { Id: logicalId } };
    },
  };
}

function arnOf(input: OperationInput, { region, account }: CallContext): string {
  const url = String(input['QueueUrl']);
  return `arn:aws:sqs:${region}:${account}:${url.slice(url.lastIndexOf('/') + 1)}`;
}
