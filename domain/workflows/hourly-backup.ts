import * as z from 'zod';
import { manifest } from '../manifest.ts';
import { recoverySet, storedObject } from '../recovery-set.ts';
import { execution } from './shared.ts';

/*
 * hourly-backup, in this order:
 *
 *   begin-recovery-set → thin-snapshots (own region)
 *   → beside each other: databases (Distributed Map: read-manifest, create-database-snapshot, look-at-database-snapshot …, close-manifest),
 *     create-volume-snapshots and look-at-volume-snapshots …, export-cluster-state, record-versions
 *   → close-recovery-set `complete`
 *   → where the set is copied: thin-snapshots (other region), then beside each other: databases (Distributed Map: copy-database-snapshot,
 *     look-at-copied-snapshot …), copy-volume-snapshots and look-at-copied-volumes …, copy-objects → verify-copy → close-recovery-set `verified`
 *   → where it is full: databases (Distributed Map: start-export, look-at-export …, archive-export …)
 *
 * Every task gets `setId` and the execution of the whole run (never a Map's child). What made something waits for it by a look, so that
 * a task is short; a look answers how long to wait. A failure is thrown; the run closes the set as `failed` with its name and reason.
 * Every task that makes or looks throws BackupGaveWay once a failover has begun or the region does not reign any more.
 */

/** The scheduler gives its scheduled time, a person nothing: then the minute before now that was due. */
export const hourlyBackupRequest = z.strictObject({ dueAt: z.iso.datetime().optional() });
export type HourlyBackupRequest = z.infer<typeof hourlyBackupRequest>;

const named = z.strictObject({ setId: z.string(), execution });
const inRegion = named.extend({ region: z.string() });
const ofDatabase = named.extend({ database: z.string() });
const volumeOf = z.strictObject({ store: z.string(), replica: z.int().min(0) });

/**
 * begin-recovery-set: asks the reign, writes the record `taking`, or finds it. `go`: take it. `idle`: nothing to do here, with the reason
 * (the region does not reign; another run has made or makes it). `yield`: a failover is on; the record says so.
 */
export const beginRecoverySetInput = z.strictObject({ input: z.unknown(), startedAt: z.iso.datetime(), execution });
export type BeginRecoverySetInput = z.infer<typeof beginRecoverySetInput>;
export interface BeginRecoverySetOutput {
  readonly verdict: 'go' | 'idle' | 'yield';
  readonly reason: string;
  readonly setId: string;
  readonly region: string;
  readonly databases: readonly string[];
  readonly volumes: readonly z.infer<typeof volumeOf>[];
  readonly clusterState: boolean;
  readonly applicationData: boolean;
  readonly copyTo: string | null;
  readonly full: boolean;
}

/** thin-snapshots, in a region, before `snapshots` are made there. Throws SnapshotQuotaReached where no thinning makes room. */
export const thinSnapshotsInput = inRegion.extend({ snapshots: z.int().min(0) });
export type ThinSnapshotsInput = z.infer<typeof thinSnapshotsInput>;
export interface ThinSnapshotsOutput {
  readonly deleted: number;
  /** The first twenty, with why. */
  readonly lines: readonly string[];
  /** Deletions that have to be gone before there is room: wait so long and thin again; 0: there is room. */
  readonly waitSeconds: number;
}

/**
 * read-manifest: `before` with the marker, in one transaction. close-manifest: `after`, a minute after the snapshot is available. `unread`:
 * tables that are in no reading, for want of time or of a right.
 */
export const readManifestInput = ofDatabase.extend({ full: z.boolean() });
export const closeManifestInput = ofDatabase;
export const manifestOutput = z.strictObject({ key: z.string(), sha256: z.string(), tables: z.int(), unread: z.int() });
export type ManifestOutput = z.infer<typeof manifestOutput>;
export const readManifest = manifest.omit({ after: true });
export type ReadManifest = z.infer<typeof readManifest>;

/** How something under way stands, and how long to wait for the next look (`ready`: before what comes next). Failed: thrown. */
export const snapshotState = z.strictObject({
  state: z.enum(['waiting', 'ready']),
  reason: z.string(),
  waitSeconds: z.int().min(0),
});
export type SnapshotState = z.infer<typeof snapshotState>;

