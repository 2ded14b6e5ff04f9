import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Severity } from '../../domain/names.ts';
import type { Notifications } from '../ports/aws.ts';
import type { Topic } from '../ports/firings.ts';
import { calling, clientSettings } from './client.ts';

/** SNS takes subjects of fewer than 100 characters: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const subjectCharactersMax = 99;

export function snsNotifications(region: string, topics: Readonly<Record<Severity, string>>): Notifications {
  const client = new SNSClient(clientSettings(region));
  return { publish: (severity, subject, message) => publish(client, topics[severity], subject, message) };
}

export function snsTopic(region: string, topicArn: string): Topic {
  const client = new SNSClient(clientSettings(region));
  return { publish: (subject, message) => publish(client, topicArn, subject, message) };
}

async function publish(client: SNSClient, topicArn: string, subject: string, message: string): Promise<void> {
  const command = new PublishCommand({
    TopicArn: topicArn,
    Subject: subject.slice(0, subjectCharactersMax),
    Message: message,
  });
  await calling('sns:Publish', () => client.send(command));
}
