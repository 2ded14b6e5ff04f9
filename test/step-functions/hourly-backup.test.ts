import { describe, expect, it } from 'vitest';
import { lateAfterMinutes } from '../../domain/recovery-set-schedule.ts';
import type { TakenVolume } from '../../domain/workflows/hourly-backup.ts';
import { beginRecoverySet } from '../../lambdas/backup/begin-recovery-set.ts';
import { closeRecoverySet } from '../../lambdas/backup/close-recovery-set.ts';
import { copyDatabaseSnapshot } from '../../lambdas/backup/copy-database-snapshot.ts';
import { createDatabaseSnapshot } from '../../lambdas/backup/create-database-snapshot.ts';
import { lookAtCopiedSnapshot } from '../../lambdas/backup/look-at-copied-snapshot.ts';
import { lookAtDatabaseSnapshot } from '../../lambdas/backup/look-at-database-snapshot.ts';
import { thinSnapshots } from '../../lambdas/backup/thin-snapshots.ts';
import { verifyCopy } from '../../lambdas/backup/verify-copy.ts';
import { Kernel } from '../../rehearsal/kernel/kernel.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { dueAt, here, RecoverySetsWorld, setId, there, volume } from '../lambdas/backup/recovery-sets-world.ts';
import { type Instead, interpret, type Task } from './interpret.ts';

type OfSet = { readonly setId: string; readonly database: string };

/** The tasks as the workflow names them; those of the parts answer as they would. */
function tasksOf(world: RecoverySetsWorld): Readonly<Record<string, Task>> {
  const on = (run: (payload: never, ports: never) => Promise<unknown>): Task => {
    return (payload) => run(payload, world as never);
  };
  const { environment, region, settings, clock, snapshots, records, reign, interlocks, volumes, otherParameters } =
    world;
  const ports = {
    environment,
    region,
    settings,
    clock,
    snapshots,
    records,
    reign,
    interlocks,
    volumes,
    otherParameters,
  };
  const ready = (taken: readonly TakenVolume[]) => ({ state: 'ready', reason: '', waitSeconds: 0, volumes: taken });
  const waiting = { state: 'waiting', reason: '', waitSeconds: 60, volumes: [] };
  return {
    'begin-recovery-set': on(beginRecoverySet as never),
    'thin-snapshots': on(thinSnapshots as never),
    'read-manifest': async () => ({}),
    'create-database-snapshot': on(createDatabaseSnapshot as never),
    'look-at-database-snapshot': on(lookAtDatabaseSnapshot as never),
    'close-manifest': async ({ setId: of, database }: OfSet) => world.putManifest(of, database),
    'create-volume-snapshots': async () => waiting,
    'look-at-volume-snapshots': async () => ready([volume]),
    'export-cluster-state': async () => ({ clusterState: world.put(here, `cluster-state/${setId}.json.gz`, 'state') }),
    'record-versions': async () => ({ configuration: world.putVersions(setId) }),
    'close-recovery-set': (payload) => closeRecoverySet(payload, { ...ports, objects: world.objects(here) } as never),
    'copy-database-snapshot': on(copyDatabaseSnapshot as never),
    'look-at-copied-snapshot': on(lookAtCopiedSnapshot as never),
    'copy-volume-snapshots': async () => waiting,
    'look-at-copied-volumes': async () => ready([world.copyVolume(setId)]),
    'copy-objects': async () => world.copyObjects(),
    'verify-copy': (payload) => verifyCopy(payload, { ...ports, objects: (of: string) => world.objects(of) } as never),
    'start-export': async () => waiting,
    'look-at-export': async () => ready([]),
    'archive-export': async () => ready([]),
  };
}

interface Options {
  readonly databases?: readonly string[];
  readonly instead?: (...of: [...Parameters<Instead>, now: number]) => ReturnType<Instead>;
  readonly input?: Json;
  readonly prepare?: (world: RecoverySetsWorld) => void | Promise<void>;
}

