import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type Severity, severities, topicName } from '../../domain/names.ts';
import { pascalCase } from '../environment.ts';
import type { EncryptionKey } from './encryption-key.ts';

export interface NotificationsProps {
  readonly environmentName: string;
  readonly encryptionKey: EncryptionKey;
}

/** One topic a severity. People and tools subscribe where they want to be told. */
export class Notifications extends Construct {
  readonly topics: Readonly<Record<Severity, Topic>>;

  constructor(scope: Construct, id: string, props: NotificationsProps) {
    super(scope, id);
    const entries = severities.map((severity) => [severity, this.topic(severity, props)] as const);
    this.topics = Object.fromEntries(entries) as Record<Severity, Topic>;
  }

  /** ARNs of the topics of these severities. */
  topicArns(of: readonly Severity[]): readonly string[] {
    return of.map((severity) => this.topics[severity].topicArn);
  }

  private topic(severity: Severity, props: NotificationsProps): Topic {
    const topic = new Topic(this, pascalCase(severity), {
      topicName: topicName(props.environmentName, severity),
      masterKey: props.encryptionKey,
      enforceSSL: true,
    });
    // Alarms on the control plane itself publish by the service, not by a role.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Alarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    return topic;
  }
}
