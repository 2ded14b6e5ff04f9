import { gzipSync } from 'node:zlib';
import { backupBucketName, duePartsOf } from '../../domain/backups.ts';
import { parseRecoverySetId, recoverySetKeys } from '../../domain/recovery-set.ts';
import type { RecordedVersions, RecordVersionsOutput } from '../../domain/workflows/hourly-backup.ts';
import type { Parameters } from '../ports/aws.ts';
import type { ClusterState, RunningImage } from '../ports/cluster-state.ts';
import type { SecretIndex } from '../ports/secret-index.ts';
import type { StoredObjects } from '../ports/stored-objects.ts';
import type { BackupPorts } from './ports.ts';
import { requireRightOfWay } from './way.ts';

export interface VersionsPorts extends BackupPorts {
  readonly cluster: ClusterState;
  readonly parameters: Parameters;
  readonly secrets: SecretIndex;
  readonly objects: StoredObjects;
  keyOf(region: string): Promise<string>;
}

/**
 * Writes down what belongs to the set's minute beside its stores: images that run, the ids of the secrets' current versions, and the platform's
 * parameters, in one object. `applicationData`: writes the day's index of it as well. No value of a secret is read.
 * Throws BackupGaveWay, ClusterUnavailable, ClusterRefused, AwsUnavailable, AwsRefused.
 */
export async function recordVersions(
  { setId, applicationData }: { readonly setId: string; readonly applicationData: boolean },
  ports: VersionsPorts,
): Promise<RecordVersionsOutput> {
  const { environment, region, settings, cluster, objects } = ports;
  await requireRightOfWay(setId, ports);
  const tags = await cluster.releaseTags(environment);
  const running = (await cluster.runningImages(environment)).map((image) => imageOf(image, tags));
  const images = running.toSorted(byReference);
  const versions = await ports.secrets.currentVersions(`mainstay/${environment}/`);
  const secrets = sorted(versions).map(([secret, versionId]) => ({ secret, versionId }));
  const parameters = Object.fromEntries(sorted(await ports.parameters.readUnder(`/mainstay/${environment}`)));
  const recorded: RecordedVersions = { setId, images, secrets, parameters };
  const bucket = backupBucketName(environment, settings.account, region, 'sets');
  const encryptionKey = await ports.keyOf(region);
  const key = recoverySetKeys.configuration(setId);
  const configuration = await objects.put({ bucket, key }, json(recorded), encryptionKey);
  if (applicationData) {
    const index = { setId, parts: applicationParts(setId, ports, { parameters, secrets }) };
    const place = { bucket, key: recoverySetKeys.applicationData(setId) };
    await objects.put(place, gzipSync(json(index)), encryptionKey);
  }
  return { configuration: { key, ...configuration } };
}

/** `111111111111.dkr.ecr.us-east-1.amazonaws.com/aeon/aeon-dt-api@sha256:…` is `aeon/aeon-dt-api`: each region has its own copy. */
const reference = /^(?:\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\/)?(.+?)(?::([^:@/]+))?(?:@sha256:[0-9a-f]{64})?$/;

type Image = RecordedVersions['images'][number];

function imageOf({ reference: text, digest }: RunningImage, tags: ReadonlyMap<string, string>): Image {
  const [, repository = text, tag = ''] = reference.exec(text) ?? [];
  return { repository, digest, tag: tags.get(digest) ?? tag };
}

function byReference(a: Image, b: Image): number {
  return `${a.repository}@${a.digest}` < `${b.repository}@${b.digest}` ? -1 : 1;
}

/**
 * Where each part of the application's data is in this set: in itself, or as a member. A set of each day is kept longer than its index, so that
 * what it points to is there (the rule `applicationDataIsHeld`).
 */
function applicationParts(
  setId: string,
  { environment, settings }: BackupPorts,
  { parameters, secrets }: { readonly parameters: object; readonly secrets: readonly object[] },
): readonly object[] {
  const volumesFor = (purpose: string) =>
    settings.volumes
      .filter((volume) => volume.purpose === purpose)
      .flatMap(({ store, replicas }) => Array.from({ length: replicas }, (_, replica) => `volume ${store}/${replica}`));
  const { clusterState } = duePartsOf(environment, settings, parseRecoverySetId(setId)?.dueAt ?? 0);
  const places: Readonly<Record<string, object>> = {
    // The services' own stands in their ConfigMaps.
    configuration: { parameters, ...(clusterState ? { object: recoverySetKeys.clusterState(setId) } : {}) },
    secrets: { versions: secrets },
    'user-data': { members: ['every database of the set'] },
    ontologies: { members: volumesFor('graph') },
    'event-streams': { members: volumesFor('queue') },
  };
  return (settings.applicationData?.includes ?? []).map((part) => ({ part, ...places[part] }));
}

function sorted(entries: ReadonlyMap<string, string>): [string, string][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

function json(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
