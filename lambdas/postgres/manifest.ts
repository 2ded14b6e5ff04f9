import { createHash } from 'node:crypto';
import { DatabaseRefused, DatabaseUnavailable } from '../../domain/database-errors.ts';
import {
  type Counters,
  type Coverage,
  type Manifest,
  type Observed,
  planCoverage,
  type ReadingLimits,
  samplingSeed,
  segmentCount,
  type TableContent,
} from '../../domain/manifest.ts';
import type { ReadManifest } from '../../domain/workflows/hourly-backup.ts';
import type { Clock } from '../ports/clock.ts';
import * as sql from './manifest-statements.ts';
import type { SqlSession } from './session.ts';

/** Which database of which set is read, and what the definition says of it. */
export interface Reading {
  readonly setId: string;
  readonly environment: string;
  readonly database: string;
  readonly schemaVersionQuery?: string | undefined;
}

export interface ReadingBefore extends Reading {
  readonly limits: ReadingLimits;
  readonly clock: Clock;
  /** Tables that are not read by then stay `unread`. */
  readonly deadline: Date;
  /** Puts the reading away. Called once, before the marker can be seen: who finds the marker finds the reading. */
  keep(read: ReadManifest): Promise<void>;
}

/** How long one statement over a table takes at most, but for tables above a gibibyte. */
const statementMilliseconds = 120_000;
const gibibyte = 1024 ** 3;

/**
 * `before`: counters, then in one transaction the contents and the marker. False where the marker stood already: another
 * delivery has read it. A second delivery beside the first waits for it at the marker. Throws DatabaseUnavailable, DatabaseRefused,
 * and what `keep` throws.
 */
export async function readBefore(session: SqlSession, reading: ReadingBefore): Promise<boolean> {
  await session.query(sql.fixedSettings);
  const counters = await readCounters(session);
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  if (!(await isFirst(session, reading))) {
    await session.query('ROLLBACK');
    return false;
  }
  const { setId, environment, database } = reading;
  const logPosition = await readLogPosition(session);
  const { objects } = await readDefinitions(session, setId);
  const schemaVersion = await readSchemaVersion(session, reading, objects);
  const tables = await readTables(session, reading);
  const before = { tables, counters, objects };
  await reading.keep({ version: 1, setId, environment, database, schemaVersion, logPosition, before });
  await session.query('COMMIT');
  return true;
}

const serializationFailure = '40001';
const lockNotAvailable = '55P03';

/** Puts the marker. False where it stands, or another delivery has put it while this one waited. */
async function isFirst(session: SqlSession, { setId, environment, database }: Reading): Promise<boolean> {
  try {
    return (await session.query(sql.putMarker, [setId])).length > 0;
  } catch (error) {
    if (!(error instanceof DatabaseRefused)) throw error;
    if (error.sqlState === serializationFailure) return false;
    if (error.sqlState !== lockNotAvailable) throw error;
    throw new DatabaseUnavailable(
      `${environment}/${database}`,
      `another delivery reads it for ${setId}`,
      error.sqlState,
    );
  }
}

/** How long a transaction that began meanwhile may last before it counts as unsettled: half of the minute that the workflow waits. */
const settledSeconds = 30;

/** Whether everything that was committed before the snapshot was available is in the counters by now. */
export async function isSettled(session: SqlSession, setId: string): Promise<boolean> {
  const [row] = await session.query(sql.unsettled, [setId, settledSeconds]);
  return Number(row?.['sessions']) === 0;
}

/**
 * `after`, a minute after the snapshot is available. Not `settled`: some session may still hold back what it changed, so no
 * counter says anything. Throws DatabaseUnavailable, DatabaseRefused.
 */
export async function readAfter(session: SqlSession, reading: Reading, settled: boolean): Promise<Manifest['after']> {
  await session.query(sql.fixedSettings);
  const counters = await readCounters(session);
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  const { objects, changed } = await readDefinitions(session, reading.setId);
  const schemaVersion = await readSchemaVersion(session, reading, objects);
  await session.query('COMMIT');
  if (settled) return { counters, objects, schemaVersion, changed };
  const unknown = Object.entries(counters).map(([table, one]) => [table, { ...one, file: 'unsettled' }] as const);
  return { counters: Object.fromEntries(unknown), objects, schemaVersion, changed };
}

/**
 * What a restored database holds, each table read as the manifest read it. It writes nothing, so that a replica can be asked as well.
 * Throws DatabaseUnavailable, DatabaseRefused.
 */
export async function observe(
  session: SqlSession,
  manifest: Manifest,
  reading: Omit<Reading, 'setId'>,
): Promise<Observed> {
  await session.query(sql.fixedSettings);
  const markers = await session.query(sql.newestMarkers);
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const logPosition = await readLogPosition(session);
  const { objects, changed } = await readDefinitions(session, manifest.setId);
  const schemaVersion = await readSchemaVersion(session, reading, objects);
  const tables: Record<string, Observed['tables'][string]> = {};
  for (const table of await tablesOf(session)) {
    const expected = manifest.before.tables[table.key];
    tables[table.key] =
      expected === undefined || expected === 'unread'
        ? 'unread'
        : ((await readTable(session, table, expected.coverage, statementMilliseconds)) ?? 'unreadable');
  }
  await session.query('COMMIT');
  const { environment, database } = reading;
  return {
    markers: markers.map((row) => String(row['set_id'])),
    ...{ environment, database, schemaVersion, logPosition, tables, objects, changed },
  };
}

