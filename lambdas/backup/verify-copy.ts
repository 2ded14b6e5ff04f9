import { backupBucketName, backupsKeyParameterName } from '../../domain/backups.ts';
import { CopyNotVerified } from '../../domain/errors.ts';
import { databaseSnapshotName, type RecoverySet, type storedObject } from '../../domain/recovery-set.ts';
import type { TakenVolume, VerifiedCopy, VerifyCopyInput } from '../../domain/workflows/hourly-backup.ts';
import type { StandbyParameters } from '../ports/aws.ts';
import type { DatabaseSnapshot, DatabaseSnapshots } from '../ports/database-snapshots.ts';
import type { RecoverySetRecords } from '../ports/recovery-sets.ts';
import type { StoredObjects } from '../ports/stored-objects.ts';
import type { VolumeSnapshots } from '../ports/volume-snapshots.ts';
import type { BackupPorts } from './ports.ts';
import { callsAtATime, sideBySide } from './side-by-side.ts';
import { isOfSet } from './snapshots.ts';
import { requireRightOfWay } from './way.ts';

export interface VerifyPorts extends BackupPorts {
  readonly snapshots: DatabaseSnapshots;
  readonly volumes: Pick<VolumeSnapshots, 'list'>;
  readonly records: RecoverySetRecords;
  readonly otherParameters: Pick<StandbyParameters, 'read'>;
  /** Of the region that the copy stands in. */
  readonly objects: (region: string) => Pick<StoredObjects, 'digestOf'>;
}

/**
 * Whether the copy is what was taken: each snapshot available, under the region's key, with the set's tags and the size and version of its source;
 * each object with the checksum of the record. Throws BackupGaveWay, CopyNotVerified with what differs.
 */
export async function verifyCopy(
  { setId, region, volumes }: VerifyCopyInput,
  ports: VerifyPorts,
): Promise<VerifiedCopy> {
  await requireRightOfWay(setId, ports);
  const record = await ports.records.find(ports.region, setId);
  if (!record) throw new CopyNotVerified(setId, region, [`${ports.region} has no record of it`]);
  const key = await ports.otherParameters.read(region, backupsKeyParameterName(ports.environment));
  if (key === undefined) throw new CopyNotVerified(setId, region, ['the region names no key of backups']);
  const differences = [
    ...(await databaseDifferences(record, region, key, ports)),
    ...(await volumeDifferences(record, region, key, volumes, ports)),
    ...(await objectDifferences(record, region, ports)),
  ];
  if (differences.length > 0) throw new CopyNotVerified(setId, region, differences);
  return { region, key, volumes };
}

async function databaseDifferences(
  record: RecoverySet,
  region: string,
  key: string,
  { environment, snapshots }: VerifyPorts,
): Promise<string[]> {
  const found = await sideBySide(record.databases, callsAtATime, async (member) => {
    const name = databaseSnapshotName(record.setId, member.database);
    const copy = await snapshots.find(region, name);
    if (!copy) return [`${name} is missing`];
    return snapshotDifferences(copy, key, member).concat(
      isOfSet(copy, environment, record.setId, member.database) ? [] : [`${name} lacks the tags of the set`],
    );
  });
  return found.flat();
}

function snapshotDifferences(copy: DatabaseSnapshot, key: string, member: RecoverySet['databases'][number]): string[] {
  const { identifier, status, gibibytes, engine, engineVersion } = copy;
  return [
    ...(status === 'available' ? [] : [`${identifier} is ${status}`]),
    ...(copy.key === key ? [] : [`${identifier} is under ${copy.key ?? 'no key'}, not ${key}`]),
    ...(gibibytes === member.gibibytes ? [] : [`${identifier} has ${gibibytes} GiB, not ${member.gibibytes}`]),
    ...(engine === member.engine && engineVersion === member.engineVersion
      ? []
      : [`${identifier} is of ${engine} ${engineVersion}, not ${member.engine} ${member.engineVersion}`]),
  ];
}

async function volumeDifferences(
  record: RecoverySet,
  region: string,
  key: string,
  copied: readonly TakenVolume[],
  ports: VerifyPorts,
): Promise<string[]> {
  if (record.volumes.length === 0) return [];
  const found = new Map(
    (await ports.volumes.list(region, ports.environment, record.setId)).map((one) => [one.snapshotId, one]),
  );
  return record.volumes.flatMap(({ store, replica, gibibytes }) => {
    const name = `${store}/${replica}`;
    const id = copied.find((one) => one.store === store && one.replica === replica)?.snapshot ?? '';
    const snapshot = found.get(id);
    if (!snapshot || snapshot.member !== name) return [`volume ${name} is missing`];
    return [
      ...(snapshot.state === 'completed' ? [] : [`volume ${name} is ${snapshot.state}`]),
      ...(snapshot.encryptionKey === key ? [] : [`volume ${name} is under ${snapshot.encryptionKey}, not ${key}`]),
      ...(snapshot.gibibytes === gibibytes ? [] : [`volume ${name} has ${snapshot.gibibytes} GiB, not ${gibibytes}`]),
    ];
  });
}

async function objectDifferences(record: RecoverySet, region: string, ports: VerifyPorts): Promise<string[]> {
  const { clusterState, configuration, databases } = record;
  const bucket = backupBucketName(ports.environment, ports.settings.account, region, 'sets');
  const objects: (typeof storedObject)['_output'][] = [
    ...databases.map(({ manifest }) => manifest),
    ...(clusterState ? [clusterState] : []),
    ...(configuration ? [configuration] : []),
  ];
  const stored = ports.objects(region);
  const found = await sideBySide(objects, callsAtATime, async ({ key, sha256, bytes }) => {
    const digest = await stored.digestOf({ bucket, key });
    if (!digest) return [`${key} is missing`];
    return digest.sha256 === sha256 && digest.bytes === bytes ? [] : [`${key} has other content`];
  });
  return found.flat();
}
