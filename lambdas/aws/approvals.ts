import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import type { Approval, Approvals } from '../ports/aws.ts';
import { calling, clientSettings, isNamed } from './client.ts';

const conditionFailed = 'ConditionalCheckFailedException';
/** Answered and expired questions stay readable for a quarter, then the table removes them. */
const keptSeconds = 90 * 24 * 3600;

export function dynamoApprovals(region: string, table: string): Approvals {
  const client = new DynamoDBClient(clientSettings(region));
  return {
    async find(id) {
      const command = new GetItemCommand({ TableName: table, Key: { approvalId: { S: id } }, ConsistentRead: true });
      const answer = await calling('dynamodb:GetItem', () => client.send(command));
      return answer.Item ? approvalOf(answer.Item) : undefined;
    },

    async ask(approval) {
      const command = new PutItemCommand({
        TableName: table,
        Item: itemOf(approval),
        ConditionExpression: 'attribute_not_exists(approvalId) OR #status = :pending',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':pending': { S: 'pending' } },
      });
      return happened(() => calling('dynamodb:PutItem', () => client.send(command), [conditionFailed]));
    },

    async answer(id, { decision, by, answerId }) {
      const command = new UpdateItemCommand({
        TableName: table,
        Key: { approvalId: { S: id } },
        UpdateExpression: 'SET #status = :answered, decision = :decision, decidedBy = :by, answerId = :answerId',
        ConditionExpression: '#status = :pending',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':answered': { S: 'answered' },
          ':pending': { S: 'pending' },
          ':decision': { S: decision },
          ':by': { S: by },
          ':answerId': { S: answerId },
        },
      });
      return happened(() => calling('dynamodb:UpdateItem', () => client.send(command), [conditionFailed]));
    },
  };
}

async function happened(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (isNamed(error, conditionFailed)) return false;
    throw error;
  }
}

function itemOf(approval: Approval): Record<string, AttributeValue> {
  const expiresAt = Math.floor(approval.expiresAt.getTime() / 1000);
  return {
    approvalId: { S: approval.id },
    service: { S: approval.service },
    question: { S: approval.question },
    token: { S: approval.token },
    executionArn: { S: approval.executionArn },
    status: { S: 'pending' },
    expiresAt: { N: String(expiresAt) },
    removeAt: { N: String(expiresAt + keptSeconds) },
  };
}

const text = z.object({ S: z.string() }).transform(({ S }) => S);
const stored = z.object({
  approvalId: text,
  service: text,
  question: text,
  token: text,
  executionArn: text,
  status: text,
  expiresAt: z.object({ N: z.string() }).transform(({ N }) => Number(N)),
  decision: text.pipe(z.enum(['approve', 'reject'])).optional(),
  decidedBy: text.optional(),
  answerId: text.optional(),
});

function approvalOf(item: Record<string, AttributeValue>): Approval {
  const { approvalId, expiresAt, status, decision, decidedBy, answerId, ...rest } = stored.parse(item);
  const answered = status === 'answered' && decision && decidedBy && answerId;
  return {
    ...rest,
    id: approvalId,
    expiresAt: new Date(expiresAt * 1000),
    ...(answered ? { answer: { decision, by: decidedBy, answerId } } : {}),
  };
}
