import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type Severity, severities, topicName } from '../../domain/names.ts';
import { pascalCase } from '../environment.ts';
import type { EncryptionKey } from './encryption-key.ts';
import { NoticeTopic } from './notice-topic.ts';

export interface NotificationsProps {
  readonly environmentName: string;
  readonly encryptionKey: EncryptionKey;
}

/** One topic a severity. People and tools subscribe where they want to be told. */
export class Notifications extends Construct {
  readonly topics: Readonly<Record<Severity, Topic>>;

  constructor(scope: Construct, id: string, { environmentName, encryptionKey }: NotificationsProps) {
    super(scope, id);
    const entries = severities.map((severity) => {
      const name = topicName(environmentName, severity);
      return [severity, new NoticeTopic(this, pascalCase(severity), { topicName: name, encryptionKey })] as const;
    });
    this.topics = Object.fromEntries(entries) as Record<Severity, Topic>;
  }

  /** ARNs of the topics of these severities. */
  topicArns(of: readonly Severity[]): readonly string[] {
    return of.map((severity) => this.topics[severity].topicArn);
  }
}
