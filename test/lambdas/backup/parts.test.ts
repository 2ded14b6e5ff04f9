import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { backupMetrics } from '../../../domain/backup-watch.ts';
import { copyObjects } from '../../../lambdas/backup/copy-objects.ts';
import { exportClusterState } from '../../../lambdas/backup/export-cluster-state.ts';
import { archiveExport, lookAtExport, startExport } from '../../../lambdas/backup/exports.ts';
import { recordVersions } from '../../../lambdas/backup/record-versions.ts';
import { watchBackups } from '../../../lambdas/backup/watch-backups.ts';
import type { ClusterState } from '../../../lambdas/ports/cluster-state.ts';
import type { KubernetesObject } from '../../../lambdas/ports/object-cluster.ts';
import type { SnapshotExport, SnapshotExports } from '../../../lambdas/ports/snapshot-exports.ts';
import {
  account,
  base,
  dueAt,
  home,
  keyArn,
  memoryObjects,
  memoryRecords,
  other,
  record,
  setId,
  settings,
} from './parts-world.ts';

const sets = `mainstay-aeon-sets-${account}-${home}`;
const setsThere = `mainstay-aeon-sets-${account}-${other}`;
const digest = `sha256:${'a'.repeat(64)}`;

function cluster(objects: readonly KubernetesObject[] = []): ClusterState {
  return {
    async *objects() {
      yield objects;
    },
    runningImages: async () => [
      { reference: `${account}.dkr.ecr.${home}.amazonaws.com/aeon/aeon-dt-api@${digest}`, digest },
      { reference: 'neo4j:5.26', digest: `sha256:${'b'.repeat(64)}` },
    ],
    releaseTags: async () => new Map([[digest, 'aeon-dt-api-production-1.0.0-abc']]),
  };
}

const service = (name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'aeon' },
});

describe('cluster state', () => {
  it('is an object a line, compressed, under the key of sets, with what was written said', async () => {
    const { kept, objects } = memoryObjects();
    const { clusterState } = await exportClusterState(setId, {
      ...base(),
      cluster: cluster([service('a'), service('b')]),
      objects,
    });
    const stored = kept.get(`${sets}/cluster-state/${setId}.json.gz`);
    expect(stored?.encryptionKey).toBe(keyArn(home));
    const lines = gunzipSync(stored?.body ?? Buffer.alloc(0))
      .toString()
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => (JSON.parse(line) as KubernetesObject).metadata.name)).toEqual(['a', 'b']);
    expect(clusterState).toMatchObject({ key: `cluster-state/${setId}.json.gz`, bytes: stored?.body.byteLength });
  });

  it('over its limit fails by name and leaves nothing', async () => {
    const { kept, objects } = memoryObjects();
    const small = { ...settings, clusterState: { everyMinutes: 60, gigabytesMax: 0.000_000_001 } };
    const ports = { ...base(), settings: small, cluster: cluster([service('a')]), objects };
    await expect(exportClusterState(setId, ports)).rejects.toMatchObject({ name: 'ClusterStateTooLarge' });
    expect(kept.size).toBe(0);
  });
});

function versionsPorts(kept = memoryObjects()) {
  return {
    ...base(),
    cluster: cluster(),
    objects: kept.objects,
    parameters: {
      read: async () => undefined,
      readUnder: async () =>
        new Map([
          ['/mainstay/aeon/b', '2'],
          ['/mainstay/aeon/a', '1'],
        ]),
    },
    secrets: { currentVersions: async (prefix: string) => new Map([[`${prefix}secrets/jwt`, 'version-1']]) },
  };
}

