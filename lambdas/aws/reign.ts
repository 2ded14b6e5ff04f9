import { type AttributeValue, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { firstReign, reign, reignKey } from '../../domain/reign.ts';
import type { Reign } from '../ports/reign.ts';
import { calling, clientSettings, isNamed } from './client.ts';

const conditionFailed = 'ConditionalCheckFailedException';

/** The record in the interlock's table of the region. `definedPrimary` reigns where there is none. */
export function dynamoReign(region: string, table: string, definedPrimary: string): Reign {
  const client = new DynamoDBClient(clientSettings(region));
  const current = async () => {
    const command = new GetItemCommand({ TableName: table, Key: { subject: { S: reignKey } }, ConsistentRead: true });
    const { Item: item } = await calling('dynamodb:GetItem', () => client.send(command));
    return item ? reignOf(item) : firstReign(definedPrimary);
  };
  return {
    current,
    async enter(next) {
      const command = new PutItemCommand({
        TableName: table,
        Item: { subject: { S: reignKey }, epoch: { N: String(next.epoch) }, primary: { S: next.primary } },
        ConditionExpression: 'attribute_not_exists(subject) OR epoch < :epoch',
        ExpressionAttributeValues: { ':epoch': { N: String(next.epoch) } },
      });
      try {
        await calling('dynamodb:PutItem', () => client.send(command), [conditionFailed]);
        return next;
      } catch (error) {
        if (!isNamed(error, conditionFailed)) throw error;
        return await current();
      }
    },
  };
}

const stored = z
  .object({ epoch: z.object({ N: z.string() }), primary: z.object({ S: z.string() }) })
  .transform(({ epoch, primary }) => ({ epoch: Number(epoch.N), primary: primary.S }))
  .pipe(reign);

function reignOf(item: Record<string, AttributeValue>): z.output<typeof reign> {
  return stored.parse(item);
}
