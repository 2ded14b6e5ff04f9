import { backupBucketName } from '../../domain/backups.ts';
import { CopyNotVerified, MembersMissing } from '../../domain/errors.ts';
import { type RecoverySet, recoverySetKeys } from '../../domain/recovery-set.ts';
import type { RecoverySetRecords } from '../ports/recovery-sets.ts';
import type { StoredObjects } from '../ports/stored-objects.ts';
import type { BackupPorts } from './ports.ts';
import { callsAtATime, sideBySide } from './side-by-side.ts';
import { requireRightOfWay } from './way.ts';

export interface CopyObjectsPorts extends BackupPorts {
  readonly records: RecoverySetRecords;
  readonly objects: (region: string) => StoredObjects;
  keyOf(region: string): Promise<string>;
}

export interface CopyObjectsOutput {
  readonly objects: number;
}

/**
 * Brings a set's objects into the other region's bucket, under that region's key. What the record names is checked by verify-copy; the day's
 * index of application data, which no record names, here. Throws MembersMissing, CopyNotVerified, BackupGaveWay, AwsUnavailable, AwsRefused.
 */
export async function copyObjects(
  { setId, region }: { readonly setId: string; readonly region: string },
  ports: CopyObjectsPorts,
): Promise<CopyObjectsOutput> {
  const { environment, settings } = ports;
  await requireRightOfWay(setId, ports);
  const from = backupBucketName(environment, settings.account, ports.region, 'sets');
  const to = backupBucketName(environment, settings.account, region, 'sets');
  const record = await ports.records.find(ports.region, setId);
  if (!record) throw new MembersMissing(setId, ['its record']);
  const encryptionKey = await ports.keyOf(region);
  const there = ports.objects(region);
  const copy = (key: string) => there.copy({ from: { bucket: from, key }, to: { bucket: to, key }, encryptionKey });
  const keys = keysOf(record);
  await sideBySide(keys, callsAtATime, copy);
  const index = recoverySetKeys.applicationData(setId);
  const source = await ports.objects(ports.region).digestOf({ bucket: from, key: index });
  if (!source) return { objects: keys.length };
  await copy(index);
  const copied = await there.digestOf({ bucket: to, key: index });
  if (copied?.sha256 !== source.sha256) throw new CopyNotVerified(setId, region, [`${index} has other content`]);
  return { objects: keys.length + 1 };
}

function keysOf({ databases, clusterState, configuration }: RecoverySet): readonly string[] {
  return [
    ...databases.map(({ manifest }) => manifest.key),
    ...(clusterState ? [clusterState.key] : []),
    ...(configuration ? [configuration.key] : []),
  ];
}