async function readCounters(session: SqlSession): Promise<Record<string, Counters>> {
  const rows = await session.query(sql.counters);
  return Object.fromEntries(
    rows.map(({ table, inserted, updated, deleted, file }) => [
      String(table),
      { inserted: Number(inserted), updated: Number(updated), deleted: Number(deleted), file: String(file) },
    ]),
  );
}

async function readLogPosition(session: SqlSession): Promise<string> {
  const [row] = await session.query(sql.logPosition);
  return String(row?.['position']);
}

interface Definitions {
  readonly objects: Record<string, string>;
  /** Made or changed since the set's marker. */
  readonly changed: string[];
}

async function readDefinitions(session: SqlSession, setId: string): Promise<Definitions> {
  const rows = await session.query(sql.definitions, [setId]);
  return {
    objects: Object.fromEntries(rows.map(({ name, hash }) => [String(name), String(hash)])),
    changed: rows.flatMap(({ name, newer }) => (newer === true ? [String(name)] : [])),
  };
}

/** As the platform's own query says; without one, what all definitions together are. */
async function readSchemaVersion(
  session: SqlSession,
  { schemaVersionQuery }: Pick<Reading, 'schemaVersionQuery'>,
  objects: Readonly<Record<string, string>>,
): Promise<string> {
  if (schemaVersionQuery === undefined) {
    const all = Object.entries(objects).sort(([a], [b]) => (a < b ? -1 : 1));
    return `definitions ${createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 16)}`;
  }
  const answer = await apart(session, async () => {
    await session.query(sql.platformSettings, [String(statementMilliseconds)]);
    const [row] = await session.query(schemaVersionQuery);
    return String(Object.values(row ?? {})[0] ?? 'none');
  });
  // Told by both readings alike: a wrong query costs no backup.
  return typeof answer === 'string' ? answer : `unreadable (${answer.refused})`;
}

interface Table {
  readonly schema: string;
  readonly name: string;
  readonly bytes: number;
  /** `public.orders` */
  readonly key: string;
}

async function tablesOf(session: SqlSession): Promise<readonly Table[]> {
  const rows = await session.query(sql.sizes);
  return rows
    .map(({ schema, name, bytes }) => ({
      schema: String(schema),
      name: String(name),
      bytes: Number(bytes),
      key: `${schema}.${name}`,
    }))
    .sort((a, b) => a.bytes - b.bytes || (a.key < b.key ? -1 : 1));
}

async function readTables(
  session: SqlSession,
  { setId, limits, clock, deadline }: ReadingBefore,
): Promise<ReadManifest['before']['tables']> {
  const tables = await tablesOf(session);
  const bytes = Object.fromEntries(tables.map((table) => [table.key, table.bytes]));
  const plan = planCoverage(bytes, samplingSeed(setId), limits);
  const read: Record<string, TableContent | 'unread'> = {};
  for (const table of tables) {
    const coverage = plan[table.key];
    const left = deadline.getTime() - clock.now().getTime();
    const long = coverage?.kind === 'full' && table.bytes > gibibyte;
    const milliseconds = long ? left : Math.min(left, statementMilliseconds);
    const content = coverage && left > 0 ? await readTable(session, table, coverage, milliseconds) : undefined;
    read[table.key] = content ?? 'unread';
  }
  return read;
}

/** Undefined where the server refuses it, such as for a policy, a lock or a damaged page, or where it takes too long. */
async function readTable(
  session: SqlSession,
  { schema, name, bytes }: Table,
  coverage: Coverage,
  milliseconds: number,
): Promise<TableContent | undefined> {
  const answer = await apart(session, async () => {
    await session.query(sql.statementTimeout, [String(milliseconds)]);
    return session.query(sql.contents(schema, name, coverage));
  });
  if ('refused' in answer) return undefined;
  const segments = Array.from({ length: segmentCount }, () => ({ rows: 0, sum: '0' }));
  for (const { segment, rows, sum } of answer) segments[Number(segment)] = { rows: Number(rows), sum: String(sum) };
  return { coverage, segments, bytes };
}

/** A statement that ran out of its time: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const cancelled = '57014';

/**
 * Runs `ask` and goes back to where the transaction stood. Its locks are given back with that, so that a migration waits for one
 * table at most, and a statement that is refused undoes nothing else.
 */
export async function apart<T extends object | string>(
  session: SqlSession,
  ask: () => Promise<T>,
): Promise<T | { readonly refused: string }> {
  await session.query('SAVEPOINT mainstay');
  try {
    return await ask();
  } catch (error) {
    if (error instanceof DatabaseRefused) return { refused: error.sqlState };
    if (error instanceof DatabaseUnavailable && error.code === cancelled) return { refused: cancelled };
    throw error;
  } finally {
    await session.query('ROLLBACK TO SAVEPOINT mainstay');
  }
}
