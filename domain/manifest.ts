import * as z from 'zod';
import { invariant } from './invariants.ts';

/*
 * What a database held around the moment of its snapshot. RDS does not say at which transaction a snapshot stands, so the manifest
 * is a bracket: `before` is read in one repeatable-read transaction, ending with the marker; `after`, cheap, once the snapshot
 * is available. docs/decisions/0023-the-manifest-is-a-bracket.md argues it.
 */

/** Rows fall by their own hash into so many segments. */
export const segmentCount = 16;
const segment = z.strictObject({
  rows: z.int().min(0),
  /** Sum of the rows' 64-bit hashes, decimal. */ sum: z.string(),
});
export type Segment = z.infer<typeof segment>;

const coverage = z.union([
  z.strictObject({ kind: z.literal('full') }),
  z.strictObject({ kind: z.literal('sample'), percent: z.number(), seed: z.int() }),
]);
export type Coverage = z.infer<typeof coverage>;

const tableContent = z.strictObject({ coverage, segments: z.array(segment).length(segmentCount), bytes: z.int() });
export type TableContent = z.infer<typeof tableContent>;

/**
 * Of pg_stat_all_tables, all since its statistics were reset. `file` is pg_class.relfilenode, which TRUNCATE and rewrites change, with
 * the time at which the server's statistics were reset, as a crash does.
 */
const counters = z.strictObject({ inserted: z.int(), updated: z.int(), deleted: z.int(), file: z.string() });
export type Counters = z.infer<typeof counters>;

/** Hash of the definition by name, such as `index public.orders_pkey`; constraints, views, functions, sequences, triggers as well. */
const objects = z.record(z.string(), z.string());

export const manifest = z.strictObject({
  version: z.literal(1),
  setId: z.string(),
  environment: z.string(),
  database: z.string(),
  schemaVersion: z.string(),
  /** pg_current_wal_lsn() in the transaction of `before`: `16/B374D848`. */
  logPosition: z.string(),
  before: z.strictObject({
    /** `unread`: the time was up, or the server refused; such a table is known to exist and not compared. */
    tables: z.record(z.string(), z.union([tableContent, z.literal('unread')])),
    /** Read before the transaction's snapshot, so that they count too many changes rather than too few. */
    counters: z.record(z.string(), counters),
    objects,
  }),
  /** Read a minute after the snapshot is available: a backend may report its changes so late. */
  after: z.strictObject({
    counters: z.record(z.string(), counters),
    objects,
    schemaVersion: z.string(),
    /** Names of objects that were made or changed since the marker, though they may be again as they were. */
    changed: z.array(z.string()).optional(),
  }),
});
export type Manifest = z.infer<typeof manifest>;

/** What the restored database holds, read with each table's own coverage; a table that can't be read is `unreadable`, one that it did not read `unread`. */
export interface Observed {
  /** Ids of the sets whose markers it has, the newest first. */
  readonly markers: readonly string[];
  readonly environment: string;
  readonly database: string;
  readonly schemaVersion: string;
  readonly logPosition: string;
  readonly tables: Readonly<Record<string, TableContent | 'unreadable' | 'unread'>>;
  readonly objects: Readonly<Record<string, string>>;
  /** Names of objects that were made or changed since the marker: some may be gone by the second reading. */
  readonly changed?: readonly string[];
}

export const failureKinds = [
  'marker',
  'database',
  'log-position',
  'schema-version',
  'object',
  'table-missing',
  'table-unexpected',
  'table-unreadable',
  'rows',
  'values',
  'coverage',
  'nothing-compared',
] as const;

export interface ManifestFailure {
  readonly kind: (typeof failureKinds)[number];
  /** Table or other object; empty for the database as a whole. */
  readonly table: string;
  readonly expected: string;
  readonly found: string;
}

export interface ManifestVerdict {
  readonly verdict: 'proven' | 'failed';
  readonly failures: readonly ManifestFailure[];
  readonly rowsCompared: number;
  /** Equal to the row, or to the sampled row; within bounds; only known to exist. */
  readonly tables: { readonly exact: number; readonly bounded: number; readonly unbounded: number };
}

/** Log positions in order: `16/B374D848` as a number of bytes. */
export function logBytes(position: string): bigint {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(position);
  if (!match)
    throw new RangeError(`'${position}' is no log position. Allowed: two hexadecimal numbers, such as 16/B374D848.`);
  return (BigInt(`0x${match[1]}`) << 32n) + BigInt(`0x${match[2]}`);
}

/** How much is read in full at most: of one table, and of all. */
export interface ReadingLimits {
  readonly tableBytesMax: number;
  readonly totalBytesMax: number;
}

const gibibyte = 1024 ** 3;
/** Assumed: 100 MB/s hashed. Hourly eight minutes in all; daily what a function of 15 minutes can read. */
export const readingLimits = {
  hourly: { tableBytesMax: gibibyte, totalBytesMax: 48 * gibibyte },
  daily: { tableBytesMax: 72 * gibibyte, totalBytesMax: 72 * gibibyte },
} as const;
const sampledBytes = 256 * 1024 ** 2;

/** Smallest tables in full while they fit, a sample of blocks of the others; `seed` changes by set, so that another part is read each hour. */
export function planCoverage(
  bytes: Readonly<Record<string, number>>,
  seed: number,
  { tableBytesMax, totalBytesMax }: ReadingLimits = readingLimits.hourly,
): Readonly<Record<string, Coverage>> {
  let total = 0;
  const ordered = Object.entries(bytes).sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
  return Object.fromEntries(
    ordered.map(([table, size]): [string, Coverage] => {
      total += size;
      if (size <= tableBytesMax && total <= totalBytesMax) return [table, { kind: 'full' }];
      return [table, { kind: 'sample', percent: Math.min(100, (100 * sampledBytes) / size), seed }];
    }),
  );
}

/** A set's seed: the same for every delivery, another for each set. FNV-1a, 31 bits. */
export function samplingSeed(setId: string): number {
  let hash = 0x811c9dc5;
  for (const character of setId) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0) & 0x7fff_ffff;
}

/** Schemas whose tables Mainstay and its scheduler write all the time. */
export const ownSchemas = ['mainstay', 'cron'] as const;

/** Where a set's id is written into the database before its snapshot: the newest that a restored one has says which set it is. */
export const markerTable = { schema: 'mainstay', name: 'recovery_marker' } as const;

/** What is asked of the databases of a platform beside their contents: SSM parameter of each region, JSON. */
export const databaseChecks = z.strictObject({
  /** One value: the version of the schema as the platform's migrations count it. */
  schemaVersionQuery: z.string().optional(),
  invariants: z.array(invariant),
});
export type DatabaseChecks = z.infer<typeof databaseChecks>;
