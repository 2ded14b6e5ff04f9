import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { EncryptionKey } from './encryption-key.ts';

export interface NoticeTopicProps {
  readonly topicName: string;
  readonly encryptionKey: EncryptionKey;
}

/** A topic that people and tools subscribe to. Alarms of the account publish to it by their service, not by a role. */
export class NoticeTopic extends Topic {
  constructor(scope: Construct, id: string, props: NoticeTopicProps) {
    super(scope, id, { topicName: props.topicName, masterKey: props.encryptionKey, enforceSSL: true });
    const { account, region } = Stack.of(this);
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Alarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
    // https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-alertmanager-receiver-AMPpermission.html
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Prometheus',
        principals: [new ServicePrincipal('aps.amazonaws.com')],
        actions: ['sns:Publish', 'sns:GetTopicAttributes'],
        resources: [this.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: { 'aws:SourceArn': `arn:aws:aps:${region}:${account}:workspace/*` },
        },
      }),
    );
  }
}
