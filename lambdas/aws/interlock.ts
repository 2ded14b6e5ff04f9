import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  ScanCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { AwsRefused, AwsUnavailable, WorkInProgress } from '../../domain/errors.ts';
import {
  type InterlockClaim,
  type InterlockSubject,
  interlockedWorks,
  interlockSubject,
} from '../../domain/interlock.ts';
import { reignKey } from '../../domain/reign.ts';
import type { Clock } from '../ports/clock.ts';
import type { Interlock } from '../ports/interlock.ts';
import { calling, clientSettings, isNamed } from './client.ts';

const canceled = 'TransactionCanceledException';
const conditionFailed = 'ConditionalCheckFailedException';
/** A claim that has lapsed stays readable for a day, for who asks what held it; then the table removes it. */
const keptSeconds = 24 * 3600;
/** Another transaction on the same item at the same moment: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling */
const conflictPausesMilliseconds = [50, 200, 800];
const pagesMax = 10;

type Wanted = Parameters<Interlock['claim']>[0];

/**
 * The region's claims in one DynamoDB table, an item a subject. Every claim of a part checks in the same transaction that nobody
 * else has the whole platform; a claim of the platform is written first and then looks for parts that others have: of two that
 * come at once, one always sees the other.
 */
export function dynamoInterlock(region: string, table: string, clock: Clock): Interlock {
  const claims = new ClaimsTable(new DynamoDBClient(clientSettings(region)), table, clock);
  return {
    claim: (wanted) => claims.claim(wanted),
    release: (holder, subjects) => claims.release(holder, subjects),
    list: () => claims.binding(),
  };
}

class ClaimsTable {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #clock: Clock;

  constructor(client: DynamoDBClient, table: string, clock: Clock) {
    this.#client = client;
    this.#table = table;
    this.#clock = clock;
  }

