import { generatedName } from '../iam/index.ts';
import type { Kms } from './kms.ts';
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
      DeletionProtectionEnabled: 'nothing is deleted in a rehearsal',
      Tags: 'tags change nothing that runs',
    },
    create(request) {
      const { properties, region, account } = request;
      const name = String(properties['LogGroupName'] ?? generatedName(request, 512));
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
  try {
    world.account.service<Kms>('kms').authoriseKeyUse({
      principal: { kind: 'service', service: `logs.${region}.amazonaws.com` },
      region,
      key: keyArn,
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'],
      encryptionContext: { 'aws:logs:arn': groupArn },
    });
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