describe('versions', () => {
  it('are images by digest with their tags, ids of secrets and the parameters, in an object', async () => {
    const kept = memoryObjects();
    const found = await recordVersions({ setId, applicationData: false }, versionsPorts(kept));
    // All that a state carries: the ids of three thousand secrets pass its 256 KB.
    expect(Object.keys(found)).toEqual(['configuration']);
    const stored = kept.kept.get(`${sets}/${found.configuration.key}`);
    expect(JSON.parse(Buffer.from(stored?.body ?? []).toString())).toEqual({
      setId,
      images: [
        { repository: 'aeon/aeon-dt-api', digest, tag: 'aeon-dt-api-production-1.0.0-abc' },
        { repository: 'neo4j', digest: `sha256:${'b'.repeat(64)}`, tag: '5.26' },
      ],
      secrets: [{ secret: 'mainstay/aeon/secrets/jwt', versionId: 'version-1' }],
      parameters: { '/mainstay/aeon/a': '1', '/mainstay/aeon/b': '2' },
    });
    expect([...kept.kept.keys()]).toEqual([`${sets}/configuration/${setId}.json`]);
  });

  it('say once a day where each part of the application data is', async () => {
    const kept = memoryObjects();
    await recordVersions({ setId, applicationData: true }, versionsPorts(kept));
    const stored = kept.kept.get(`${sets}/application-data/${setId}.json.gz`);
    const { parts } = JSON.parse(gunzipSync(stored?.body ?? Buffer.alloc(0)).toString()) as { parts: object[] };
    expect(parts).toEqual([
      {
        part: 'configuration',
        parameters: { '/mainstay/aeon/a': '1', '/mainstay/aeon/b': '2' },
        object: `cluster-state/${setId}.json.gz`,
      },
      { part: 'secrets', versions: [{ secret: 'mainstay/aeon/secrets/jwt', versionId: 'version-1' }] },
      { part: 'ontologies', members: ['volume graph/0', 'volume graph/1'] },
      { part: 'user-data', members: ['every database of the set'] },
    ]);
  });
});

describe('objects of a set', () => {
  const stored = { bytes: 1, sha256: 'x' };
  const whole = {
    ...record,
    clusterState: { key: 'cluster-state/s', ...stored },
    configuration: { key: 'configuration/s', ...stored },
  };

  it("are copied to the other region under its key, twice without harm, and the day's index with them", async () => {
    const { kept, objects } = memoryObjects();
    for (const key of ['cluster-state/s', 'configuration/s', `application-data/${setId}.json.gz`]) {
      await objects.put({ bucket: sets, key }, Buffer.from(key), keyArn(home));
    }
    const ports = { ...base(), records: memoryRecords(whole), objects: () => objects };
    for (const _ of ['once', 'again'])
      expect(await copyObjects({ setId, region: other }, ports)).toEqual({ objects: 3 });
    const there = [...kept].filter(([place]) => place.startsWith(setsThere));
    expect(there.map(([, { encryptionKey }]) => encryptionKey)).toEqual([keyArn(other), keyArn(other), keyArn(other)]);
  });

  it('are refused where the record is gone, and where the index arrives as something else', async () => {
    const { objects } = memoryObjects();
    const ports = { ...base(), records: memoryRecords(), objects: () => objects };
    await expect(copyObjects({ setId, region: other }, ports)).rejects.toMatchObject({ name: 'MembersMissing' });
    const key = `application-data/${setId}.json.gz`;
    await objects.put({ bucket: sets, key }, Buffer.from('index'), 'k');
    const bad = {
      ...objects,
      copy: async () => void (await objects.put({ bucket: setsThere, key }, Buffer.from('other'), 'k')),
    };
    const copied = { ...base(), records: memoryRecords(record), objects: () => bad };
    await expect(copyObjects({ setId, region: other }, copied)).rejects.toMatchObject({ name: 'CopyNotVerified' });
  });
});

