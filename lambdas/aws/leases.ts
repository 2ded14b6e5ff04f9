import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { servesKey } from '../../domain/failover-settings.ts';
import { lastDecision, watchState } from '../../domain/failover-signals.ts';
import {
  armedKey,
  closed,
  decisionKey,
  type LeaseRecord,
  leaseKey,
  leaseRecord,
  watchKey,
} from '../../domain/lease.ts';
import type { Clock } from '../ports/clock.ts';
import type { Arming, Leases, WatchMemory } from '../ports/failover.ts';
import type { TrafficRecord } from '../ports/serving.ts';
import { calling, clientSettings, isNamed } from './client.ts';

const conditionFailed = 'ConditionalCheckFailedException';

/** A region that may be lost is asked twice and for seconds: a guard's round is ten, and a failover goes on without the answer. */
function boundedSettings(region: string) {
  const { requestHandler, ...settings } = clientSettings(region);
  return { ...settings, maxAttempts: 2, requestHandler: { ...requestHandler, requestTimeout: 1_500 } } as const;
}

/** The tables of leases of every region, an item each. Every write is one conditional call: what comes late or twice changes nothing. */
export function dynamoLeases(ownRegion: string, table: string, clock: Clock): Leases {
  const clients = new Map<string, DynamoDBClient>();
  const of = (region: string): LeaseTable => {
    const settings = region === ownRegion ? clientSettings(region) : boundedSettings(region);
    const client = clients.get(region) ?? new DynamoDBClient(settings);
    clients.set(region, client);
    return new LeaseTable(client, table);
  };
  return {
    read: (region) => of(region).read(),
    renew: (region, renewal) => of(region).put(renewal, renewalCondition, valuesOf(renewal)),
    close: (region, { epoch, holder }) => of(region).close(epoch, holder, clock.now()),
    begin: async (region, { epoch, primary }) => {
      const record = { epoch, holder: primary, until: clock.now().toISOString(), databases: [] };
      await of(region).put(record, 'attribute_not_exists(subject) OR epoch < :epoch', {
        ':epoch': { N: String(epoch) },
      });
    },
    open: (region, epoch) => of(region).open(epoch),
  };
}

/** `takes` of domain/lease.ts, as a condition. */
const renewalCondition =
  '(attribute_not_exists(subject)) OR (epoch < :epoch AND (attribute_not_exists(closedBy) OR closedBy <= :epoch)) OR ' +
  '(epoch = :epoch AND attribute_not_exists(closedBy) AND #until < :until)';

function valuesOf({ epoch, until }: Pick<LeaseRecord, 'epoch' | 'until'>): Record<string, AttributeValue> {
  return { ':epoch': { N: String(epoch) }, ':until': { S: until } };
}

class LeaseTable {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async read(): Promise<LeaseRecord | undefined> {
    const text = await readItem(this.#client, this.#table, leaseKey);
    return text && recordOf(text);
  }

