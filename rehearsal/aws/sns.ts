import { generatedName } from '../iam/index.ts';
import { useKey } from './encryption.ts';
import type { ServiceModule, World } from './module.ts';
import {
  AwsError,
  type CallContext,
  NoAnswer,
  type Operation,
  type OperationInput,
  type ResourceProvider,
  type SimulatedService,
  Unmodelled,
} from './service.ts';

interface Topic {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly keyId?: string;
  readonly subscriptions: { readonly protocol: string; readonly endpoint: string; readonly raw: boolean }[];
}

/** Protocols whose endpoint is a person or stands outside the account: the log's notification.sent is what they see. */
const outsideProtocols = ['email', 'email-json', 'sms'];

/** The simulated SNS of all regions. */
export class SnsService implements SimulatedService {
  readonly id = 'sns';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly #world: World;
  readonly #topics = new Map<string, Topic>();

  constructor(world: World) {
    this.#world = world;
    this.operations = {
      Publish: {
        inputs: ['TopicArn', 'Message', 'Subject', 'MessageAttributes'],
        authorise: (input) => [{ action: 'sns:Publish', resources: [String(input['TopicArn'])] }],
        run: (input, context) => this.#publish(input, context),
      },
    };
  }

  create(topic: Topic): void {
    this.#topics.set(topic.arn, topic);
  }

  /** Throws AwsError NotFoundException. */
  topic(arn: string): Topic {
    const topic = this.#topics.get(arn);
    if (topic) return topic;
    throw new AwsError('NotFoundException', 'Topic does not exist', 404);
  }

  #publish(input: OperationInput, context: CallContext): OperationInput {
    const topic = this.topic(String(input['TopicArn']));
    const message = String(input['Message'] ?? '');
    const subject = input['Subject'] === undefined ? undefined : String(input['Subject']);
    checkMessage(message, subject);
    if (topic.keyId) {
      useKey(this.#world.account, context, {
        key: topic.keyId,
        service: 'sns',
        encryptionContext: { 'aws:sns:topicArn': topic.arn },
        refusal: 'KMSAccessDeniedException',
      });
    }
    const { account } = this.#world;
    const messageId = account.nextId('message', 'uuid');
    account.log.write('notification.sent', { topic: topic.name, region: topic.region, subject, message });
    for (const { protocol, endpoint, raw } of topic.subscriptions) {
      if (outsideProtocols.includes(protocol)) continue;
      const envelope = {
        Type: 'Notification',
        MessageId: messageId,
        TopicArn: topic.arn,
        ...(subject === undefined ? {} : { Subject: subject }),
        Message: message,
        Timestamp: new Date(account.kernel.now()).toISOString(),
      };
      account.kernel.after(0, `notify ${endpoint}`, () =>
        this.#notify(topic, protocol, endpoint, raw ? message : envelope),
      );
    }
    return { MessageId: messageId };
  }

  async #notify(
    topic: Topic,
    protocol: string,
    endpoint: string,
    content: string | Record<string, string>,
  ): Promise<void> {
    const principal = { kind: 'service', service: 'sns.amazonaws.com', sourceArn: topic.arn } as const;
    const [, , , region = '', account, name] = endpoint.split(':');
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    // https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
    const records = {
      Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn: topic.arn, Sns: content }],
    };
    const call =
      protocol === 'sqs'
        ? {
            service: 'sqs',
            operation: 'SendMessage',
            input: { QueueUrl: `https://sqs.${region}.amazonaws.com/${account}/${name}`, MessageBody: text },
          }
        : {
            service: 'lambda',
            operation: 'Invoke',
            input: { FunctionName: endpoint, InvocationType: 'Event', Payload: JSON.stringify(records) },
          };
    try {
      await this.#world.account.call({ ...call, principal, region });
    } catch (error) {
      // The refusal stands in the log; SNS retries in its own time, which is not modelled.
      if (!(error instanceof AwsError) && !(error instanceof NoAnswer)) throw error;
    }
  }
}

/** The SNS module: Publish, topics, subscriptions, topic policies. */
export function createSns(world: World): ServiceModule {
  const service = new SnsService(world);
  return {
    services: [service],
    providers: [topicProvider(service), subscriptionProvider(world, service), policyProvider(world, service)],
  };
}

function topicProvider(service: SnsService): ResourceProvider {
  return {
    type: 'AWS::SNS::Topic',
    modelled: ['TopicName', 'KmsMasterKeyId'],
    inert: {
      DisplayName: 'shown in mails only',
      TracingConfig: 'traces of deliveries are not modelled',
      Tags: 'tags change nothing that runs',
    },
    create(request) {
      const { properties, region, account } = request;
      const name = String(properties['TopicName'] ?? generatedName(request, 256));
      const arn = `arn:aws:sns:${region}:${account}:${name}`;
      const keyId = properties['KmsMasterKeyId'];
      service.create({
        arn,
        name,
        region,
        subscriptions: [],
        ...(keyId === undefined ? {} : { keyId: String(keyId) }),
      });
      return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
    },
  };
}

function subscriptionProvider(world: World, service: SnsService): ResourceProvider {
  return {
    type: 'AWS::SNS::Subscription',
    modelled: ['TopicArn', 'Protocol', 'Endpoint', 'RawMessageDelivery'],
    inert: { Region: 'the region of the topic stands in its ARN' },
    create({ properties }) {
      const protocol = String(properties['Protocol']);
      if (![...outsideProtocols, 'sqs', 'lambda'].includes(protocol)) {
        throw new Unmodelled(`a subscription with the protocol '${protocol}' is not modelled`);
      }
      const topic = service.topic(String(properties['TopicArn']));
      const raw = String(properties['RawMessageDelivery'] ?? 'false') === 'true';
      topic.subscriptions.push({ protocol, endpoint: String(properties['Endpoint']), raw });
      const ref = `${topic.arn}:${world.account.nextId('subscription', 'uuid')}`;
      return { ref, attributes: { Arn: ref } };
    },
  };
}

function policyProvider(world: World, service: SnsService): ResourceProvider {
  return {
    type: 'AWS::SNS::TopicPolicy',
    modelled: ['PolicyDocument', 'Topics'],
    inert: {},
    create({ properties, stackName, logicalId }) {
      for (const arn of properties['Topics'] as string[]) {
        const topic = service.topic(arn);
        const origin = { stack: stackName, logicalId, policy: `topic policy of ${topic.name}` };
        world.iam.putResourcePolicy(topic.arn, properties['PolicyDocument'], origin);
      }
      return { ref: `${stackName}-${logicalId}`, attributes: { Id: logicalId } };
    },
  };
}

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: a subject of less than 100 characters in one line; 256 KB. */
function checkMessage(message: string, subject: string | undefined): void {
  if (message === '') throw new AwsError('InvalidParameterException', 'Invalid parameter: Empty message');
  if (Buffer.byteLength(message) > 262_144)
    throw new AwsError('InvalidParameterException', 'Invalid parameter: Message too long');
  if (subject === undefined) return;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: 'must not include line breaks or control characters'
  if (subject.length === 0 || subject.length > 100 || /[\u0000-\u001f]/.test(subject)) {
    throw new AwsError('InvalidParameterException', 'Invalid parameter: Subject');
  }
}
