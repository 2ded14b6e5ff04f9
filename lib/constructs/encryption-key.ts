import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

export interface EncryptionKeyProps {
  /** Alias without `alias/`: `mainstay/aeon/delivery`. */
  readonly alias: string;
  readonly description: string;
  /** Names of the log groups that CloudWatch Logs encrypts with the key; `*` for what follows a prefix. */
  readonly logGroupNames?: readonly string[];
}

/** A key of ours: rotated yearly, kept for 30 days after its deletion, because what it encrypted is lost with it. */
export class EncryptionKey extends Key {
  constructor(scope: Construct, id: string, props: EncryptionKeyProps) {
    super(scope, id, {
      alias: props.alias,
      description: props.description,
      enableKeyRotation: true,
      pendingWindow: Duration.days(30),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    if (props.logGroupNames) this.admitLogGroups(props.logGroupNames);
  }

  /**
   * Lets CloudWatch Logs use the key for these log groups.
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
   */
  private admitLogGroups(names: readonly string[]): void {
    const { region, account } = Stack.of(this);
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Logs',
        principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
        actions: [
          'kms:Encrypt',
          'kms:Decrypt',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
          'kms:GenerateDataKey',
          'kms:DescribeKey',
        ],
        // In a key policy '*' is the key itself.
        resources: ['*'],
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': names.map(
              (name) => `arn:aws:logs:${region}:${account}:log-group:${name}`,
            ),
          },
        },
      }),
    );
  }

  /** Lets an AWS service publish to the account's own topics or queues that this key encrypts. */
  admitPublisher(service: string): void {
    this.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(service)],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        // In a key policy '*' is the key itself.
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
  }
}
