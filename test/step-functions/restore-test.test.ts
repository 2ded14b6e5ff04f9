import { describe, expect, it } from 'vitest';
import { chooseSet } from '../../lambdas/restore/choose-set.ts';
import { cleanUp } from '../../lambdas/restore/clean-up.ts';
import { recordVerdict } from '../../lambdas/restore/record-verdict.ts';
import { lookAtRestoredDatabase, restoreDatabase } from '../../lambdas/restore/restore-database.ts';
import { lookAtRestoredVolume, restoreVolume } from '../../lambdas/restore/restore-volume.ts';
import { Kernel } from '../../rehearsal/kernel/kernel.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { aeonSet } from '../lambdas/restore/sets.ts';
import { hold, region, restoreWorld, standby } from '../lambdas/restore/world.ts';
import { type Instead, interpret, type Task } from './interpret.ts';

const set = aeonSet('2026-11-23T03:00:00Z');
const same = {
  verdict: 'proven',
  failures: [],
  failuresInAll: 0,
  tablesCompared: 5,
  tablesUnbounded: 0,
  rowsCompared: 100,
  loginsTried: 1,
  queriesAsked: 0,
};

/** A whole set and a run of the test; what reads the restored database is answered for it. */
async function testRun(options: { readonly instead?: Instead; readonly given?: Json; readonly sets?: boolean } = {}) {
  const kernel = new Kernel({ seed: 1, startsAt: Date.UTC(2026, 10, 23, 4, 30) });
  const world = restoreWorld();
  const clock = { now: () => new Date(kernel.now()) };
  world.restores.now = clock.now;
  if (options.sets !== false) await hold(world, set);
  const ports = { ...world, clock };
  const on = (run: (payload: never, ports: never) => Promise<unknown>): Task => {
    return (payload) => run(payload, ports as never);
  };
  const run = interpret({
    workflow: 'restore-test',
    name: 'test-1',
    kernel,
    input: options.given ?? {},
    instead: options.instead,
    tasks: {
      'choose-set': on(chooseSet as never),
      'restore-database': on(restoreDatabase as never),
      'look-at-restored-database': on(lookAtRestoredDatabase as never),
      'warm-database': async () => ({ state: 'ready', reason: 'warm', waitSeconds: 0, read: 2, kind: 'cold' }),
      'compare-database': async () => same,
      'restore-volume': on(restoreVolume as never),
      'look-at-restored-volume': on(lookAtRestoredVolume as never),
      'clean-up': on(cleanUp as never),
      'record-verdict': on(recordVerdict as never),
    },
  });
  const provenIn = async (where: string) => (await world.records.find(where, set.setId))?.proven ?? [];
  return { ...world, run, kernel, provenIn };
}

/** Whatever happened: nothing is left, and the set is nobody's any more. */
async function expectTidy({ restores, records }: Awaited<ReturnType<typeof testRun>>): Promise<void> {
  expect([...restores.instances.keys(), ...restores.volumes.keys()]).toEqual([]);
  expect((await records.find(region, set.setId))?.inUse).toEqual([]);
}