describe("the day's full set", () => {
  const input = { setId, database: 'aeon-dt' };
  function world(state?: SnapshotExport) {
    const started: Parameters<SnapshotExports['start']>[0][] = [];
    const exports: SnapshotExports = { start: async (wanted) => void started.push(wanted), find: async () => state };
    const { kept, objects } = memoryObjects();
    return { started, kept, ports: { ...base(), exports, objects }, objects };
  }

  it('is exported under a name of its own, by the role for it', async () => {
    const { started, ports } = world();
    await startExport(input, ports);
    await startExport(input, ports);
    expect(new Set(started.map(({ identifier }) => identifier)).size).toBe(1);
    expect(started[0]?.identifier).toMatch(/^[a-z][a-z0-9-]{1,59}$/);
    expect(started[0]).toMatchObject({
      snapshot: `arn:aws:rds:${home}:${account}:snapshot:mainstay-${setId}-aeon-dt`,
      bucket: `mainstay-aeon-exports-${account}-${home}`,
      prefix: `exports/${setId}/aeon-dt`,
      role: `arn:aws:iam::${account}:role/mainstay-aeon-export-${home}`,
    });
  });

  it('is waited for, and given up where RDS gave it up', async () => {
    const running = world({ status: 'IN_PROGRESS', percent: 40, message: '' });
    expect(await lookAtExport(input, running.ports)).toMatchObject({ state: 'waiting', reason: '40 % are exported' });
    const done = world({ status: 'COMPLETE', percent: 100, message: '' });
    expect(await lookAtExport(input, done.ports)).toMatchObject({ state: 'ready' });
    const failed = world({ status: 'FAILED', percent: 3, message: 'no key' });
    await expect(lookAtExport(input, failed.ports)).rejects.toThrow(/FAILED: no key/);
    await expect(lookAtExport(input, world().ports)).rejects.toMatchObject({ name: 'SnapshotFailed' });
    running.ports.state.now = dueAt + 301 * 60_000;
    await expect(lookAtExport(input, running.ports)).rejects.toMatchObject({ name: 'SnapshotTooSlow' });
  });

  it('is archived whole, with its manifest, locked for seven years, in as many deliveries as it needs', async () => {
    const { kept, ports, objects } = world();
    const exported = `mainstay-aeon-exports-${account}-${home}`;
    const archive = `mainstay-aeon-archive-${account}-${home}`;
    await objects.put({ bucket: sets, key: `manifests/${setId}/aeon-dt.json` }, Buffer.from('m'), 'k');
    for (let part = 0; part < 250; part++) {
      const key = `exports/${setId}/aeon-dt/t/part-${String(part).padStart(4, '0')}`;
      await objects.put({ bucket: exported, key }, Buffer.from(`${part}`), 'k');
    }
    expect(await archiveExport(input, ports)).toMatchObject({ state: 'waiting', waitSeconds: 0 });
    expect(await archiveExport(input, ports)).toMatchObject({ state: 'ready' });
    const locked = [...kept].filter(([place]) => place.startsWith(`${archive}/`));
    expect(locked).toHaveLength(251);
    expect(new Set(locked.map(([, { lockedUntil }]) => lockedUntil?.toISOString()))).toEqual(
      new Set(['2033-11-21T10:00:00.000Z']),
    );
  });

  it('is not called archived where nothing was exported', async () => {
    await expect(archiveExport(input, world().ports)).rejects.toMatchObject({ name: 'MembersMissing' });
  });
});

describe('the watcher', () => {
  it('measures nought where all is well, and asks its own table alone', async () => {
    const put: { metric: string; value: number }[] = [];
    const asked: string[] = [];
    const records = {
      find: async (region: string) => {
        asked.push(region);
        return { ...record, state: 'verified' as const };
      },
    };
    const measurements = {
      put: async (_: string, data: readonly { metric: string; value: number }[]) => void put.push(...data),
    };
    const ports = base(dueAt + 5 * 60_000);
    await watchBackups({ ...ports, records, measurements });
    expect(put.map(({ metric, value }) => [metric, value])).toEqual([
      [backupMetrics.missed, 0],
      [backupMetrics.late, 0],
      [backupMetrics.failed, 0],
      [backupMetrics.copies, 0],
    ]);
    expect(new Set(asked)).toEqual(new Set([home]));
  });

  it('counts in a region that does not reign what it was not sent', async () => {
    const ports = base(dueAt + 5 * 60_000);
    ports.state.reigns = other;
    const measurements = { put: async () => undefined };
    const counts = await watchBackups({ ...ports, records: { find: async () => undefined }, measurements });
    expect(counts).toEqual({ missed: 0, late: 0, failed: 0, copies: 1 });
  });
});