  async put(record: LeaseRecord, condition: string, values: Record<string, AttributeValue>): Promise<boolean> {
    const command = new PutItemCommand({
      TableName: this.#table,
      Item: itemOf(record),
      ConditionExpression: condition,
      ...(condition.includes('#until') && { ExpressionAttributeNames: { '#until': 'until' } }),
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    });
    return await happened(() => calling('dynamodb:PutItem', () => this.#client.send(command), [conditionFailed]));
  }

  /** Closes what stands of this reign or an earlier one; puts a closed record where there is none; leaves a later reign's. */
  async close(epoch: number, holder: string, now: Date): Promise<LeaseRecord> {
    const command = new UpdateItemCommand({
      TableName: this.#table,
      Key: { subject: { S: leaseKey } },
      UpdateExpression: 'SET closedBy = :next',
      ConditionExpression: 'epoch <= :epoch',
      ExpressionAttributeValues: { ':epoch': { N: String(epoch) }, ':next': { N: String(epoch + 1) } },
      ReturnValues: 'ALL_NEW',
    });
    try {
      const answer = await calling('dynamodb:UpdateItem', () => this.#client.send(command), [conditionFailed]);
      if (answer.Attributes) return recordOf(answer.Attributes);
    } catch (error) {
      if (!isNamed(error, conditionFailed)) throw error;
    }
    const record = closed(undefined, { epoch, holder, now });
    if (await this.put(record, 'attribute_not_exists(subject)', {})) return record;
    const standing = await this.read();
    // Somebody put one between the two calls: it is closed in its turn.
    return standing === undefined || standing.epoch <= epoch ? await this.close(epoch, holder, now) : standing;
  }

  async open(epoch: number): Promise<boolean> {
    const command = new UpdateItemCommand({
      TableName: this.#table,
      Key: { subject: { S: leaseKey } },
      UpdateExpression: 'REMOVE closedBy',
      ConditionExpression: 'epoch = :epoch AND closedBy = :next',
      ExpressionAttributeValues: { ':epoch': { N: String(epoch) }, ':next': { N: String(epoch + 1) } },
    });
    return await happened(() => calling('dynamodb:UpdateItem', () => this.#client.send(command), [conditionFailed]));
  }
}

/** What the watch remembers, whether this region has armed its standby, and whether it has opened traffic; in its own table. */
export function dynamoWatch(region: string, table: string): WatchMemory & Arming & TrafficRecord {
  const client = new DynamoDBClient(clientSettings(region));
  const read = async (key: string): Promise<unknown> => {
    const item = await readItem(client, table, key);
    return item?.['json']?.S === undefined ? undefined : JSON.parse(item['json'].S);
  };
  const keep = async (key: string, value: unknown): Promise<void> => {
    const Item = { subject: { S: key }, json: { S: JSON.stringify(value) } };
    const command = new PutItemCommand({ TableName: table, Item });
    await calling('dynamodb:PutItem', () => client.send(command));
  };
  return {
    state: async () => watchState.optional().parse(await read(watchKey)),
    keepState: (state) => keep(watchKey, state),
    decision: async () => lastDecision.optional().parse(await read(decisionKey)),
    keepDecision: (decision) => keep(decisionKey, decision),
    armed: async () =>
      z
        .int()
        .optional()
        .parse(await read(armedKey)),
    arm: (epoch) => keep(armedKey, epoch),
    opened: async () => openedTraffic.optional().parse(await read(servesKey)),
    keepOpened: (opened) => keep(servesKey, opened),
  };
}

const openedTraffic = z.strictObject({ epoch: z.int(), at: z.iso.datetime() });

async function readItem(
  client: DynamoDBClient,
  table: string,
  key: string,
): Promise<Record<string, AttributeValue> | undefined> {
  const command = new GetItemCommand({ TableName: table, Key: { subject: { S: key } }, ConsistentRead: true });
  return (await calling('dynamodb:GetItem', () => client.send(command))).Item;
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

function itemOf({ epoch, holder, until, databases, closedBy }: LeaseRecord): Record<string, AttributeValue> {
  return {
    subject: { S: leaseKey },
    epoch: { N: String(epoch) },
    holder: { S: holder },
    until: { S: until },
    databases: { L: databases.map((S) => ({ S })) },
    ...(closedBy !== undefined && { closedBy: { N: String(closedBy) } }),
  };
}

const text = z.object({ S: z.string() }).transform(({ S }) => S);
const number = z.object({ N: z.string() }).transform(({ N }) => Number(N));
const stored = z
  .object({
    epoch: number,
    holder: text,
    until: text,
    databases: z.object({ L: z.array(text) }).transform(({ L }) => L),
    closedBy: number.optional(),
  })
  .pipe(leaseRecord);

function recordOf(item: Record<string, AttributeValue>): LeaseRecord {
  return stored.parse(item);
}