/** One hour, from its minute to its end. */
async function hour({ databases = ['main', 'orders'], instead, input = {}, prepare }: Options = {}) {
  const kernel = new Kernel({ seed: 1, startsAt: Date.UTC(2026, 10, 21, 1) });
  const world = new RecoverySetsWorld(databases);
  Object.defineProperty(world, 'now', { get: () => kernel.now() });
  await prepare?.(world);
  const calls: string[] = [];
  const counted: Instead = (task, payload, attempt) => {
    calls.push(task);
    return instead?.(task, payload, attempt, kernel.now());
  };
  const run = interpret({
    workflow: 'hourly-backup',
    name: 'one',
    kernel,
    input,
    tasks: tasksOf(world),
    instead: counted,
  });
  const result = await run.result();
  const record = await world.records.find(here, setId);
  const minutes = (kernel.now() - Date.UTC(2026, 10, 21, 1)) / 60_000;
  return { world, calls, record, minutes, states: run.states(), ...result };
}

const denied = (task: string, error: string): Instead => {
  return (of) => (of === task ? { error, message: `${task} says no` } : undefined);
};

const thousand = Array.from({ length: 1000 }, (_, index) => `d${index}`);

function roomForAThousand(world: RecoverySetsWorld): void {
  world.settings = { ...world.settings, copiedToStandby: false, manualSnapshotQuota: 2000, volumes: [] };
  world.snapshots.quota = 2000;
}

