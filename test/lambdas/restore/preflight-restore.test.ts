import { describe, expect, it } from 'vitest';
import { restoreTags } from '../../../domain/restores.ts';
import { askForRestore } from '../../../lambdas/restore/ask-for-restore.ts';
import { preflightRestore } from '../../../lambdas/restore/preflight-restore.ts';
import { tellRestore } from '../../../lambdas/restore/tell-restore.ts';
import { aeonSet } from './sets.ts';
import { execution, hold, region, restoreWorld } from './world.ts';

const proofs = [900, 1100, 1000].map((total, index) => ({
  at: `2026-11-0${index + 1}T05:00:00Z`,
  region,
  execution: `arn:${index}`,
  seconds: { total },
}));
const set = aeonSet('2026-11-23T03:30:00Z', { proven: proofs });
const run = execution('by-hand');

async function world(...sets: ReturnType<typeof aeonSet>[]) {
  const given = restoreWorld();
  await hold(given, ...(sets.length > 0 ? sets : [set]));
  given.restores.stand('aeon-aeon-dt');
  return given;
}

const preflight = async (input: unknown, given = world()) => preflightRestore({ input, execution: run }, await given);

describe('a preflight', () => {
  it('says where it is restored to, how long that takes and what is lost, and changes nothing', async () => {
    const given = await world();
    const plan = await preflight({ database: 'aeon-dt', set: set.setId }, Promise.resolve(given));
    expect(plan).toMatchObject({ setId: set.setId, pointInTime: null, expectedSeconds: 1000, lostSeconds: 3600 });
    expect(plan.instance).toMatch(/^aeon-aeon-dt-restored-[a-z0-9]{7}$/);
    expect(plan.summary).toContain('3600 seconds');
    expect(given.restores.placed).toEqual([]);
    expect((await given.records.find(region, set.setId))?.inUse).toEqual([]);
  });

  it('knows no duration before the first test', async () => {
    const plan = await preflight({ database: 'aeon-dt', set: set.setId }, world({ ...set, proven: [] }));
    expect(plan).toMatchObject({ expectedSeconds: null, summary: expect.stringContaining('Nobody knows') });
  });

  it('takes a time that the automated backups reach', async () => {
    const plan = await preflight({ database: 'aeon-dt', pointInTime: '2026-11-23T04:00:00Z' });
    expect(plan).toMatchObject({ setId: null, pointInTime: '2026-11-23T04:00:00Z', lostSeconds: 1800 });
  });

  it.each([
    ['without a set or a time', { database: 'aeon-dt' }, 'InvalidInput'],
    ["under a test's prefix", { database: 'aeon-dt', set: set.setId, as: 'mst-aeon-x' }, 'InvalidInput'],
    ['over the running database', { database: 'aeon-dt', set: set.setId, as: 'aeon-aeon-dt' }, 'DatabaseStillRuns'],
    [
      'over the running database, to a time',
      { database: 'aeon-dt', pointInTime: '2026-11-23T04:00:00Z', as: 'aeon-aeon-dt' },
      'DatabaseStillRuns',
    ],
    [
      'from a set older than asked',
      { database: 'aeon-dt', set: set.setId, notBefore: '2026-11-23T04:00:00Z' },
      'SetTooOld',
    ],
    ['of a database that the set lacks', { database: 'other', set: set.setId }, 'UnknownDatabase'],
    ['from a set that is not there', { database: 'aeon-dt', set: 'aeon-20200101t0000z' }, 'UnknownSet'],
    ['to a time before the backups', { database: 'aeon-dt', pointInTime: '2026-10-01T00:00:00Z' }, 'PointNotReachable'],
    ['to a time that has not come', { database: 'aeon-dt', pointInTime: '2026-12-01T00:00:00Z' }, 'PointNotReachable'],
    [
      'to a time of a database that is not there',
      { database: 'other', pointInTime: '2026-11-23T04:00:00Z' },
      'UnknownDatabase',
    ],
  ])('%s is refused by name', async (_what, input, name) => {
    await expect(preflight(input)).rejects.toMatchObject({ name });
  });

  it.each([
    ['incomplete', { state: 'failed' as const }, 'SetIncomplete'],
    ['of another platform', { environment: 'other' }, 'SetOfAnotherPlatform'],
    [
      'under a lost key',
      { copies: { [region]: { ...set.copies[region], key: 'arn:aws:kms:us-east-1:1:key/lost' } } as never },
      'SetKeyMissing',
    ],
  ])('from a set that is %s is refused by name', async (_what, changes, name) => {
    const input = { database: 'aeon-dt', set: set.setId };
    await expect(preflight(input, world({ ...set, ...changes }))).rejects.toMatchObject({ name });
  });

  it('delivered again knows the instance that its own run has made', async () => {
    const given = await world();
    const { instance } = await preflight({ database: 'aeon-dt', set: set.setId }, Promise.resolve(given));
    given.restores.stand(instance, { [restoreTags.restore]: run.arn });
    expect(await preflight({ database: 'aeon-dt', set: set.setId }, Promise.resolve(given))).toMatchObject({
      instance,
    });
  });
});

describe('a person', () => {
  it('is asked once, with how to answer, and an answer that stands goes on at once', async () => {
    const given = await world();
    const plan = await preflight({ database: 'aeon-dt', set: set.setId }, Promise.resolve(given));
    const asked: unknown[] = [];
    const answered: string[] = [];
    const approvals = {
      ask: async (approval: unknown) => asked.push(approval) < 2,
      find: async () => ({ answer: { decision: 'approve', by: 'Kim', answerId: 'x' } }),
      answer: async () => true,
    };
    const executions = { answer: async (_token: string, output: string) => answered.push(output) > 0 };
    const ask = () =>
      askForRestore({ plan, execution: run, token: 'token', timeoutSeconds: 60 }, {
        ...given,
        approvals,
        executions,
      } as never);
    expect(await ask()).toEqual({ approval: 'by-hand.restore' });
    expect(given.published[0]?.message).toContain('mainstay-aeon-approval-answer');
    expect(given.published[0]?.message).not.toContain('token');
    await ask();
    expect(answered).toEqual(['{"decision":"approve","by":"Kim"}']);
  });

  it('is told how to switch over and how to remove it, and the set is free again', async () => {
    const used = aeonSet('2026-11-23T03:30:00Z', {
      inUse: [{ by: 'restore', execution: run.arn, region, until: '2026-11-23T17:30:00Z' }],
    });
    const given = await world(used);
    const plan = await preflight({ database: 'aeon-dt', set: set.setId }, Promise.resolve(given));
    const ending = { outcome: 'restored' as const, reason: 'x', host: 'h.rds', port: 5432, remarks: [] };
    await tellRestore({ plan, execution: run, ending }, given);
    expect(given.published[0]).toMatchObject({ severity: 'information' });
    expect(given.published[0]?.message).toContain('/mainstay/aeon/databases/aeon-dt/endpoint');
    expect((await given.records.find(region, set.setId))?.inUse).toEqual([]);
  });
});
