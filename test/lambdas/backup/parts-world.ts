import { createHash } from 'node:crypto';
import type { BackupSettings } from '../../../domain/backups.ts';
import type { InterlockClaim } from '../../../domain/interlock.ts';
import type { RecoverySet } from '../../../domain/recovery-set.ts';
import type { RecoverySetRecords } from '../../../lambdas/ports/recovery-sets.ts';
import type { ObjectDigest, ObjectPlace, StoredObjects } from '../../../lambdas/ports/stored-objects.ts';

export const account = '111111111111';
export const home = 'us-east-1';
export const other = 'us-west-2';
export const setId = 'aeon-20261121t1000z';
export const dueAt = Date.UTC(2026, 10, 21, 10);

export const settings: BackupSettings = {
  account,
  regions: [home, other],
  everyMinutes: 60,
  startsAtUtc: '00:00',
  fullDailyAtUtc: '03:00',
  copiedToStandby: true,
  copyEvery: 1,
  keep: { hourly: 48, daily: 30, weekly: 0, monthly: 0 },
  manualSnapshotQuota: 100,
  volumes: [{ store: 'graph', purpose: 'graph', replicas: 2, everyMinutes: 60, retentionDays: 1 }],
  clusterState: { everyMinutes: 60, gigabytesMax: 10 },
  applicationData: { everyMinutes: 1440, includes: ['configuration', 'secrets', 'ontologies', 'user-data'] },
  archiveYears: 7,
};

export const record: RecoverySet = {
  setId,
  environment: 'aeon',
  dueAt: '2026-11-21T10:00:00.000Z',
  startedAt: '2026-11-21T10:00:01.000Z',
  execution: 'arn:run',
  state: 'complete',
  databases: [],
  volumes: [],
  images: [],
  secrets: [],
  copies: {},
  proven: [],
  inUse: [],
};

export function keyArn(region: string): string {
  return `arn:aws:kms:${region}:${account}:key/sets`;
}

/** What every task asks, with a clock and an interlock that the test sets. */
export function base(now = dueAt + 60_000) {
  const state = { now, reigns: home, claims: [] as InterlockClaim[] };
  return {
    state,
    environment: 'aeon',
    region: home,
    settings,
    clock: { now: () => new Date(state.now) },
    reign: { current: async () => ({ epoch: 1, primary: state.reigns }) },
    interlocks: new Map([[home, { list: async () => state.claims }]]),
    keyOf: async (region: string) => keyArn(region),
  };
}

/** Records by region and id; what a test does not ask for is not there. */
export function memoryRecords(...sets: readonly RecoverySet[]): RecoverySetRecords {
  const found = new Map(sets.map((set) => [set.setId, set]));
  return {
    find: async (_region: string, id: string) => found.get(id),
    entries: async () => [...found.values()].map((set) => ({ ...set, databases: [] })),
  } as unknown as RecoverySetRecords;
}

interface Kept {
  readonly body: Uint8Array;
  readonly encryptionKey: string;
  readonly lockedUntil?: Date | undefined;
}

/** Buckets of all regions, by `bucket/key`. A copy of what is not there fails as S3's does. */
export function memoryObjects(kept = new Map<string, Kept>()) {
  const at = ({ bucket, key }: ObjectPlace) => `${bucket}/${key}`;
  const digest = (body: Uint8Array): ObjectDigest => ({
    bytes: body.byteLength,
    sha256: createHash('sha256').update(body).digest('hex'),
  });
  const put = async (to: ObjectPlace, body: Uint8Array, encryptionKey: string) => {
    kept.set(at(to), { body, encryptionKey });
    return digest(body);
  };
  const objects: StoredObjects = {
    put,
    upload: (to, encryptionKey) => {
      const pieces: Uint8Array[] = [];
      return {
        write: async (piece) => void pieces.push(piece),
        end: () => put(to, Buffer.concat(pieces), encryptionKey),
        abort: async () => void pieces.splice(0),
      };
    },
    read: async (from) => kept.get(at(from))?.body,
    digestOf: async (of) => {
      const found = kept.get(at(of));
      return found && digest(found.body);
    },
    copy: async ({ from, to, encryptionKey, lockedUntil }) => {
      const found = kept.get(at(from));
      if (!found) throw new Error(`no ${at(from)}`);
      kept.set(at(to), { body: found.body, encryptionKey, lockedUntil });
    },
    list: async (bucket, prefix, afterKey = '') =>
      [...kept]
        .map(([place, { body }]) => ({ key: place.slice(bucket.length + 1), bytes: body.byteLength, place }))
        .filter(({ key, place }) => place.startsWith(`${bucket}/`) && key.startsWith(prefix) && key > afterKey)
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .slice(0, 3)
        .map(({ key, bytes }) => ({ key, bytes })),
  };
  return { kept, objects };
}