describe('a restore test', () => {
  it('restores, warms, compares, removes, and proves the set in both regions', async () => {
    const test = await testRun();
    const { status, output } = await test.run.result();
    expect(status).toBe('SUCCEEDED');
    expect(output).toMatchObject({ verdict: 'proven', setId: set.setId, tablesCompared: 5, leftBehind: [] });
    expect(await test.provenIn(region)).toHaveLength(1);
    expect(await test.provenIn(standby)).toHaveLength(1);
    expect(test.restores.placed).toHaveLength(1);
    expect(test.restores.removed).toHaveLength(2);
    await expectTidy(test);
  });

  it('has nothing to do where it is the turn of the other region', async () => {
    const test = await testRun({ given: { dueAt: '2026-11-16T04:30:00Z' } });
    expect(await test.run.result()).toMatchObject({ status: 'SUCCEEDED', output: { verdict: 'idle' } });
    expect(test.restores.placed).toEqual([]);
  });

  it('is refused with a wrong input, and nothing is made', async () => {
    const test = await testRun({ given: { region: standby } });
    expect(await test.run.result()).toMatchObject({ status: 'FAILED', error: 'InvalidInput' });
    expect(test.published).toEqual([]);
  });

  it('without a set fails and tells everybody', async () => {
    const test = await testRun({ sets: false });
    expect(await test.run.result()).toMatchObject({ status: 'FAILED', error: 'RestoreTestFailed' });
    expect(test.published).toMatchObject([
      { severity: 'critical', message: expect.stringContaining('NoSetToRestore') },
    ]);
  });

  const different = { ...same, verdict: 'failed', failures: [{ kind: 'rows', table: 't', expected: '5', found: '4' }] };
  it.each<[string, Instead]>([
    ['a difference', (task) => (task === 'compare-database' ? { payload: different } : undefined)],
    [
      'a cold database',
      (task) =>
        task === 'warm-database'
          ? { payload: { state: 'broken', reason: 'cold', waitSeconds: 0, read: 2, kind: 'cold' } }
          : undefined,
    ],
    ...['restore-database', 'look-at-restored-database', 'warm-database', 'compare-database'].map(
      (broken): [string, Instead] => [
        `an error of ${broken}`,
        (task) => (task === broken ? { error: 'AwsRefused', message: 'no' } : undefined),
      ],
    ),
    ...['restore-volume', 'look-at-restored-volume'].map((broken): [string, Instead] => [
      `an error of ${broken}`,
      (task) => (task === broken ? { error: 'AwsRefused', message: 'no' } : undefined),
    ]),
  ])('with %s fails, tells everybody, removes everything, and proves nothing', async (_what, instead) => {
    const test = await testRun({ instead });
    expect(await test.run.result()).toMatchObject({ status: 'FAILED', error: 'RestoreTestFailed' });
    expect(test.published).toMatchObject([{ severity: 'critical' }]);
    expect(await test.provenIn(region)).toEqual([]);
    await expectTidy(test);
  });

  it('looks again until the instance is available, seldom after a while', async () => {
    let looks = 0;
    const instead: Instead = (task) => {
      if (task !== 'look-at-restored-database' || ++looks > 25) return undefined;
      const waitSeconds = looks < 20 ? 30 : 60;
      return { payload: { state: 'waiting', reason: 'creating', waitSeconds, host: null, port: null } };
    };
    const test = await testRun({ instead });
    expect(await test.run.result()).toMatchObject({ status: 'SUCCEEDED' });
    expect(test.kernel.now() - Date.UTC(2026, 10, 23, 4, 30)).toBeGreaterThan(25 * 30_000);
    await expectTidy(test);
  });

  it('whose removal fails still gives its verdict, and says what is not known', async () => {
    const test = await testRun({ instead: (task) => (task === 'clean-up' ? { error: 'AwsRefused' } : undefined) });
    const { status, output } = await test.run.result();
    expect(status).toBe('SUCCEEDED');
    expect(output).toMatchObject({ verdict: 'proven', leftBehind: [expect.stringContaining('not known')] });
    expect(test.published).toMatchObject([{ severity: 'warning' }]);
  });

  it('whose verdict cannot be written fails under the name of what stood in the way', async () => {
    const test = await testRun({
      instead: (task) => (task === 'record-verdict' ? { error: 'AwsRefused' } : undefined),
    });
    expect(await test.run.result()).toMatchObject({ status: 'FAILED', error: 'AwsRefused' });
  });

  it('is delivered twice without restoring twice', async () => {
    const instead: Instead = (task, _payload, attempt) =>
      ['choose-set', 'restore-database', 'restore-volume', 'clean-up'].includes(task) && attempt === 1
        ? { error: 'Lambda.Unknown' }
        : undefined;
    const test = await testRun({ instead });
    expect(await test.run.result()).toMatchObject({ status: 'SUCCEEDED' });
    expect(test.restores.placed).toHaveLength(1);
    await expectTidy(test);
  });
});
