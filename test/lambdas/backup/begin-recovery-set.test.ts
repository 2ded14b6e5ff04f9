import { describe, expect, it } from 'vitest';
import { beginRecoverySet } from '../../../lambdas/backup/begin-recovery-set.ts';
import { execution, here, RecoverySetsWorld, setId, settings, there } from './recovery-sets-world.ts';

const startedAt = '2026-11-21T01:00:05.000Z';
const started = { input: { dueAt: '2026-11-21T01:00:00Z' }, startedAt, execution };
const another = { name: 'two', arn: execution.arn.replace(/one$/, 'two') };

describe('begin-recovery-set', () => {
  it('writes the record of the due minute and says what belongs to it', async () => {
    const world = new RecoverySetsWorld();
    const begun = await beginRecoverySet(started, world);
    expect(begun).toEqual({
      verdict: 'go',
      reason: '',
      setId,
      region: here,
      databases: ['main', 'orders'],
      volumes: [{ store: 'graph', replica: 0 }],
      clusterState: true,
      applicationData: false,
      copyTo: there,
      full: false,
    });
    const record = await world.records.find(here, setId);
    expect(record).toMatchObject({ state: 'taking', execution: execution.arn, dueAt: '2026-11-21T01:00:00.000Z' });
    expect(record?.copies[here]?.databases).toEqual({
      main: 'mainstay-aeon-20261121t0100z-main',
      orders: 'mainstay-aeon-20261121t0100z-orders',
    });
    expect(await world.records.find(there, setId)).toBeUndefined();
  });

  it('goes on with its own record when it is delivered twice, and leaves one of another run alone', async () => {
    const world = new RecoverySetsWorld();
    await beginRecoverySet(started, world);
    expect((await beginRecoverySet(started, world)).verdict).toBe('go');
    const second = await beginRecoverySet({ ...started, execution: another }, world);
    expect(second).toMatchObject({ verdict: 'idle', reason: expect.stringContaining(execution.arn) });
    expect((await world.records.find(here, setId))?.execution).toBe(execution.arn);
  });

  it('takes the minute that was due last where none is asked for', async () => {
    const world = new RecoverySetsWorld();
    const begun = await beginRecoverySet({ input: {}, startedAt: '2026-11-21T01:40:00.000Z', execution }, world);
    expect(begun.setId).toBe(setId);
  });

  it('refuses a minute to come, one long gone, and what is none', async () => {
    const world = new RecoverySetsWorld();
    for (const dueAt of ['2026-11-21T02:00:00Z', '2026-11-20T12:00:00Z', 'tonight']) {
      const refused = beginRecoverySet({ ...started, input: { dueAt } }, world);
      await expect(refused).rejects.toMatchObject({ name: 'InvalidInput' });
    }
    expect(await world.records.list(here)).toEqual([]);
  });

  it('does nothing where the region does not reign', async () => {
    const world = new RecoverySetsWorld();
    world.reigns = { epoch: 2, primary: there };
    expect(await beginRecoverySet(started, world)).toMatchObject({ verdict: 'idle', databases: [] });
    expect(await world.records.list(here)).toEqual([]);
  });

  it.each([here, there])('yields to a failover in %s, and the record is there to say so', async (region) => {
    const world = new RecoverySetsWorld();
    await world.failover(region);
    expect(await beginRecoverySet(started, world)).toMatchObject({
      verdict: 'yield',
      reason: `a failover (failover-one) holds 'platform' in ${region}`,
    });
    expect((await world.records.find(here, setId))?.state).toBe('taking');
  });

  it('backs up although the other region does not answer', async () => {
    const world = new RecoverySetsWorld();
    world.silenceInterlock(there);
    expect((await beginRecoverySet(started, world)).verdict).toBe('go');
  });

  it('exports the set of the hour of full ones, and copies every n-th', async () => {
    const world = new RecoverySetsWorld();
    world.settings = { ...settings, copyEvery: 4 };
    const at = (hour: number) => ({ input: {}, startedAt: `2026-11-21T0${hour}:00:05.000Z`, execution });
    const begun = await Promise.all([1, 2, 3, 4].map((hour) => beginRecoverySet(at(hour), world)));
    expect(begun.map(({ full }) => full)).toEqual([false, false, true, false]);
    expect(begun.filter(({ copyTo }) => copyTo === there)).toHaveLength(1);
  });
});
