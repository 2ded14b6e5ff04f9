import { createHash } from 'node:crypto';
import { type BackupSettings, backupBucketName, backupsKeyParameterName } from '../../../domain/backups.ts';
import { AwsUnavailable } from '../../../domain/errors.ts';
import type { Manifest } from '../../../domain/manifest.ts';
import { recoverySetKeys } from '../../../domain/recovery-set.ts';
import { firstReign, type Reign } from '../../../domain/reign.ts';
import type { RecordedVersions, TakenVolume } from '../../../domain/workflows/hourly-backup.ts';
import type { Interlock } from '../../../lambdas/ports/interlock.ts';
import type { VolumeSnapshot } from '../../../lambdas/ports/volume-snapshots.ts';
import { MemoryInterlock } from '../memory-interlock.ts';
import { MemoryRecords } from './memory-records.ts';
import { MemorySnapshots } from './memory-snapshots.ts';

export const here = 'us-east-1';
export const there = 'us-west-2';
export const setId = 'aeon-20261121t0100z';
export const dueAt = Date.UTC(2026, 10, 21, 1);
export const execution = {
  name: 'one',
  arn: `arn:aws:states:${here}:111111111111:execution:mainstay-aeon-hourly-backup:one`,
};
export const run = { setId, execution };

export const settings: BackupSettings = {
  account: '111111111111',
  regions: [here, there],
  everyMinutes: 60,
  startsAtUtc: '00:00',
  fullDailyAtUtc: '03:00',
  copiedToStandby: true,
  copyEvery: 1,
  keep: { hourly: 4, daily: 2, weekly: 0, monthly: 0 },
  manualSnapshotQuota: 100,
  volumes: [{ store: 'graph', purpose: 'graph', replicas: 1, everyMinutes: 60, retentionDays: 30 }],
  clusterState: { everyMinutes: 60, gigabytesMax: 10 },
  archiveYears: 7,
};

export const versions = {
  images: [{ repository: 'aeon/aeon-dt-api', digest: `sha256:${'1'.repeat(64)}`, tag: 'v1.0.0' }],
  secrets: [{ secret: 'mainstay/aeon/secrets/password', versionId: 'v1' }],
};

/** Two regions, and everything that the tasks of the set itself ask. */
export class RecoverySetsWorld {
  now = dueAt + 5_000;
  readonly clock = { now: () => new Date(this.now) };
  readonly environment = 'aeon';
  readonly region = here;
  settings = settings;
  reigns: Reign = firstReign(here);
  readonly reign = { current: async () => this.reigns };
  readonly #claims = new Map([here, there].map((region) => [region, new MemoryInterlock(this.clock)]));
  readonly interlocks: Map<string, Pick<Interlock, 'list'>> = new Map(this.#claims);
  readonly snapshots = new MemorySnapshots(this.clock);
  readonly records = new MemoryRecords();
  readonly running = new Set<string>([execution.arn]);
  readonly executions = {
    describe: async (arn: string) => ({ status: this.running.has(arn) ? 'RUNNING' : 'SUCCEEDED', input: '{}' }),
  };
  databases: readonly string[];
  readonly parameters = {
    read: async (name: string) => (name === backupsKeyParameterName('aeon') ? `key-of-sets-${here}` : undefined),
    readUnder: async () => {
      const listed = this.databases.map((name) => ({ name, engine: 'postgres' }));
      return new Map([['/mainstay/aeon/backups/databases/000', JSON.stringify(listed)]]);
    },
  };
  readonly otherParameters = { read: async (region: string) => `key-of-sets-${region}` };
  /** By `bucket/key`. */
  readonly stored = new Map<string, Uint8Array>();
  /** What `volumes.list` answers for the other region. */
  copiedVolumes: VolumeSnapshot[] = [];
  readonly volumes = { list: async () => this.copiedVolumes };

  constructor(databases: readonly string[] = ['main', 'orders']) {
    this.databases = databases;
    for (const database of databases) {
      this.snapshots.addSource(here, `aeon-${database}`);
      this.snapshots.addSource(there, `aeon-${database}`, { replicaOf: `aeon-${database}` });
    }
  }

  async failover(region: string): Promise<void> {
    const claim = { subjects: ['platform' as const], work: 'failover' as const, holder: 'failover-one' };
    await this.#claims.get(region)?.claim({ ...claim, forSeconds: 3600 });
  }

  /** Keeps the interlock of a region from answering. */
  silenceInterlock(region: string): void {
    const list = async (): Promise<never> => {
      throw new AwsUnavailable(`${region} does not answer.`);
    };
    this.interlocks.set(region, { list });
  }

  wait(seconds: number): void {
    this.now += seconds * 1000;
  }

  /** Of the buckets of sets. */
  objects(region: string) {
    const at = ({ bucket, key }: { bucket: string; key: string }) => {
      if (bucket !== bucketOf(region)) throw new RangeError(`${bucket} is not of ${region}.`);
      return this.stored.get(`${bucket}/${key}`);
    };
    return {
      read: async (place: { bucket: string; key: string }) => at(place),
      digestOf: async (place: { bucket: string; key: string }) => {
        const body = at(place);
        return body && digestOf(body);
      },
    };
  }

  put(region: string, key: string, body: string): { key: string; bytes: number; sha256: string } {
    const bytes = Buffer.from(body);
    this.stored.set(`${bucketOf(region)}/${key}`, bytes);
    return { key, ...digestOf(bytes) };
  }

  /** As read-manifest and close-manifest leave it. */
  putManifest(of: string, database: string): void {
    const schemaVersion = '7';
    const manifest: Manifest = {
      version: 1,
      setId: of,
      environment: 'aeon',
      database,
      schemaVersion,
      logPosition: '16/B374D848',
      before: { tables: {}, counters: {}, objects: {} },
      after: { counters: {}, objects: {}, schemaVersion },
    };
    this.put(here, recoverySetKeys.manifest(of, database), JSON.stringify(manifest));
  }

  /** As record-versions leaves it. */
  putVersions(of: string) {
    const recorded: RecordedVersions = { setId: of, ...versions, parameters: {} };
    return this.put(here, recoverySetKeys.configuration(of), JSON.stringify(recorded));
  }

  /** As copy-objects does. */
  copyObjects(): void {
    for (const [place, body] of [...this.stored]) {
      if (place.startsWith(bucketOf(here))) this.stored.set(place.replace(bucketOf(here), bucketOf(there)), body);
    }
  }

  /** The copy of the one volume of a set. */
  copyVolume(of: string, more: Partial<VolumeSnapshot> = {}): TakenVolume {
    this.copiedVolumes.push({
      snapshotId: 'snap-copy',
      setId: of,
      member: 'graph/0',
      state: 'completed',
      message: '',
      percent: 100,
      startedAt: this.clock.now(),
      gibibytes: 500,
      encryptionKey: `key-of-sets-${there}`,
      ...more,
    });
    return { store: 'graph', replica: 0, gibibytes: 500, snapshot: 'snap-copy' };
  }
}

export const volume: TakenVolume = { store: 'graph', replica: 0, gibibytes: 500, snapshot: 'snap-1' };

function bucketOf(region: string): string {
  return backupBucketName('aeon', '111111111111', region, 'sets');
}

function digestOf(body: Uint8Array): { bytes: number; sha256: string } {
  return { bytes: body.byteLength, sha256: createHash('sha256').update(body).digest('hex') };
}
