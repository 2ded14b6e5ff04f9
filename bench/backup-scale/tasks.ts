import { type BackupSettings, backedUpDatabaseParameters, backupBucketName } from '../../domain/backups.ts';
import type { Manifest } from '../../domain/manifest.ts';
import { recoverySetKeys } from '../../domain/recovery-set.ts';
import { beginRecoverySet } from '../../lambdas/backup/begin-recovery-set.ts';
import { closeRecoverySet } from '../../lambdas/backup/close-recovery-set.ts';
import { copyDatabaseSnapshot } from '../../lambdas/backup/copy-database-snapshot.ts';
import { copyObjects } from '../../lambdas/backup/copy-objects.ts';
import { createDatabaseSnapshot } from '../../lambdas/backup/create-database-snapshot.ts';
import { lookAtCopiedSnapshot } from '../../lambdas/backup/look-at-copied-snapshot.ts';
import { lookAtDatabaseSnapshot } from '../../lambdas/backup/look-at-database-snapshot.ts';
import { recordVersions } from '../../lambdas/backup/record-versions.ts';
import { thinSnapshots } from '../../lambdas/backup/thin-snapshots.ts';
import { verifyCopy } from '../../lambdas/backup/verify-copy.ts';
import { requireRightOfWay } from '../../lambdas/backup/way.ts';
import type { RecoverySetRecords } from '../../lambdas/ports/recovery-sets.ts';
import type { StoredObjects } from '../../lambdas/ports/stored-objects.ts';
import type { Rehearsal } from '../../rehearsal/rehearsal.ts';
import { MemoryRecords } from '../../test/lambdas/backup/memory-records.ts';
import { memoryObjects } from '../../test/lambdas/backup/parts-world.ts';
import { account, here, SimulatedSnapshots, there } from './simulated-rds.ts';

/*
 * The functions of hourly-backup on ports that count. RDS is the simulated one; tables, buckets and parameters are memory that takes its time. The
 * manifest's SQL is a time alone; volumes and the cluster's state, which do not grow with databases, are left out.
 */

/** Of DynamoDB, S3, SSM and Secrets Manager. Assumed. */
const otherAnswerMilliseconds = 20;
/** What the two readings of a manifest take of a database of some gibibytes. Assumed: bench/manifest.ts measures a small one. */
const readManifestMilliseconds = 20_000;
const closeManifestMilliseconds = 5_000;
/** Pages of these services: 10 parameters, 100 secrets. */
const parametersAPage = 10;
const secretsAPage = 100;

/** How often something was. */
export class Counter {
  readonly counts = new Map<string, number>();
  add(name: string, by = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }
}

/** What every hour of a platform shares. */
export interface HourOptions {
  readonly rehearsal: Rehearsal;
  readonly settings: BackupSettings;
  readonly databases: readonly string[];
  readonly keys: ReadonlyMap<string, string>;
  readonly records: MemoryRecords;
  readonly stored: ReturnType<typeof memoryObjects>;
  readonly running: Set<string>;
}

/** By the names that the workflow has for them. */
export function tasksOf(
  options: HourOptions,
  calls: Counter,
): Readonly<Record<string, (payload: never) => Promise<unknown>>> {
  const { keys } = options;
  const { kernel } = options.rehearsal;
  const answer = async (operation: string, times = 1): Promise<void> => {
    calls.add(operation, times);
    await kernel.sleep(otherAnswerMilliseconds * times, operation);
  };
  const ports = portsOf(options, calls, answer);
  const on = (run: (payload: never, ports: never) => Promise<unknown>, more: object = {}) => {
    return (payload: never) => run(payload, { ...ports, ...more } as never);
  };
  const ofRegion = { objects: () => ports.objects };
  return {
    'begin-recovery-set': on(beginRecoverySet as never),
    'thin-snapshots': on(thinSnapshots as never),
    'read-manifest': async ({ setId }: { setId: string }) => {
      await requireRightOfWay(setId, ports);
      await answer('ssm:GetParameter', 3);
      await answer('secretsmanager:GetSecretValue');
      await kernel.sleep(readManifestMilliseconds, 'SQL');
      await answer('s3:PutObject');
    },
    'create-database-snapshot': on(createDatabaseSnapshot as never),
    'look-at-database-snapshot': on(lookAtDatabaseSnapshot as never),
    'close-manifest': async ({ setId, database }: { setId: string; database: string }) => {
      await requireRightOfWay(setId, ports);
      await answer('s3:GetObject');
      await answer('ssm:GetParameter', 3);
      await answer('secretsmanager:GetSecretValue');
      await kernel.sleep(closeManifestMilliseconds, 'SQL');
      const key = recoverySetKeys.manifest(setId, database);
      const bucket = backupBucketName('aeon', account, here, 'sets');
      await ports.objects.put(
        { bucket, key },
        Buffer.from(JSON.stringify(manifestOf(setId, database))),
        keys.get(here) ?? '',
      );
    },
    'record-versions': on(recordVersions as never),
    'close-recovery-set': on(closeRecoverySet as never),
    'copy-database-snapshot': on(copyDatabaseSnapshot as never),
    'look-at-copied-snapshot': on(lookAtCopiedSnapshot as never),
    'copy-objects': on(copyObjects as never, ofRegion),
    'verify-copy': on(verifyCopy as never, ofRegion),
  };
}

