import { describe, expect, it } from 'vitest';
import { claimWork } from '../../lambdas/interlock/claim-work.ts';
import { releaseWork } from '../../lambdas/interlock/release-work.ts';
import { preflightRestore } from '../../lambdas/restore/preflight-restore.ts';
import { lookAtRestoredDatabase, restoreDatabase } from '../../lambdas/restore/restore-database.ts';
import { tellRestore } from '../../lambdas/restore/tell-restore.ts';
import { Kernel } from '../../rehearsal/kernel/kernel.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { MemoryInterlock } from '../lambdas/memory-interlock.ts';
import { aeonSet } from '../lambdas/restore/sets.ts';
import { hold, region, restoreWorld, settings } from '../lambdas/restore/world.ts';
import { type Instead, interpret, type Task } from './interpret.ts';

const set = aeonSet('2026-11-23T03:30:00Z');
const fromSet = { database: 'aeon-dt', set: set.setId };
const same = { verdict: 'proven', failures: [], failuresInAll: 0, tablesCompared: 5, rowsCompared: 100 };

async function restoreRun(
  options: { readonly instead?: Instead; readonly given?: Json; readonly approval?: boolean } = {},
) {
  const kernel = new Kernel({ seed: 1, startsAt: Date.UTC(2026, 10, 23, 4, 30) });
  const world = restoreWorld();
  const clock = { now: () => new Date(kernel.now()) };
  const interlock = new MemoryInterlock(clock);
  await hold(world, set);
  world.restores.stand('aeon-aeon-dt');
  const approval = { required: options.approval ?? false, timeoutSeconds: 3600 };
  const ports = { ...world, clock, interlock, settings: { ...settings, approval } };
  const on = (run: (payload: never, ports: never) => Promise<unknown>): Task => {
    return (payload) => run(payload, ports as never);
  };
  const run = interpret({
    workflow: 'restore',
    name: 'by-hand',
    kernel,
    input: options.given ?? fromSet,
    instead: options.instead,
    tasks: {
      'preflight-restore': on(preflightRestore as never),
      'ask-for-restore': async () => ({ decision: 'approve', by: 'Kim' }),
      'claim-work': on(claimWork as never),
      'release-work': on(releaseWork as never),
      'restore-database': on(restoreDatabase as never),
      'look-at-restored-database': on(lookAtRestoredDatabase as never),
      'warm-database': async () => ({ state: 'ready', reason: 'warm', waitSeconds: 0, read: 2, kind: 'cold' }),
      'compare-database': async () => same,
      'tell-restore': on(tellRestore as never),
    },
  });
  return { ...world, run, kernel, interlock };
}

describe('a restore by a person', () => {
  it('stands beside the running database, compared, and everything is given back', async () => {
    const restore = await restoreRun();
    const { status, output } = await restore.run.result();
    expect(status).toBe('SUCCEEDED');
    expect(output).toMatchObject({
      outcome: 'restored',
      setId: set.setId,
      lostSeconds: 3600,
      remarks: ['5 tables and 100 rows are what the set held.'],
    });
    expect(restore.restores.placed).toMatchObject([{ deletionProtection: true }]);
    expect(restore.restores.instances.has('aeon-aeon-dt')).toBe(true);
    expect(restore.restores.removed).toEqual([]);
    expect(await restore.interlock.list()).toEqual([]);
    expect((await restore.records.find(region, set.setId))?.inUse).toEqual([]);
  });

  it('to a time compares nothing, and says so', async () => {
    const restore = await restoreRun({ given: { database: 'aeon-dt', pointInTime: '2026-11-23T04:00:00Z' } });
    const { output } = await restore.run.result();
    expect(output).toMatchObject({
      outcome: 'restored',
      setId: null,
      remarks: [expect.stringContaining('no manifest')],
    });
    expect(restore.run.states()).not.toContain('Compare the database');
  });

  it.each([
    ['approve', { status: 'SUCCEEDED' }, 1],
    ['reject', { status: 'FAILED', error: 'ApprovalRejected' }, 0],
    ['', { status: 'FAILED', error: 'ApprovalExpired' }, 0],
  ])('that has to be approved waits for an answer: %s', async (decision, ending, placed) => {
    const restore = await restoreRun({
      approval: true,
      instead: (task, payload) => {
        if (task !== 'ask-for-restore') return undefined;
        if (decision) {
          const answer = JSON.stringify({ decision, by: 'Kim' });
          restore.kernel.after(1000, 'an answer', () => {
            restore.run.execution.sendTaskSuccess(String(payload['token']), answer);
          });
        }
        return { payload: {} };
      },
    });
    expect(await restore.run.result()).toMatchObject(ending);
    expect(restore.restores.placed).toHaveLength(placed);
    expect(await restore.interlock.list()).toEqual([]);
  });

  it('over the running database is refused by name before anything is claimed', async () => {
    const restore = await restoreRun({ given: { ...fromSet, as: 'aeon-aeon-dt' } });
    expect(await restore.run.result()).toMatchObject({ status: 'FAILED', error: 'DatabaseStillRuns' });
    expect(restore.restores.placed).toEqual([]);
    expect(restore.published).toEqual([]);
  });

  it('waits for a rotation of that database, half an hour at most', async () => {
    const restore = await restoreRun();
    const rotation = { subjects: ['database/aeon-dt'] as const, work: 'rotation' as const, holder: 'rotation' };
    await restore.interlock.claim({ ...rotation, forSeconds: 600 });
    expect(await restore.run.result()).toMatchObject({ status: 'SUCCEEDED' });
    expect(restore.kernel.now()).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 23, 4, 40));
    const late = await restoreRun();
    await late.interlock.claim({ ...rotation, forSeconds: 7200 });
    expect(await late.run.result()).toMatchObject({ status: 'FAILED', error: 'WorkInProgress' });
    expect(late.restores.placed).toEqual([]);
  });

  it('with differences stands all the same: what it is worth is the person’s to say', async () => {
    const differing = {
      ...same,
      verdict: 'failed',
      failuresInAll: 3,
      failures: [{ kind: 'rows', table: 'public.t', expected: '5', found: '4' }],
    };
    const restore = await restoreRun({
      instead: (task) => (task === 'compare-database' ? { payload: differing } : undefined),
    });
    const { status, output } = await restore.run.result();
    expect(status).toBe('SUCCEEDED');
    expect(output).toMatchObject({
      remarks: ['3 differences from the set; the first: rows public.t, expected 5, found 4'],
    });
    expect(restore.published).toMatchObject([{ severity: 'warning' }]);
  });

  it.each(['restore-database', 'look-at-restored-database'])(
    'that fails at %s removes nothing, tells how to, and gives the claim back',
    async (broken) => {
      const restore = await restoreRun({ instead: (task) => (task === broken ? { error: 'AwsRefused' } : undefined) });
      expect(await restore.run.result()).toMatchObject({ status: 'FAILED', error: 'AwsRefused' });
      expect(restore.restores.removed).toEqual([]);
      expect(restore.published).toMatchObject([
        { severity: 'critical', message: expect.stringContaining('delete-db-instance') },
      ]);
      expect(await restore.interlock.list()).toEqual([]);
    },
  );
});
