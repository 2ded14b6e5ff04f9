import { gunzipSync } from 'node:zlib';
import { databaseSnapshotName, type RecoverySet, recoverySetsTableName } from '../../domain/recovery-set.ts';
import type { DynamoDb } from '../aws/dynamodb.ts';
import type { Rehearsal } from '../rehearsal.ts';

/** What the planner's entry of a record says: read from the table itself, and not from what a workflow says. */
export type SetEntry = Pick<RecoverySet, 'setId' | 'dueAt' | 'state' | 'proven' | 'inUse'> & {
  readonly databases: readonly string[];
};

/** The recovery sets of an environment as the tables of its regions have them. */
export class BackupSets {
  readonly #rehearsal: Rehearsal;
  readonly table: string;

  constructor(rehearsal: Rehearsal, environment: string) {
    this.#rehearsal = rehearsal;
    this.table = recoverySetsTableName(environment);
  }

  #items(region: string) {
    return this.#rehearsal.account.service<DynamoDb>('dynamodb').items(region, this.table);
  }

  entries(region: string): SetEntry[] {
    return this.#items(region).map((item) => JSON.parse(String(item['entry']?.['S'] ?? '{}')) as SetEntry);
  }

  records(region: string): RecoverySet[] {
    return this.#items(region).map((item) => {
      const packed = item['record']?.['B'];
      const text = packed === undefined ? String(item['record']?.['S']) : gunzipSync(bytesOf(packed)).toString('utf8');
      return JSON.parse(text) as RecoverySet;
    });
  }

  entry(region: string, setId: string): SetEntry | undefined {
    return this.entries(region).find((entry) => entry.setId === setId);
  }

  /** Sets whose copy was checked; in a stage without a standby those that are whole. */
  verified(region: string): SetEntry[] {
    return this.entries(region).filter(({ state }) => state === 'verified');
  }

  /** Changes the record of the newest verified set by hand; answers its id. */
  editNewest(region: string, change: (text: string) => string): string {
    const table = this.#rehearsal.account.service<DynamoDb>('dynamodb').tables.require(region, this.table);
    const newest = this.verified(region).at(-1);
    const item = this.#items(region).find((one) => one['setId']?.['S'] === newest?.setId);
    const changed = (value: unknown) => ({ S: change(String(value)) });
    if (item) table.put({ ...item, entry: changed(item['entry']?.['S']), record: changed(item['record']?.['S']) });
    return newest?.setId ?? '';
  }

  /** Names of the snapshots that must not go from the region now, with why. */
  guarded(region: string): ReadonlyMap<string, string> {
    const now = this.#rehearsal.kernel.now();
    const entries = this.entries(region).filter(({ state }) => state === 'complete' || state === 'verified');
    const proven = entries.filter((entry) => entry.proven.length > 0).sort((a, b) => (a.dueAt < b.dueAt ? 1 : -1));
    const guarded = new Map<string, string>();
    const guard = (entry: SetEntry | undefined, why: string): void => {
      for (const database of entry?.databases ?? [])
        guarded.set(databaseSnapshotName(entry?.setId ?? '', database), why);
    };
    for (const entry of entries) {
      const use = entry.inUse.find(({ until }) => Date.parse(until) > now);
      if (use) guard(entry, `${entry.setId} is in use by ${use.by}`);
    }
    guard(proven[0], `${proven[0]?.setId} is the newest set that is proven`);
    return guarded;
  }
}

function bytesOf(value: unknown): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value, 'base64') : (value as Uint8Array);
}
