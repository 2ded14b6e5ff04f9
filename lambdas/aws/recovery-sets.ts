import { gunzipSync, gzipSync } from 'node:zlib';
import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { AwsUnavailable, ObjectChanged } from '../../domain/errors.ts';
import { type RecoverySet, recoverySet } from '../../domain/recovery-set.ts';
import type { RecoverySetEntry, RecoverySetImages, RecoverySetRecords } from '../ports/recovery-sets.ts';
import { calling, clientSettings, isNamed } from './client.ts';

const conditionFailed = 'ConditionalCheckFailedException';
const pagesMax = 1_000;
const changesMax = 10;
/** 'maximum item size 400 KB': https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html. From here on it is packed. */
const plainBytesMax = 100_000;

type Item = Record<string, AttributeValue>;
type Stored = { readonly record: RecoverySet; readonly revision: number };

/**
 * The record stands as JSON under `record`, packed where it is long (a thousand databases), and what the planner asks beside it under
 * `entry`, so that it reads no members. `revision` counts writes: a change meets the one that it read, or reads again.
 */
export function dynamoRecoverySets(table: string): RecoverySetRecords {
  const clients = new Map<string, DynamoDBClient>();
  const of = (region: string): DynamoDBClient => {
    const client = clients.get(region) ?? new DynamoDBClient(clientSettings(region));
    clients.set(region, client);
    return client;
  };
  const read = (region: string, setId: string) => readItem(of(region), table, setId);
  return {
    async find(region, setId) {
      return (await read(region, setId))?.record;
    },

    async entries(region) {
      const items = await scan(of(region), table, 'entry');
      return items.map((item) => entrySchema.parse(JSON.parse(item['entry']?.S ?? '{}')));
    },

    async list(region) {
      const items = await scan(of(region), table, '#record');
      return items.map((item) => recordOf(item['record']));
    },

    async begin(region, record) {
      if (await write(of(region), table, region, record, 0)) return record;
      return (await read(region, record.setId))?.record ?? record;
    },

    async change(region, setId, change) {
      for (let attempt = 0; attempt < changesMax; attempt++) {
        const found = await read(region, setId);
        const changed = found && change(found.record);
        if (!found || !changed) return found?.record;
        if (await write(of(region), table, region, changed, found.revision)) return changed;
      }
      throw new ObjectChanged(
        `The record of ${setId} in ${region} changed ${changesMax} times between reading and writing it.`,
      );
    },

    async put(region, record) {
      const command = new PutItemCommand({ TableName: table, Item: itemOf(region, record, 1) });
      await calling(`dynamodb:PutItem in ${region}`, () => of(region).send(command));
    },

    async remove(region, setId) {
      const command = new DeleteItemCommand({ TableName: table, Key: { setId: { S: setId } } });
      await calling(`dynamodb:DeleteItem in ${region}`, () => of(region).send(command));
    },
  };
}

async function readItem(client: DynamoDBClient, table: string, setId: string): Promise<Stored | undefined> {
  const command = new GetItemCommand({ TableName: table, Key: { setId: { S: setId } }, ConsistentRead: true });
  const { Item } = await calling('dynamodb:GetItem', () => client.send(command));
  return Item && { record: recordOf(Item['record']), revision: Number(Item['revision']?.N ?? 0) };
}

async function scan(client: DynamoDBClient, table: string, projection: string): Promise<Item[]> {
  const found: Item[] = [];
  let from: Item | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const command = new ScanCommand({
      TableName: table,
      ConsistentRead: true,
      ProjectionExpression: projection,
      ...(projection === '#record' ? { ExpressionAttributeNames: { '#record': 'record' } } : {}),
      ExclusiveStartKey: from,
    });
    const answer = await calling('dynamodb:Scan', () => client.send(command));
    found.push(...(answer.Items ?? []));
    from = answer.LastEvaluatedKey;
    if (from === undefined) return found;
  }
  throw new AwsUnavailable(`${table} has more than ${pagesMax} pages of recovery sets.`);
}

/** Which images the sets of a region hold, in no order. Throws AwsUnavailable, AwsRefused. */
export async function recoverySetImages(table: string, region: string): Promise<readonly RecoverySetImages[]> {
  const items = await scan(new DynamoDBClient(clientSettings(region)), table, 'images');
  return items.map((item) => imagesSchema.parse(JSON.parse(item['images']?.S ?? '{}')));
}

const imagesSchema = z.strictObject(recoverySet.pick({ setId: true, state: true, images: true }).shape);

/** False: it is not at this revision any more; 0: there is one already. */
async function write(
  client: DynamoDBClient,
  table: string,
  region: string,
  record: RecoverySet,
  revision: number,
): Promise<boolean> {
  const condition =
    revision === 0
      ? { ConditionExpression: 'attribute_not_exists(setId)' }
      : {
          ConditionExpression: 'revision = :revision',
          ExpressionAttributeValues: { ':revision': { N: String(revision) } },
        };
  const command = new PutItemCommand({ TableName: table, Item: itemOf(region, record, revision + 1), ...condition });
  try {
    await calling(`dynamodb:PutItem in ${region}`, () => client.send(command), [conditionFailed]);
    return true;
  } catch (error) {
    if (!isNamed(error, conditionFailed)) throw error;
    return false;
  }
}

const entrySchema = z.strictObject({
  ...recoverySet.pick({
    setId: true,
    dueAt: true,
    startedAt: true,
    execution: true,
    state: true,
    proven: true,
    inUse: true,
  }).shape,
  databases: z.array(z.string()),
});

function itemOf(region: string, record: RecoverySet, revision: number): Item {
  const { setId, dueAt, startedAt, execution, state, proven, inUse } = record;
  const databases = Object.keys(record.copies[region]?.databases ?? {});
  const entry: RecoverySetEntry = { setId, dueAt, startedAt, execution, state, proven, inUse, databases };
  const text = JSON.stringify(record);
  return {
    setId: { S: setId },
    revision: { N: String(revision) },
    entry: { S: JSON.stringify(entry) },
    images: { S: JSON.stringify({ setId, state, images: record.images } satisfies RecoverySetImages) },
    record: text.length > plainBytesMax ? { B: gzipSync(text) } : { S: text },
  };
}

function recordOf(value: AttributeValue | undefined): RecoverySet {
  const text = value?.B ? gunzipSync(value.B).toString('utf8') : (value?.S ?? '{}');
  return recoverySet.parse(JSON.parse(text));
}
