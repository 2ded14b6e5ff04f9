import { describe, expect, it } from 'vitest';
import { restoreTags } from '../../../domain/restores.ts';
import { chooseSet } from '../../../lambdas/restore/choose-set.ts';
import { aeonSet } from './sets.ts';
import { execution, hold, type RestoreWorld, region, restoreWorld } from './world.ts';

const older = aeonSet('2026-11-23T02:00:00Z');
const newest = aeonSet('2026-11-23T03:00:00Z');
/** A Monday of a week in which it is this region's turn, and the one before it. */
const [mine, others] = ['2026-11-19T04:30:00Z', '2026-11-12T04:30:00Z'];

async function world(...sets: ReturnType<typeof aeonSet>[]): Promise<RestoreWorld> {
  const made = restoreWorld();
  await hold(made, ...(sets.length > 0 ? sets : [older, newest]));
  return made;
}

const choose = (given: RestoreWorld, input: unknown = {}, name = 'test-1') =>
  chooseSet({ input, execution: execution(name), startedAt: given.clock.now().toISOString() }, given);
const usesOf = async (given: RestoreWorld, setId: string) => (await given.records.find(region, setId))?.inUse ?? [];

describe('a test that a person starts', () => {
  it('takes the newest whole set, and binds it until after its own limit', async () => {
    const given = await world();
    const chosen = await choose(given);
    expect(chosen).toMatchObject({ verdict: 'go', setId: newest.setId, region });
    expect(chosen.databases).toMatchObject([{ database: 'aeon-dt', engine: 'postgres', checks: { invariants: [] } }]);
    expect(chosen.databases[0]?.instance).toMatch(/^mst-aeon-[a-z0-9]{14}$/);
    expect(chosen.volumes).toEqual([{ member: 'graph/0', snapshot: 'snap-us-east-1', gibibytes: 100 }]);
    expect(await usesOf(given, newest.setId)).toEqual([
      { by: 'restore-test', execution: execution('test-1').arn, region, until: '2026-11-23T17:30:00.000Z' },
    ]);
  });

  it('delivered again it finds the set that it has bound, though a newer one is whole by now', async () => {
    const given = await world();
    await choose(given);
    await hold(given, aeonSet('2026-11-23T04:00:00Z'));
    expect((await choose(given)).setId).toBe(newest.setId);
    expect(await usesOf(given, newest.setId)).toHaveLength(1);
  });

  it('passes over sets that are not whole here', async () => {
    const failed = aeonSet('2026-11-23T04:00:00Z', { state: 'failed' });
    const { [region]: _gone, ...copies } = newest.copies;
    const given = await world(older, { ...newest, copies }, failed);
    expect((await choose(given)).setId).toBe(older.setId);
  });

  it('never collides with another: each execution has names of its own', async () => {
    const given = await world();
    const [one, two] = [await choose(given, {}, 'test-1'), await choose(given, {}, 'test-2')];
    expect(one.databases[0]?.instance).not.toBe(two.databases[0]?.instance);
    expect(await usesOf(given, newest.setId)).toHaveLength(2);
  });

  it.each([
    ['of another region', { region: 'us-west-2' }, 'InvalidInput'],
    ['with words that nobody knows', { sett: 'x' }, 'InvalidInput'],
    ['of a set that is not there', { set: 'aeon-20200101t0000z' }, 'UnknownSet'],
  ])('%s is refused', async (_what, input, name) => {
    await expect(choose(await world(), input)).rejects.toMatchObject({ name });
  });

  it('is refused without any set', async () => {
    await expect(choose(restoreWorld())).rejects.toMatchObject({ name: 'NoSetToRestore' });
  });

  it.each([
    ['incomplete', { state: 'taking' as const }, 'SetIncomplete'],
    ['of another platform', { environment: 'other' }, 'SetOfAnotherPlatform'],
    [
      'under a key that cannot be used',
      { copies: { [region]: { ...newest.copies[region], key: 'arn:aws:kms:us-east-1:1:key/lost' } } as never },
      'SetKeyMissing',
    ],
  ])('a set that is %s is refused by name, and nothing is bound', async (_what, changes, name) => {
    const given = await world({ ...newest, ...changes });
    await expect(choose(given, { set: newest.setId })).rejects.toMatchObject({ name });
    expect(await usesOf(given, newest.setId)).toEqual([]);
  });
});

describe('a scheduled test', () => {
  it('waits for its turn: regions take turns by the week', async () => {
    const given = await world();
    expect(await choose(given, { dueAt: others })).toMatchObject({
      verdict: 'idle',
      reason: 'It is the turn of us-west-2.',
    });
    expect(await choose(given, { dueAt: mine })).toMatchObject({ verdict: 'go' });
    expect(await usesOf(given, newest.setId)).toHaveLength(1);
  });

  it('is made on the first day of its week alone', async () => {
    const given = await world();
    expect(await choose(given, { dueAt: '2026-11-20T04:30:00Z' })).toMatchObject({
      verdict: 'idle',
      reason: 'A test is due every 7 days.',
    });
  });

  it('that comes twice runs once', async () => {
    const given = await world();
    await choose(given, { dueAt: mine }, 'first');
    const second = await choose(given, { dueAt: mine }, 'second');
    expect(second).toMatchObject({ verdict: 'idle', reason: expect.stringContaining('Another test runs') });
  });

  it('that comes after its twin has proven the set has nothing to do', async () => {
    const proof = { at: '2026-11-23T05:30:00Z', region, execution: 'arn:first' };
    const given = await world({ ...newest, proven: [proof] });
    expect(await choose(given, { dueAt: mine })).toMatchObject({ verdict: 'idle' });
  });
});

it('tags of tests are not those of a person: only tests are removed', () => {
  expect(restoreTags.test).not.toBe(restoreTags.restore);
});
