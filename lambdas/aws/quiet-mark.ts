import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { quietKey } from '../../domain/failback.ts';
import { failbackRun } from '../../domain/workflows/region-failback.ts';
import type { QuietMark } from '../ports/failback.ts';
import { calling, clientSettings } from './client.ts';

const record = z.strictObject({ run: failbackRun, opened: z.array(z.string()) });

/** An item of the region's own table of leases. */
export function dynamoQuietMark(region: string, table: string): QuietMark {
  const client = new DynamoDBClient(clientSettings(region));
  const Key = { subject: { S: quietKey } };
  return {
    async read() {
      const command = new GetItemCommand({ TableName: table, Key, ConsistentRead: true });
      const text = (await calling('dynamodb:GetItem', () => client.send(command))).Item?.['json']?.S;
      return text === undefined ? undefined : record.parse(JSON.parse(text));
    },
    async keep(kept) {
      const command = new PutItemCommand({ TableName: table, Item: { ...Key, json: { S: JSON.stringify(kept) } } });
      await calling('dynamodb:PutItem', () => client.send(command));
    },
    async clear() {
      await calling('dynamodb:DeleteItem', () => client.send(new DeleteItemCommand({ TableName: table, Key })));
    },
  };
}
