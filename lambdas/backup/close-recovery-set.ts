import { createHash } from 'node:crypto';
import { backupBucketName } from '../../domain/backups.ts';
import { databaseInstanceName } from '../../domain/databases.ts';
import { MembersMissing } from '../../domain/errors.ts';
import { manifest } from '../../domain/manifest.ts';
import { databaseSnapshotName, type RecoverySet, recoverySetKeys } from '../../domain/recovery-set.ts';
import {
  type CloseRecoverySetInput,
  type CloseRecoverySetOutput,
  recordedVersions,
  type TakenVolume,
} from '../../domain/workflows/hourly-backup.ts';
import type { DatabaseSnapshot, DatabaseSnapshots } from '../ports/database-snapshots.ts';
import type { RecoverySetRecords } from '../ports/recovery-sets.ts';
import type { StoredObjects } from '../ports/stored-objects.ts';
import type { BackupPorts } from './ports.ts';
import { callsAtATime, sideBySide } from './side-by-side.ts';
import { isOfSet, tagsOf } from './snapshots.ts';

export interface ClosePorts extends Pick<BackupPorts, 'environment' | 'region' | 'settings' | 'clock'> {
  readonly snapshots: DatabaseSnapshots;
  readonly records: RecoverySetRecords;
  readonly objects: Pick<StoredObjects, 'read'>;
}

type Ending<Of extends CloseRecoverySetInput['ending']> = Extract<CloseRecoverySetInput, { ending: Of }>;
type Member = RecoverySet['databases'][number];

/**
 * Writes how a set ended; written before, it is the same. `complete` looks at every member once more and throws MembersMissing where one is gone;
 * `verified` writes the other region's record first, so that a record there always has its copy; `failed` keeps what was complete before.
 */
export async function closeRecoverySet(
  input: CloseRecoverySetInput,
  ports: ClosePorts,
): Promise<CloseRecoverySetOutput> {
  if (input.ending === 'complete') return closeAsComplete(input, ports);
  if (input.ending === 'verified') return closeAsVerified(input, ports);
  return closeAsFailed(input, ports);
}

async function closeAsComplete(
  { setId, databases, parts }: Ending<'complete'>,
  ports: ClosePorts,
): Promise<CloseRecoverySetOutput> {
  const found = await sideBySide(databases, callsAtATime, (database) => memberOf(setId, database, ports));
  const { volumes, absent, clusterState } = parts;
  const versions = await versionsOf(parts.configuration.key, ports);
  const missing = found.flatMap((one) => (typeof one === 'string' ? [one] : []));
  if (!versions) missing.push('the configuration');
  if (missing.length > 0) throw new MembersMissing(setId, missing);
  const taken = found.filter((one) => typeof one !== 'string');
  await sideBySide(taken, callsAtATime, ({ snapshot, member }) =>
    ports.snapshots.tag(
      ports.region,
      snapshot.identifier,
      tagsOf(ports.environment, setId, member.database, 'complete'),
    ),
  );
  const completedAt = ports.clock.now().toISOString();
  const record = await ports.records.change(ports.region, setId, (before) => {
    if (before.state === 'failed' || before.state === 'deleting') return undefined;
    const copy = before.copies[ports.region];
    const key = taken[0]?.snapshot.key ?? copy?.key ?? '';
    return {
      ...before,
      state: before.state === 'taking' ? 'complete' : before.state,
      completedAt: before.completedAt ?? completedAt,
      databases: taken.map(({ member }) => member),
      volumes: volumes.map(({ store, replica, gibibytes }) => ({ store, replica, gibibytes })),
      ...(absent.length > 0 ? { absent } : {}),
      ...(clusterState ? { clusterState } : {}),
      ...versions,
      copies: {
        ...before.copies,
        [ports.region]: { state: 'whole', key, databases: namesOf(setId, databases), volumes: idsOf(volumes) },
      },
    };
  });
  if (record?.state === 'failed' || record?.state === 'deleting' || !record) {
    throw new MembersMissing(setId, [`its record, which is ${record?.state ?? 'gone'}`]);
  }
  return { setId, state: record.state };
}

