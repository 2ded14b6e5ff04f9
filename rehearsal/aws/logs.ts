import type { LogGroupStore, ServiceModule, World } from './module.ts';
import { AwsError, type Operation, type ResourceProvider, type SimulatedService } from './service.ts';

/** The simulated CloudWatch Logs of all regions: groups exist; what functions write is in the event log. */
export class LogsService implements SimulatedService, LogGroupStore {
  readonly id = 'logs';
  readonly operations: Readonly<Record<string, Operation>> = {};
  readonly #groups = new Set<string>();

  exists(region: string, logGroupName: string): boolean {
    return this.#groups.has(`${region}/${logGroupName}`);
  }

  create(region: string, logGroupName: string): void {
    this.#groups.add(`${region}/${logGroupName}`);
  }
}

/** The CloudWatch Logs module: AWS::Logs::LogGroup and AWS::Logs::ResourcePolicy. */
export function createLogs(world: World): ServiceModule {
  const service = new LogsService();
  return { services: [service], providers: [groupProvider(world, service), resourcePolicyProvider] };
}

function groupProvider(world: World, service: LogsService): ResourceProvider {
  return {
    type: 'AWS::Logs::LogGroup',
    modelled: ['LogGroupName', 'KmsKeyId'],
    inert: {
      RetentionInDays: 'no rehearsal is long enough for logs to expire',
      LogGroupClass: 'changes prices and queries only',
      Tags: 'tags change nothing that runs',
    },
    create({ properties, stackName, logicalId, region, account }) {
      const name = String(
        properties['LogGroupName'] ?? `${stackName}-${logicalId}-${world.account.nextId('logGroup', 'alnum13')}`,
      );
      if (service.exists(region, name)) {
        throw new AwsError('ResourceAlreadyExistsException', `The specified log group already exists: ${name}`);
      }
      const arn = `arn:aws:logs:${region}:${account}:log-group:${name}`;
      const keyArn = properties['KmsKeyId'];
      if (keyArn !== undefined) checkKey(world, region, arn, String(keyArn));
      service.create(region, name);
      return { ref: name, attributes: { Arn: `${arn}:*` } };
    },
  };
}

/** The key's own policy has to admit the logs service: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html */
function checkKey(world: World, region: string, groupArn: string, keyArn: string): void {
  const principal = { kind: 'service', service: `logs.${region}.amazonaws.com` } as const;
  const conditions = { 'kms:EncryptionContext:aws:logs:arn': groupArn, 'kms:EncryptionContextKeys': ['aws:logs:arn'] };
  const actions = ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'];
  try {
    world.account.authorise(
      principal,
      region,
      actions.map((action) => ({ action, resources: [keyArn], conditions })),
    );
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new AwsError(
      'InvalidParameterException',
      `The specified KMS key does not exist or is not allowed to be used with Arn '${groupArn}': ${error.message}`,
    );
  }
}

const resourcePolicyProvider: ResourceProvider = {
  type: 'AWS::Logs::ResourcePolicy',
  modelled: [],
  inert: {
    PolicyName: 'log delivery by other services is not modelled',
    PolicyDocument: 'log delivery by other services is not modelled',
  },
  create: ({ properties, logicalId }) => ({ ref: String(properties['PolicyName'] ?? logicalId), attributes: {} }),
};