  async claim({ subjects, work, holder, forSeconds }: Wanted): Promise<readonly InterlockClaim[]> {
    const standing = await this.binding();
    const inTheWay = subjects.includes('platform') && standing.find((claim) => claim.holder !== holder);
    if (inTheWay) throw new WorkInProgress('platform', inTheWay);
    const had = new Map(standing.filter((claim) => claim.holder === holder).map((claim) => [claim.subject, claim]));
    const until = new Date(this.#clock.now().getTime() + forSeconds * 1000).toISOString();
    const claims = [...new Set(subjects)].map((subject): InterlockClaim => {
      const before = had.get(subject)?.until ?? until;
      return { subject, work, holder, until: before > until ? before : until };
    });
    await this.#write(claims, holder);
    if (subjects.includes('platform')) await this.#requireAlone(claims, had);
    return claims;
  }

  async release(holder: string, subjects: readonly InterlockSubject[]): Promise<void> {
    for (const subject of subjects) {
      const command = new DeleteItemCommand({
        TableName: this.#table,
        Key: { subject: { S: subject } },
        ConditionExpression: 'holder = :holder',
        ExpressionAttributeValues: { ':holder': { S: holder } },
      });
      try {
        await calling('dynamodb:DeleteItem', () => this.#client.send(command), [conditionFailed]);
      } catch (error) {
        // Another's, or nobody's any more.
        if (!isNamed(error, conditionFailed)) throw error;
      }
    }
  }

  async binding(): Promise<readonly InterlockClaim[]> {
    const now = this.#clock.now().toISOString();
    return (await this.#all()).filter(({ until }) => until > now);
  }

  /** A claim on a page that nobody read would bar nothing, so a table that does not end is an error. */
  async #all(): Promise<InterlockClaim[]> {
    const found: InterlockClaim[] = [];
    let from: Record<string, AttributeValue> | undefined;
    for (let page = 0; page < pagesMax; page++) {
      const command = new ScanCommand({ TableName: this.#table, ConsistentRead: true, ExclusiveStartKey: from });
      const answer = await calling('dynamodb:Scan', () => this.#client.send(command));
      found.push(...(answer.Items ?? []).filter(({ subject }) => subject?.S !== reignKey).map(claimOf));
      from = answer.LastEvaluatedKey;
      if (from === undefined) return found;
    }
    throw new AwsUnavailable(
      `${this.#table} has more than ${pagesMax} pages of claims, which is more than any platform makes. Nothing was claimed. Delete items of before ` +
        "today, which the table's time to live has left there.",
    );
  }

  /** Whoever claimed a part before the platform was taken is seen now; whoever comes later meets the claim. */
  async #requireAlone(claims: readonly InterlockClaim[], had: ReadonlyMap<string, InterlockClaim>): Promise<void> {
    const [mine] = claims;
    const other = (await this.binding()).find((claim) => claim.holder !== mine?.holder);
    if (!other || !mine) return;
    const gained = claims.filter(({ subject }) => !had.has(subject)).map(({ subject }) => subject);
    await this.release(mine.holder, gained);
    throw new WorkInProgress('platform', other);
  }

  async #write(claims: readonly InterlockClaim[], holder: string): Promise<void> {
    for (const pause of [...conflictPausesMilliseconds, undefined]) {
      const command = new TransactWriteItemsCommand({ TransactItems: this.#actions(claims, holder) });
      try {
        await calling('dynamodb:TransactWriteItems', () => this.#client.send(command), [canceled]);
        return;
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        requireConflictOnly(error, claims);
        if (pause === undefined)
          throw new AwsUnavailable(`dynamodb:TransactWriteItems on ${this.#table}: ${error.message}`);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  /** The claims in their order, and at the end the look at the platform where it is not claimed itself. */
  #actions(claims: readonly InterlockClaim[], holder: string): TransactWriteItem[] {
    const free = {
      TableName: this.#table,
      ConditionExpression: 'attribute_not_exists(subject) OR holder = :holder OR #until <= :now',
      ExpressionAttributeNames: { '#until': 'until' },
      ExpressionAttributeValues: { ':holder': { S: holder }, ':now': { S: this.#clock.now().toISOString() } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    } as const;
    const puts = claims.map((claim): TransactWriteItem => ({ Put: { ...free, Item: itemOf(claim) } }));
    if (claims.some(({ subject }) => subject === 'platform')) return puts;
    return [...puts, { ConditionCheck: { ...free, Key: { subject: { S: 'platform' } } } }];
  }
}

/** Throws WorkInProgress for what another holds, AwsRefused for anything but transactions that met. */
function requireConflictOnly(error: TransactionCanceledException, claims: readonly InterlockClaim[]): void {
  const reasons = error.CancellationReasons ?? [];
  const held = reasons.findIndex(({ Code }) => Code === 'ConditionalCheckFailed');
  const item = reasons[held]?.Item;
  const [first] = claims;
  if (item && first) throw new WorkInProgress((claims[held] ?? first).subject, claimOf(item));
  const passing = ['None', 'TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];
  if (reasons.length > 0 && reasons.every(({ Code = '' }) => passing.includes(Code))) return;
  throw new AwsRefused(
    `dynamodb:TransactWriteItems failed: ${error.message}. Look for a right or a table that is missing.`,
  );
}

function itemOf({ subject, work, holder, until }: InterlockClaim): Record<string, AttributeValue> {
  return {
    subject: { S: subject },
    work: { S: work },
    holder: { S: holder },
    until: { S: until },
    removeAt: { N: String(Math.ceil(Date.parse(until) / 1000) + keptSeconds) },
  };
}

const text = z.object({ S: z.string() }).transform(({ S }) => S);
const stored = z.object({
  subject: text.pipe(interlockSubject),
  work: text.pipe(z.enum(interlockedWorks)),
  holder: text,
  until: text,
});

function claimOf(item: Record<string, AttributeValue>): InterlockClaim {
  return stored.parse(item);
}