/**
 * create-database-snapshot and look-at-database-snapshot, `region` the own one; copy-database-snapshot and look-at-copied-snapshot, `region`
 * the one copied to. All answer a SnapshotState. `full`-day exports likewise: start-export and look-at-export.
 */
export const databaseSnapshotInput = ofDatabase.extend({ region: z.string() });
export type DatabaseSnapshotInput = z.infer<typeof databaseSnapshotInput>;

/** archive-export: copies as much of an export as fits its time; `waiting`: deliver it again. */
export const archiveExportInput = databaseSnapshotInput;

/**
 * create-volume-snapshots and look-at-volume-snapshots: all volumes of the set at once, in the own region. copy-volume-snapshots and
 * look-at-copied-volumes: in `region`, from where the set was taken.
 */
export const volumeSnapshotsInput = inRegion.extend({ volumes: z.array(volumeOf) });
export const takenVolume = volumeOf.extend({ gibibytes: z.int(), snapshot: z.string() });
export type TakenVolume = z.infer<typeof takenVolume>;
export const copyVolumesInput = inRegion.extend({ volumes: z.array(takenVolume) });
export interface VolumeSnapshotsOutput extends SnapshotState {
  /** Snapshot ids of the region looked at. */
  readonly volumes: readonly TakenVolume[];
  /** `<store>/<replica>` of stores that a region which took over does not have. */
  readonly absent: readonly string[];
}

/** export-cluster-state. Throws ClusterStateTooLarge. */
export const exportClusterStateInput = named;
export interface ExportClusterStateOutput {
  readonly clusterState: z.infer<typeof storedObject>;
}

/**
 * record-versions: images that run, version ids of secrets and the configuration, in one object (`recordedVersions`): a thousand databases have three
 * thousand secrets, and their ids pass the 256 KB of a state. Once a day the index of application data as well.
 */
export const recordVersionsInput = named.extend({ applicationData: z.boolean() });
export const recordVersionsOutput = z.strictObject({ configuration: storedObject });
export const recordedVersions = z.strictObject({
  setId: z.string(),
  images: recoverySet.shape.images,
  secrets: recoverySet.shape.secrets,
  parameters: z.record(z.string(), z.string()),
});
export type RecordedVersions = z.infer<typeof recordedVersions>;
export type RecordVersionsOutput = z.infer<typeof recordVersionsOutput>;

/** copy-objects: everything of the set in the bucket of sets, to the other region's. */
export const copyObjectsInput = inRegion;
/** verify-copy: snapshots by status, key, tags and size, objects by checksum. Throws CopyNotVerified. */
export const verifyCopyInput = inRegion.extend({ volumes: z.array(takenVolume) });
export type VerifyCopyInput = z.infer<typeof verifyCopyInput>;
export const verifiedCopy = z.strictObject({ region: z.string(), key: z.string(), volumes: z.array(takenVolume) });
export type VerifiedCopy = z.infer<typeof verifiedCopy>;

/** What the tasks beside each other found, as `close-recovery-set` writes it into the record. */
const takenParts = recordVersionsOutput.extend({
  volumes: z.array(takenVolume),
  absent: z.array(z.string()),
  clusterState: storedObject.nullable(),
});

/**
 * close-recovery-set: `complete` with what was taken; `verified` with the copy, its record written in that region first; `failed` with why.
 * A set that was complete stays so when its copy or its export fails; the record says why.
 */
export const closeRecoverySetInput = z.discriminatedUnion('ending', [
  named.extend({ ending: z.literal('complete'), databases: z.array(z.string()), parts: takenParts }),
  named.extend({ ending: z.literal('verified'), copy: verifiedCopy }),
  named.extend({ ending: z.literal('failed'), failure: z.strictObject({ error: z.string(), reason: z.string() }) }),
]);
export type CloseRecoverySetInput = z.infer<typeof closeRecoverySetInput>;
export interface CloseRecoverySetOutput {
  readonly setId: string;
  readonly state: z.infer<typeof recoverySet>['state'];
}
