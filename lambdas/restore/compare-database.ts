import { createHash } from 'node:crypto';
import { backupBucketName } from '../../domain/backups.ts';
import { DatabaseRefused, DatabaseUnavailable } from '../../domain/database-errors.ts';
import { AwsUnavailable } from '../../domain/errors.ts';
import { type Manifest, type ManifestVerdict, manifest as manifestSchema } from '../../domain/manifest.ts';
import { compareManifest } from '../../domain/manifest-comparison.ts';
import type { RecoverySet } from '../../domain/recovery-set.ts';
import { UnknownSet } from '../../domain/restore-errors.ts';
import type { CompareDatabaseInput, CompareDatabaseOutput, TestFailure } from '../../domain/workflows/restore-test.ts';
import type { StoredObjects } from '../ports/stored-objects.ts';
import { askInvariants } from '../postgres/invariants.ts';
import { observe } from '../postgres/manifest.ts';
import type { RestorePorts } from './ports.ts';
import { loginsOf, readerOf, type SetLogin } from './set-logins.ts';
import type { WarmDatabasePorts } from './warm-database.ts';

export interface CompareDatabasePorts extends WarmDatabasePorts, Pick<RestorePorts, 'settings'> {
  readonly objects: Pick<StoredObjects, 'read'>;
}

/** What an execution carries of a database whose every table differs. */
const failuresMax = 100;

/**
 * The verdict over a restored database: each table against the manifest of its set, the platform's own queries, and every login of the set that
 * opens it. What can't be asked is a failure, never left out. Throws UnknownSet, AwsUnavailable, AwsRefused.
 */
export async function compareDatabase(
  input: CompareDatabaseInput,
  ports: CompareDatabasePorts,
): Promise<CompareDatabaseOutput> {
  const { region, records, secrets } = ports;
  const set = input.setId === null ? undefined : await records.find(region, input.setId);
  if (!set) throw new UnknownSet(input.setId ?? 'none', region, []);
  const logins = await loginsOf(set, input, secrets);
  const failures: TestFailure[] = [];
  const manifest = await manifestOf(set, input.database, failures, ports);
  const reader = readerOf(logins, set, input.database);
  const read = manifest && (await contents(input, manifest, reader, failures, ports));
  if (!read) failures.push(failure('nothing-compared', '', 'at least one table', 'none: see the other failures'));
  else failures.push(...read.verdict.failures, ...read.queries);
  failures.push(...(await triedLogins(logins, ports)));
  const tables = read?.verdict.tables ?? { exact: 0, bounded: 0, unbounded: 0 };
  return {
    verdict: failures.length === 0 ? 'proven' : 'failed',
    failures: failures.slice(0, failuresMax),
    failuresInAll: failures.length,
    tablesCompared: tables.exact + tables.bounded,
    tablesUnbounded: tables.unbounded,
    rowsCompared: read?.verdict.rowsCompared ?? 0,
    loginsTried: logins.length,
    queriesAsked: read ? input.checks.invariants.length : 0,
  };
}

function failure(kind: TestFailure['kind'], table: string, expected: string, found: string): TestFailure {
  return { kind, table, expected, found };
}

/** As it was written when the set was taken: its checksum stands in the record. */
async function manifestOf(
  set: RecoverySet,
  database: string,
  failures: TestFailure[],
  { environment, region, settings, objects }: CompareDatabasePorts,
): Promise<Manifest | undefined> {
  const stored = set.databases.find((member) => member.database === database)?.manifest;
  if (!stored) {
    failures.push(failure('restore', '', `a manifest of ${database} in ${set.setId}`, 'none'));
    return undefined;
  }
  const bucket = backupBucketName(environment, settings.account, region, 'sets');
  const body = await objects.read({ bucket, key: stored.key });
  const sha256 = body && createHash('sha256').update(body).digest('hex');
  if (sha256 === stored.sha256) return manifestSchema.parse(JSON.parse(Buffer.from(body ?? []).toString('utf8')));
  failures.push(failure('restore', '', `${stored.key} with ${stored.sha256}`, sha256 ?? 'no such object'));
  return undefined;
}

interface Contents {
  readonly verdict: ManifestVerdict;
  readonly queries: readonly TestFailure[];
}

/** Undefined where nobody could read; why stands among the failures. */
async function contents(
  { database, checks }: CompareDatabaseInput,
  manifest: Manifest,
  reader: SetLogin | undefined,
  failures: TestFailure[],
  { environment, sessions }: CompareDatabasePorts,
): Promise<Contents | undefined> {
  if (!reader || !('login' in reader)) {
    if (!reader) failures.push(failure('login', '', `a reader of ${database} in the set`, 'none'));
    return undefined;
  }
  const { schemaVersionQuery, invariants } = checks;
  try {
    return await sessions(reader.login, async (session) => {
      const observed = await observe(session, manifest, { environment, database, schemaVersionQuery });
      const answers = await askInvariants(session, invariants);
      const broken = answers.filter(({ holds }) => !holds);
      return {
        verdict: compareManifest(manifest, observed),
        queries: broken.map(({ name, expected, found }) => failure('query', name, expected, found)),
      };
    });
  } catch (error) {
    throwUnavailable(error);
    if (!(error instanceof DatabaseRefused)) throw error;
    failures.push(failure('login', reader.secret, 'reads every table', `SQLSTATE ${error.sqlState}`));
    return undefined;
  }
}

/** The restored instance has the passwords of its set: each version that the set names has to open it. */
async function triedLogins(
  logins: readonly SetLogin[],
  { sessions }: CompareDatabasePorts,
): Promise<readonly TestFailure[]> {
  const failures: TestFailure[] = [];
  for (const each of logins) {
    const expected = `version ${each.versionId} opens`;
    if (!('login' in each)) {
      failures.push(failure('login', each.secret, expected, each.missing));
      continue;
    }
    try {
      await sessions(each.login, async () => undefined);
    } catch (error) {
      throwUnavailable(error);
      if (!(error instanceof DatabaseRefused)) throw error;
      failures.push(failure('login', each.secret, expected, `SQLSTATE ${error.sqlState}`));
    }
  }
  return failures;
}

/** A database that does not answer is asked again by the workflow. */
function throwUnavailable(error: unknown): void {
  if (error instanceof DatabaseUnavailable) throw new AwsUnavailable(error.message);
}