/** What record-versions wrote, as it stands: a delivery that it made twice may have written later. Undefined: it is gone. */
async function versionsOf(
  key: string,
  { environment, region, settings, objects }: ClosePorts,
): Promise<Required<Pick<RecoverySet, 'images' | 'secrets' | 'configuration'>> | undefined> {
  const body = await objects.read({ bucket: backupBucketName(environment, settings.account, region, 'sets'), key });
  if (!body) return undefined;
  const { images, secrets } = recordedVersions.parse(JSON.parse(Buffer.from(body).toString('utf8')));
  return { images, secrets, configuration: { key, bytes: body.byteLength, sha256: sha256Of(body) } };
}

/** What of a database stands for the set, or what of it is missing. */
async function memberOf(
  setId: string,
  database: string,
  { environment, region, settings, snapshots, objects }: ClosePorts,
): Promise<{ readonly member: Member; readonly snapshot: DatabaseSnapshot } | string> {
  const snapshot = await snapshots.find(region, databaseSnapshotName(setId, database));
  if (snapshot?.status !== 'available' || !isOfSet(snapshot, environment, setId, database)) {
    return `the snapshot of ${database}`;
  }
  const key = recoverySetKeys.manifest(setId, database);
  const body = await objects.read({ bucket: backupBucketName(environment, settings.account, region, 'sets'), key });
  if (!body) return `the manifest of ${database}`;
  const { schemaVersion } = manifest.parse(JSON.parse(Buffer.from(body).toString('utf8')));
  const source = await snapshots.source(region, databaseInstanceName(environment, database));
  const sha256 = sha256Of(body);
  const { engine, engineVersion, gibibytes } = snapshot;
  return {
    snapshot,
    member: {
      database,
      engine,
      engineVersion,
      instanceClass: source?.instanceClass ?? '',
      gibibytes,
      schemaVersion,
      manifest: { key, bytes: body.byteLength, sha256 },
    },
  };
}

function sha256Of(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

async function closeAsVerified(
  { setId, copy }: Ending<'verified'>,
  ports: ClosePorts,
): Promise<CloseRecoverySetOutput> {
  const record = await ports.records.find(ports.region, setId);
  if (!record) throw new MembersMissing(setId, ['its record, which is gone']);
  const databases = record.databases.map(({ database }) => database);
  await sideBySide(databases, callsAtATime, (database) =>
    ports.snapshots.tag(
      copy.region,
      databaseSnapshotName(setId, database),
      tagsOf(ports.environment, setId, database, 'complete'),
    ),
  );
  const verifiedAt = ports.clock.now().toISOString();
  const verified = (before: RecoverySet): RecoverySet | undefined =>
    before.state === 'deleting' || before.state === 'failed'
      ? undefined
      : {
          ...before,
          state: 'verified',
          copies: {
            ...before.copies,
            [copy.region]: {
              state: 'verified',
              key: copy.key,
              databases: namesOf(setId, databases),
              volumes: idsOf(copy.volumes),
              verifiedAt: before.copies[copy.region]?.verifiedAt ?? verifiedAt,
            },
          },
        };
  // What is in use here is not in use there.
  const there = verified({ ...record, inUse: [] });
  if (there) await ports.records.begin(copy.region, there);
  const here = await ports.records.change(ports.region, setId, verified);
  return { setId, state: here?.state ?? 'verified' };
}

async function closeAsFailed(
  { setId, failure }: Ending<'failed'>,
  { region, settings, records }: ClosePorts,
): Promise<CloseRecoverySetOutput> {
  const other = settings.regions.find((each) => each !== region);
  const record = await records.change(region, setId, (before) => {
    const text = `${failure.error}: ${failure.reason}`;
    if (before.state === 'taking') return { ...before, state: 'failed', failure: text };
    if (before.state !== 'complete' || other === undefined) return { ...before, failure: text };
    const copy = { state: 'failed' as const, key: '', databases: {}, volumes: {} };
    return { ...before, failure: text, copies: { ...before.copies, [other]: before.copies[other] ?? copy } };
  });
  return { setId, state: record?.state ?? 'failed' };
}

function namesOf(setId: string, databases: readonly string[]): Record<string, string> {
  return Object.fromEntries(databases.map((database) => [database, databaseSnapshotName(setId, database)]));
}

function idsOf(volumes: readonly TakenVolume[]): Record<string, string> {
  return Object.fromEntries(volumes.map(({ store, replica, snapshot }) => [`${store}/${replica}`, snapshot]));
}