function portsOf(options: HourOptions, calls: Counter, answer: Answer) {
  const { rehearsal, settings, databases, keys } = options;
  const { kernel } = rehearsal;
  const objects = countedObjects(options.stored.objects, answer);
  const keyOf = async (region: string): Promise<string> => {
    await answer('ssm:GetParameter');
    return keys.get(region) ?? '';
  };
  const interlock = { list: async () => answer('dynamodb:Scan').then(() => []) };
  const base = {
    environment: 'aeon',
    region: here,
    settings,
    clock: { now: () => new Date(kernel.now()) },
    reign: { current: async () => answer('dynamodb:GetItem').then(() => ({ epoch: 1, primary: here })) },
    interlocks: new Map([here, there].map((region) => [region, interlock])),
  };
  return {
    ...base,
    objects,
    snapshots: new SimulatedSnapshots(rehearsal, (operation) => calls.add(operation)),
    records: countedRecords(options.records, answer),
    otherParameters: { read: keyOf },
    keyOf,
    volumes: { list: async () => [] },
    executions: {
      describe: async (arn: string) => {
        await answer('states:DescribeExecution');
        return { status: options.running.has(arn) ? 'RUNNING' : 'SUCCEEDED', input: '{}' };
      },
    },
    parameters: countedParameters(databases, answer),
    secrets: {
      currentVersions: async () => {
        const all = secretsOf(databases);
        await answer('secretsmanager:ListSecrets', Math.ceil(all.size / secretsAPage));
        return all;
      },
    },
    cluster: { releaseTags: async () => new Map(), runningImages: async () => [] },
  };
}

type Answer = (operation: string, times?: number) => Promise<void>;

function countedRecords(records: MemoryRecords, answer: Answer): RecoverySetRecords {
  return {
    find: (...of) => answer('dynamodb:GetItem').then(() => records.find(...of)),
    // One page of 1 MB: ten sets of 1,000 databases, packed. More sets are more pages, and are not counted here.
    entries: (region) => answer('dynamodb:Scan').then(() => records.entries(region)),
    list: (region) => answer('dynamodb:Scan').then(() => records.list(region)),
    begin: (...of) => answer('dynamodb:PutItem').then(() => records.begin(...of)),
    put: (...of) => answer('dynamodb:PutItem').then(() => records.put(...of)),
    remove: (...of) => answer('dynamodb:DeleteItem').then(() => records.remove(...of)),
    async change(...of) {
      await answer('dynamodb:GetItem');
      await answer('dynamodb:PutItem');
      return records.change(...of);
    },
  };
}

function countedObjects(objects: StoredObjects, answer: Answer): StoredObjects {
  return {
    ...objects,
    put: (...of) => answer('s3:PutObject').then(() => objects.put(...of)),
    read: (...of) => answer('s3:GetObject').then(() => objects.read(...of)),
    // The adapter reads the object for its checksum.
    digestOf: (...of) => answer('s3:GetObject').then(() => objects.digestOf(...of)),
    copy: (...of) => answer('s3:CopyObject').then(() => objects.copy(...of)),
  };
}

/** The lists of databases, and what each database has beside them: its endpoint, its checks and the plan of its secret. */
function countedParameters(databases: readonly string[], answer: Answer) {
  const lists = backedUpDatabaseParameters(
    'aeon',
    databases.map((name) => ({ name, engine: 'postgres' })),
  );
  const all = new Map([
    ...lists,
    ...databases.flatMap((name): [string, string][] => [
      [`/mainstay/aeon/databases/${name}/endpoint`, '{"host":"a.example","port":5432}'],
      [`/mainstay/aeon/databases/${name}/checks`, '{}'],
      [`/mainstay/aeon/secrets/${name}`, '{}'],
    ]),
  ]);
  return {
    read: async () => undefined,
    readUnder: async (path: string) => {
      const found = new Map([...all].filter(([name]) => name.startsWith(path)));
      await answer('ssm:GetParametersByPath', Math.max(1, Math.ceil(found.size / parametersAPage)));
      return found;
    },
  };
}

/** Three a database: its master, its heartbeat, its reader. */
function secretsOf(databases: readonly string[]): Map<string, string> {
  const names = databases.flatMap((name) =>
    ['master', 'heartbeat', 'manifest'].map((user) => `mainstay/aeon/databases/${name}/${user}`),
  );
  return new Map(names.map((name, index) => [name, `00000000-0000-4000-a000-${String(index).padStart(12, '0')}`]));
}

function manifestOf(setId: string, database: string): Manifest {
  return {
    version: 1,
    setId,
    environment: 'aeon',
    database,
    schemaVersion: '7',
    logPosition: '16/B374D848',
    before: { tables: {}, counters: {}, objects: {} },
    after: { counters: {}, objects: {}, schemaVersion: '7' },
  };
}

/** Nothing is there yet. */
export function emptyStores(): Pick<HourOptions, 'records' | 'stored' | 'running'> {
  return { records: new MemoryRecords(), stored: memoryObjects(), running: new Set() };
}
