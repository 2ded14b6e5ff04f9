import { describe, expect, it } from 'vitest';
import { restoreTags } from '../../../domain/restores.ts';
import { cleanUp } from '../../../lambdas/restore/clean-up.ts';
import { sweepRestoreTests } from '../../../lambdas/restore/sweep-restore-tests.ts';
import { aeonSet } from './sets.ts';
import { execution, hold, region, restoreWorld } from './world.ts';

const test = execution('test-1');
const tags = (arn: string, environment = 'aeon') => ({
  [restoreTags.environment]: environment,
  [restoreTags.member]: 'graph/0',
  [restoreTags.test]: arn,
});

function world() {
  const given = restoreWorld();
  given.restores.stand('mst-aeon-mine', tags(test.arn));
  given.restores.volumes.set('vol-mine', {
    volumeId: 'vol-mine',
    state: 'available',
    gibibytes: 1,
    createdAt: given.clock.now(),
    tags: tags(test.arn),
  });
  return given;
}

/** Nothing of these may ever go. */
function strangers(given: ReturnType<typeof world>): void {
  given.restores.stand('aeon-aeon-dt');
  given.restores.stand('aeon-aeon-dt-restored', {
    [restoreTags.environment]: 'aeon',
    [restoreTags.restore]: 'arn:a person',
  });
  given.restores.stand('mst-aeon-staging-x', tags('arn:staging', 'aeon-staging'));
  // Somebody has given it our tag; its name is none of a test's.
  given.restores.stand('precious', tags(test.arn));
}

const clean = (given: ReturnType<typeof world>) => cleanUp({ since: '2026-11-23T04:30:00Z', execution: test }, given);

describe('after a test', () => {
  it('everything that it has made goes, and nothing else', async () => {
    const given = world();
    strangers(given);
    given.restores.stand('mst-aeon-another', tags('arn:another'));
    expect(await clean(given)).toMatchObject({ leftBehind: ['mst-aeon-mine', 'vol-mine'], waitSeconds: 30 });
    expect(given.restores.removed).toEqual(['mst-aeon-mine', 'vol-mine']);
    expect(await clean(given)).toEqual({ leftBehind: [], waitSeconds: 0 });
  });

  it('is waited until it is gone, and asked for no second time', async () => {
    const given = world();
    given.restores.leaves = 'later';
    await clean(given);
    expect(await clean(given)).toMatchObject({ leftBehind: ['mst-aeon-mine'], waitSeconds: 30 });
    expect(given.restores.removed.filter((name) => name === 'mst-aeon-mine')).toHaveLength(1);
  });

  it('what does not go in an hour is left to the sweeper', async () => {
    const given = world();
    given.restores.leaves = 'never';
    given.later(3600);
    expect(await clean(given)).toMatchObject({ leftBehind: ['mst-aeon-mine', 'vol-mine'], waitSeconds: 0 });
  });
});

describe('the sweeper', () => {
  it.each(['SUCCEEDED', 'FAILED', 'ABORTED', 'TIMED_OUT', undefined])(
    'removes what a test left that is %s, and ends its use of the set',
    async (status) => {
      const given = world();
      strangers(given);
      const set = aeonSet('2026-11-23T03:00:00Z', {
        inUse: [{ by: 'restore-test', execution: test.arn, region, until: '2026-11-23T17:30:00Z' }],
      });
      await hold(given, set);
      if (status !== undefined) given.executions.running.set(test.arn, status);
      const swept = await sweepRestoreTests(given);
      expect(swept.removed).toEqual(['mst-aeon-mine', 'vol-mine']);
      expect(given.restores.removed).toEqual(['mst-aeon-mine', 'vol-mine']);
      expect((await given.records.find(region, set.setId))?.inUse).toEqual([]);
    },
  );

  it('leaves a test alone that runs', async () => {
    const given = world();
    given.executions.running.set(test.arn, 'RUNNING');
    expect((await sweepRestoreTests(given)).removed).toEqual([]);
    expect(given.restores.removed).toEqual([]);
  });

  it('counts what does not go two hours after it was made, so that it alarms', async () => {
    const given = world();
    given.restores.leaves = 'never';
    expect((await sweepRestoreTests(given)).leftBehind).toEqual([]);
    given.restores.volumes.clear();
    given.setNow(new Date('2026-11-23T06:30:01Z'));
    expect((await sweepRestoreTests(given)).leftBehind).toEqual(['mst-aeon-mine']);
    expect(given.measured.at(-1)).toMatchObject({ metric: 'RestoreTestLeftBehind', value: 1 });
  });

  it('measures how old the last proof is, or how long there has been none', async () => {
    const given = restoreWorld();
    expect((await sweepRestoreTests(given)).provenAgeHours).toBeNull();
    await hold(given, aeonSet('2026-11-22T04:30:00Z'));
    expect((await sweepRestoreTests(given)).provenAgeHours).toBe(24);
    const proof = { at: '2026-11-23T03:00:00Z', region: 'us-west-2', execution: 'arn:other' };
    await hold(given, aeonSet('2026-11-22T05:30:00Z', { proven: [proof] }));
    expect((await sweepRestoreTests(given)).provenAgeHours).toBe(1.5);
  });
});
