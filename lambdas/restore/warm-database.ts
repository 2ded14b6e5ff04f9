import { DatabaseRefused, DatabaseUnavailable } from '../../domain/database-errors.ts';
import { UnknownSet } from '../../domain/restore-errors.ts';
import type { WarmDatabaseInput, WarmDatabaseOutput } from '../../domain/workflows/restore-test.ts';
import type { SecretVersions } from '../ports/rotation.ts';
import type { SqlSession, WithSession } from '../postgres/session.ts';
import { readSome, readWhole, type SizedTable, sizedTables } from '../postgres/warmth.ts';
import type { RestorePorts } from './ports.ts';
import { waitingFor } from './restore-database.ts';
import { loginsOf, readerOf } from './set-logins.ts';

export interface WarmDatabasePorts extends Pick<RestorePorts, 'environment' | 'region' | 'clock' | 'records'> {
  readonly secrets: Pick<SecretVersions, 'read'>;
  readonly sessions: WithSession;
}

/** After so long a delivery goes back to the workflow; a function may take 15 minutes, and a large table some of them. */
const readingMilliseconds = 480_000;
const mebibyte = 1024 ** 2;
/** What the probe reads at most, and how fast that has to be: a twentieth of what gp3 gives (125 MiB/s), and many times what S3 gives block by block. Assumed. */
const probeBytes = 64 * mebibyte;
const probeBytesASecond = 6 * mebibyte;
/** Of a probe that reads little, the round trips count most. */
const probeSecondsMin = 2;

/**
 * 'Available' is not warm: blocks of a restored volume come from S3 when they are first read. Reads every table, then measures whether a share of the
 * largest is read at a disk's speed. `waiting` until it is; `broken` as `cold` where it is not in time, and as `login` where the set's
 * version does not open. Throws UnknownSet, AwsUnavailable, AwsRefused.
 */
export async function warmDatabase(input: WarmDatabaseInput, ports: WarmDatabasePorts): Promise<WarmDatabaseOutput> {
  const { read } = input;
  const later = (reason: string, kind: WarmDatabaseOutput['kind'], done = read): WarmDatabaseOutput => ({
    ...waitingFor('warm', reason, input, ports),
    read: done,
    kind,
  });
  const broken = (reason: string): WarmDatabaseOutput => ({
    state: 'broken',
    reason,
    waitSeconds: 0,
    read,
    kind: 'login',
  });
  const reader = await readerFor(input, ports);
  if (!('login' in reader)) return broken(`${reader.secret}, version ${reader.versionId}: ${reader.missing}`);
  try {
    return await ports.sessions(reader.login, async (session): Promise<WarmDatabaseOutput> => {
      const tables = await sizedTables(session);
      const done = await readOn(session, tables, read, ports);
      if (done < tables.length) {
        const next = later(`${done} of ${tables.length} tables are read.`, 'time', done);
        return next.state === 'waiting' ? { ...next, waitSeconds: 1 } : next;
      }
      const speed = await probe(session, tables, ports);
      if (speed === undefined) {
        const reason = `All ${tables.length} tables are read at a disk's speed.`;
        return { state: 'ready', reason, waitSeconds: 0, read: done, kind: 'cold' };
      }
      return later(speed, 'cold', done);
    });
  } catch (error) {
    if (error instanceof DatabaseUnavailable) return later(error.message, 'time');
    if (error instanceof DatabaseRefused) return broken(`${reader.secret}: SQLSTATE ${error.sqlState}`);
    throw error;
  }
}

async function readerFor({ setId, database, host, port }: WarmDatabaseInput, ports: WarmDatabasePorts) {
  const set = setId === null ? undefined : await ports.records.find(ports.region, setId);
  if (!set) throw new UnknownSet(setId ?? 'none', ports.region, []);
  const logins = await loginsOf(set, { database, host, port }, ports.secrets);
  const none = { secret: `The set ${setId}`, versionId: 'of the reader', missing: 'the set names none' };
  return readerOf(logins, set, database) ?? none;
}

/** How many tables are read then. */
async function readOn(
  session: SqlSession,
  tables: readonly SizedTable[],
  from: number,
  { clock }: WarmDatabasePorts,
): Promise<number> {
  const until = clock.now().getTime() + readingMilliseconds;
  let done = from;
  for (const table of tables.slice(from)) {
    if (clock.now().getTime() >= until) break;
    await readWhole(session, table);
    done++;
  }
  return done;
}

/** Undefined where the largest table is read fast enough; else how slow it is. */
async function probe(
  session: SqlSession,
  tables: readonly SizedTable[],
  { clock }: WarmDatabasePorts,
): Promise<string | undefined> {
  const [largest] = [...tables].sort((a, b) => b.bytes - a.bytes);
  if (!largest) return undefined;
  const bytes = Math.min(largest.bytes, probeBytes);
  const begin = clock.now().getTime();
  await readSome(session, largest, largest.bytes === 0 ? 100 : (100 * bytes) / largest.bytes, begin % 2 ** 31);
  const seconds = (clock.now().getTime() - begin) / 1000;
  if (seconds <= Math.max(probeSecondsMin, bytes / probeBytesASecond)) return undefined;
  const [mebibytes, name] = [Math.round(bytes / mebibyte), `${largest.schema}.${largest.name}`];
  return `${mebibytes} MiB of ${name} took ${Math.round(seconds)} seconds: its blocks still come from S3.`;
}
