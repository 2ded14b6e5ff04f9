import { databaseInstanceName } from '../../domain/databases.ts';
import { interlockTableName } from '../../domain/interlock.ts';
import { leaseKey, leaseTableName } from '../../domain/lease.ts';
import { reignKey } from '../../domain/reign.ts';
import type { DynamoDb } from '../aws/dynamodb.ts';
import type { Rehearsal } from '../rehearsal.ts';
import type { AcknowledgedWrite, FailoverClients } from './failover-clients.ts';
import { FailoverWorld } from './failover-world.ts';

type Options = ConstructorParameters<typeof FailoverWorld>[0];

/** How long a client may go without an acknowledged write and be said to write: every one tries each second or two. */
const writesWithinMilliseconds = 30_000;

/** The platform on its way back: `from` is the region that reigns when it begins. */
export class FailbackWorld extends FailoverWorld {
  readonly #rehearsal: Rehearsal;
  readonly #environment: string;
  readonly #clients: FailoverClients;
  readonly #database: string;
  readonly #since: number;
  /** Writes that had been lost before: with the region, when it was lost. */
  #lostBefore: ReadonlySet<AcknowledgedWrite> = new Set();

  constructor(options: Options) {
    super(options);
    this.#rehearsal = options.rehearsal;
    this.#environment = options.environment;
    this.#clients = options.clients;
    this.#database = options.platform.databases.find(({ engine }) => engine === 'postgres')?.name ?? '';
    this.#since = options.rehearsal.kernel.now();
  }

  /** What the failover had lost is none of this. */
  async begin(): Promise<void> {
    this.#lostBefore = new Set(await super.lost());
  }

  override async lost(): Promise<readonly AcknowledgedWrite[]> {
    return (await super.lost()).filter((write) => !this.#lostBefore.has(write));
  }

  override get writtenInTwo(): readonly string[] {
    const first = this.#clients.firstIn(this.to, this.#since)?.at;
    if (first === undefined) return [];
    const late = this.#clients.acknowledged.filter(({ region, at }) => region === this.from && at >= first);
    return late.length === 0
      ? []
      : [`${late.length} writes were acknowledged in ${this.from} after ${this.to} had begun`];
  }

  /** The longest time without an acknowledged write, until now. */
  get quietSeconds(): number {
    let before = this.#since;
    let longest = 0;
    const moments = this.#clients.acknowledged.filter(({ at }) => at >= this.#since).map(({ at }) => at);
    for (const at of [...moments, this.#rehearsal.kernel.now()]) {
      longest = Math.max(longest, at - before);
      before = Math.max(before, at);
    }
    return Math.round(longest / 100) / 10;
  }

  /** Why the application does not write; empty where it does. */
  get silent(): readonly string[] {
    const now = this.#rehearsal.kernel.now();
    const last = this.#clients.acknowledged.at(-1)?.at ?? 0;
    return now - last <= writesWithinMilliseconds
      ? []
      : [`no write has been acknowledged for ${Math.round((now - last) / 1000)} s`];
  }

  /** Instances of a region that were set aside. */
  #aside(region: string) {
    const prefix = `${databaseInstanceName(this.#environment, this.#database)}-stale-`;
    return this.rds.instances.filter((one) => one.region === region && one.identifier.startsWith(prefix));
  }

  /** What is wrong with what was set aside. `wanted`: something has to be. */
  evidenceLost(wanted: boolean): readonly string[] {
    const aside = this.#aside(this.to);
    if (wanted && aside.length === 0) return [`nothing was set aside in ${this.to}`];
    return aside
      .filter(({ deletionProtection }) => !deletionProtection)
      .map(({ identifier }) => `${identifier} can be deleted`);
  }

  /** Claims that bind now, and a mark that the writes are stopped. */
  get claims(): readonly string[] {
    const dynamo = this.#rehearsal.account.service<DynamoDb>('dynamodb');
    const now = this.#rehearsal.kernel.now();
    return [this.from, this.to].flatMap((region) => [
      ...dynamo
        .items(region, interlockTableName(this.#environment))
        .filter((item) => item['subject']?.['S'] !== reignKey && Date.parse(String(item['until']?.['S'])) > now)
        .filter((item) => String(item['work']?.['S']) === 'failover')
        .map((item) => `${item['subject']?.['S']} in ${region} by ${item['holder']?.['S']}`),
      ...dynamo
        .items(region, leaseTableName(this.#environment))
        .filter((item) => item['subject']?.['S'] === 'quiet')
        .map(() => `the writes in ${region} are marked as stopped`),
    ]);
  }

  /** Whether a region follows the other as its standby, and has the open lease. */
  follows(region: string, other: string): boolean {
    const instance = this.instance(region, this.#database);
    const source = this.instance(other, this.#database);
    const lease = this.#rehearsal.account
      .service<DynamoDb>('dynamodb')
      .items(region, leaseTableName(this.#environment))
      .find((item) => item['subject']?.['S'] === leaseKey);
    const open = lease !== undefined && lease['closedBy'] === undefined && lease['holder']?.['S'] === other;
    return instance?.status === 'available' && instance.replicaOf === source?.arn && open;
  }
}