describe('hourly-backup', () => {
  it('takes a set, copies it and has it verified in both regions, with at most twenty-five calls', async () => {
    const { status, record, world, calls, minutes } = await hour({ databases: ['main'] });
    expect(status).toBe('SUCCEEDED');
    expect(record?.state).toBe('verified');
    expect(await world.records.find(there, setId)).toEqual(record);
    expect(calls.length).toBeLessThanOrEqual(25);
    expect(minutes).toBeLessThan(15);
  });

  it('takes every database, and the volumes beside them', async () => {
    const { record } = await hour();
    expect(record?.databases.map(({ database }) => database)).toEqual(['main', 'orders']);
    expect(record?.volumes).toEqual([{ store: 'graph', replica: 0, gibibytes: 500 }]);
    expect(record?.copies[there]?.volumes).toEqual({ 'graph/0': 'snap-copy' });
  });

  it('holds a set of one database and no volume as a list all the same', async () => {
    const prepare = (world: RecoverySetsWorld) => {
      world.settings = { ...world.settings, volumes: [], clusterState: undefined };
    };
    const { status, record, calls } = await hour({ databases: ['main'], prepare });
    expect(status).toBe('SUCCEEDED');
    expect(record).toMatchObject({ state: 'verified', volumes: [] });
    expect(record?.clusterState).toBeUndefined();
    expect(calls).not.toContain('create-volume-snapshots');
    expect(calls).not.toContain('export-cluster-state');
  });

  it('ends complete where the set is not copied', async () => {
    const prepare = (world: RecoverySetsWorld) => {
      world.settings = { ...world.settings, copiedToStandby: false };
    };
    const { status, record, calls } = await hour({ prepare });
    expect(status).toBe('SUCCEEDED');
    expect(record?.state).toBe('complete');
    expect(calls).not.toContain('copy-objects');
  });

  it('exports and archives the full set of a day', async () => {
    const prepare = (world: RecoverySetsWorld) => {
      world.settings = { ...world.settings, fullDailyAtUtc: '01:00' };
    };
    const { status, calls } = await hour({ prepare });
    expect(status).toBe('SUCCEEDED');
    expect(calls.filter((task) => task === 'archive-export')).toHaveLength(2);
  });

  it('does nothing where the region does not reign', async () => {
    const prepare = (world: RecoverySetsWorld) => {
      world.reigns = { epoch: 2, primary: there };
    };
    const { status, calls, record } = await hour({ prepare });
    expect({ status, calls, record }).toEqual({
      status: 'SUCCEEDED',
      calls: ['begin-recovery-set'],
      record: undefined,
    });
  });

  it('yields to a failover that is on, and says so in the record', async () => {
    const { error, record, calls } = await hour({ prepare: (world) => world.failover(there) });
    expect(error).toBe('BackupGaveWay');
    expect(record).toMatchObject({ state: 'failed', failure: expect.stringContaining('a failover (failover-one)') });
    expect(calls).toEqual(['begin-recovery-set', 'close-recovery-set']);
  });

  it('gives way to a failover that begins while a snapshot is made', async () => {
    let world: RecoverySetsWorld | undefined;
    const { error, record, calls } = await hour({
      prepare: (made) => {
        world = made;
      },
      instead: (task) => {
        if (task === 'look-at-database-snapshot') void world?.failover(here);
        return undefined;
      },
    });
    expect(error).toBe('BackupGaveWay');
    expect(record?.state).toBe('failed');
    expect(calls.at(-1)).toBe('close-recovery-set');
    expect(calls).not.toContain('close-manifest');
  });

  it('waits for an instance that backs itself up', async () => {
    const { status, calls } = await hour({
      databases: ['main'],
      instead: (task, _, attempt) =>
        task === 'create-database-snapshot' && attempt <= 5 ? { error: 'DatabaseBusy' } : undefined,
    });
    expect(status).toBe('SUCCEEDED');
    expect(calls.filter((task) => task === 'create-database-snapshot')).toHaveLength(6);
  });

  it.each([
    ['read-manifest', 'AwsRefused'],
    ['create-database-snapshot', 'DatabaseIsReplica'],
    ['look-at-database-snapshot', 'SnapshotTooSlow'],
    ['close-manifest', 'AwsRefused'],
    ['look-at-volume-snapshots', 'SnapshotFailed'],
    ['export-cluster-state', 'ClusterStateTooLarge'],
    ['record-versions', 'AwsRefused'],
    ['thin-snapshots', 'SnapshotQuotaReached'],
  ])('closes the set as failed, with the reason, when %s fails', async (task, error) => {
    const { status, record, ...ended } = await hour({ instead: denied(task, error) });
    expect(status).toBe('FAILED');
    expect(ended.error).toBe(error);
    expect(record).toMatchObject({ state: 'failed', failure: expect.stringContaining(`${task} says no`) });
  });

  it('has a thousand databases complete before the alarm for a late set, twenty begun a second', async () => {
    const begun = new Map<number, number>();
    const { record } = await hour({
      databases: thousand,
      prepare: roomForAThousand,
      instead: (task, _payload, _attempt, now) => {
        if (task === 'read-manifest') begun.set(now, (begun.get(now) ?? 0) + 1);
        return undefined;
      },
    });
    expect(record?.databases).toHaveLength(1000);
    expect(Date.parse(record?.completedAt ?? '') - dueAt).toBeLessThan(lateAfterMinutes * 60_000);
    expect(Math.max(...begun.values())).toBe(20);
  });

  it('says why a thousand databases failed, however long each one says it', async () => {
    const { record } = await hour({
      databases: thousand,
      prepare: roomForAThousand,
      instead: (task) => (task === 'read-manifest' ? { error: 'AwsRefused', message: 'no '.repeat(1000) } : undefined),
    });
    expect(record).toMatchObject({ state: 'failed', failure: expect.stringMatching(/^AwsRefused: d0: no no/) });
  });

  it('names the database that failed, and takes the others to their end', async () => {
    const { record, calls } = await hour({
      instead: (task, payload) =>
        task === 'create-database-snapshot' && payload['database'] === 'main' ? { error: 'SnapshotFailed' } : undefined,
    });
    expect(record?.failure).toBe('SnapshotFailed: main: SnapshotFailed');
    expect(calls).toContain('close-manifest');
  });

  it.each([
    ['copy-database-snapshot', 'SnapshotQuotaReached'],
    ['look-at-copied-snapshot', 'SnapshotFailed'],
    ['copy-volume-snapshots', 'AwsRefused'],
    ['copy-objects', 'AwsRefused'],
    ['verify-copy', 'CopyNotVerified'],
  ])('leaves the set complete where it was taken when %s fails', async (task, error) => {
    const { status, record, world } = await hour({ instead: denied(task, error) });
    expect(status).toBe('FAILED');
    expect(record).toMatchObject({ state: 'complete', failure: expect.stringContaining(`${task} says no`) });
    expect(await world.records.find(there, setId)).toBeUndefined();
  });

  it('leaves the set verified when its export fails', async () => {
    const prepare = (world: RecoverySetsWorld) => {
      world.settings = { ...world.settings, fullDailyAtUtc: '01:00' };
    };
    const { status, record } = await hour({ prepare, instead: denied('look-at-export', 'SnapshotFailed') });
    expect(status).toBe('FAILED');
    expect(record).toMatchObject({ state: 'verified', failure: expect.stringContaining('SnapshotFailed') });
  });

  it('refuses a wrong input before anything is written', async () => {
    const { error, record, cause } = await hour({ input: { dueAt: 'tonight' } });
    expect(error).toBe('InvalidInput');
    expect(cause).toContain('dueAt');
    expect(record).toBeUndefined();
  });
});
