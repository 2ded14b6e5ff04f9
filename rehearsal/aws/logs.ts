import type { Kms } from './kms.ts';
import type { CreateModule, LogGroupStore } from './module.ts';
import {
  type AccountServices,
  AwsError,
  type Operation,
  type ResourceProvider,
  type SimulatedService,
} from './service.ts';

/**
 * The simulated CloudWatch Logs: which log groups there are. Lines go to the run's own log (`function.logged`), not here.
 */
export class Logs implements SimulatedService, LogGroupStore {
  readonly id = 'logs';
  readonly operations: Readonly<Record<string, Operation>> = {};
  readonly providers: readonly ResourceProvider[];
  readonly #services: AccountServices;
  readonly #groups = new Set<string>();

  constructor(services: AccountServices) {
    this.#services = services;
    this.providers = this.#createProviders();
  }

  exists(region: string, logGroupName: string): boolean {
    return this.#groups.has(`${region}/${logGroupName}`);
  }

  /** Does nothing when the group is there already. */
  create(region: string, logGroupName: string): void {
    this.#groups.add(`${region}/${logGroupName}`);
  }

  #createProviders(): ResourceProvider[] {
    return [
      {
        type: 'AWS::Logs::LogGroup',
        modelled: ['LogGroupName', 'KmsKeyId'],
        inert: {
          RetentionInDays: 'a rehearsal is shorter than any retention',
          Tags: 'tags of log groups play no part in a rehearsal',
          LogGroupClass: 'nobody queries log groups in a rehearsal',
          DeletionProtectionEnabled: 'nothing is deleted in a rehearsal',
        },
        create: (request) => {
          const name = String(
            request.properties['LogGroupName'] ??
              `${request.stackName}-${request.logicalId}-${this.#services.nextId('log-group', 'alnum13')}`,
          );
          const { region, account } = request;
          if (this.exists(region, name)) {
            throw new AwsError('ResourceAlreadyExistsException', `The log group ${name} already exists in ${region}.`);
          }
          const arn = `arn:aws:logs:${region}:${account}:log-group:${name}`;
          const key = request.properties['KmsKeyId'];
          if (key !== undefined) this.#checkKey(region, arn, String(key));
          this.create(region, name);
          return { ref: name, attributes: { Arn: `${arn}:*` } };
        },
      },
    ];
  }

  /** The key must admit the service: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html */
  #checkKey(region: string, logGroupArn: string, key: string): void {
    this.#services.service<Kms>('kms').authoriseKeyUse({
      principal: { kind: 'service', service: `logs.${region}.amazonaws.com`, sourceArn: logGroupArn },
      region,
      key,
      actions: [
        'kms:Encrypt',
        'kms:Decrypt',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
        'kms:GenerateDataKey',
        'kms:DescribeKey',
      ],
      encryptionContext: { 'aws:logs:arn': logGroupArn },
    });
  }
}

/** CloudWatch Logs as a module of the simulated world. */
export const createLogs: CreateModule = ({ account }) => {
  const logs = new Logs(account);
  return { services: [logs], providers: logs.providers };
};
