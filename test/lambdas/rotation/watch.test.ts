import { describe, expect, it } from 'vitest';
import { plans, secretName, worldOf } from './cases.ts';

const token = 'a1'.repeat(18);
const { alternating, single, keys } = plans;
const minute = 60_000;
const day = 24 * 60 * minute;

describe('the watchdog', () => {
  it('finds nothing wrong with a rotation that is done, and says nothing', async () => {
    const world = worldOf(alternating);
    await world.rotateAll(alternating, token);
    expect(await world.watch()).toEqual({ watched: 1, findings: [] });
    expect(world.told).toEqual([]);
  });

  it('leaves a rotation alone that may be under way', async () => {
    const world = worldOf(alternating);
    world.announce(secretName, token);
    await world.step(alternating, 'createSecret', token);
    world.now -= 6 * minute;
    expect((await world.watch()).findings).toEqual([]);
    expect(world.stages(secretName)['AWSPENDING']).toBe(token);
    expect(world.claims).not.toEqual([]);
  });

  it('clears the empty version that a refusal leaves, so that the next rotation can start', async () => {
    const world = worldOf(alternating);
    world.reachable = false;
    expect(await world.rotateAll(alternating, token)).toBe(false);
    world.reachable = true;
    const { findings } = await world.watch();
    expect(findings).toMatchObject([{ found: 'empty-pending-version', did: 'undone', versionId: token }]);
    expect(world.stages(secretName)).toEqual({ AWSCURRENT: `${secretName}-v1` });
    expect(world.told).toMatchObject([{ severity: 'warning', subject: 'aeon: rotation of shop undone' }]);
  });

  it('finishes what was left behind, with its rollout', async () => {
    const world = worldOf(alternating);
    world.announce(secretName, token);
    await world.step(alternating, 'createSecret', token);
    expect((await world.watch()).findings).toMatchObject([{ found: 'pending-left', did: 'finished' }]);
    expect(world.stages(secretName)).toEqual({ AWSCURRENT: token, AWSPREVIOUS: `${secretName}-v1` });
    expect([world.currentOpens(secretName), world.rollouts.size]).toEqual([true, 1]);
    expect(world.told[0]).toMatchObject({ severity: 'information' });
  });

  it('waits while other work holds what it needs, or the server is away, and finishes then', async () => {
    const world = worldOf(alternating);
    world.announce(secretName, token);
    await world.step(alternating, 'createSecret', token);
    world.claims = [
      { subject: 'database/shop', work: 'restore', holder: 'arn:restore', until: '2026-11-20T10:20:00.000Z' },
    ];
    expect((await world.watch()).findings).toMatchObject([{ did: 'waits', why: expect.stringContaining('restore') }]);
    world.reachable = false;
    expect((await world.watch()).findings).toMatchObject([{ did: 'waits' }]);
    world.reachable = true;
    expect((await world.watch()).findings).toMatchObject([{ did: 'finished' }]);
    expect(world.told).toHaveLength(1);
  });

  it('undoes what can’t be finished: the current version goes on to open', async () => {
    const world = worldOf(alternating);
    world.announce(secretName, token);
    await world.step(alternating, 'createSecret', token);
    world.passwords.set('master', 'changed by somebody');
    const { findings } = await world.watch();
    expect(findings).toMatchObject([{ found: 'pending-left', did: 'undone' }]);
    expect(world.stages(secretName)).toEqual({ AWSCURRENT: `${secretName}-v1` });
    expect([world.currentOpens(secretName), world.claims]).toEqual([true, []]);
  });

  it('sets the password again where the current version opens no more', async () => {
    const world = worldOf(alternating);
    await world.rotateAll(alternating, token);
    for (const rollout of world.rollouts.values()) rollout.status = 'SUCCEEDED';
    await world.watch();
    world.passwords.set('shop_clone', 'changed by somebody');
    expect((await world.watch()).findings).toMatchObject([{ found: 'current-does-not-log-in', did: 'mended' }]);
    expect([world.currentOpens(secretName), world.claims]).toEqual([true, []]);
  });

  it('does not touch a login while its rollout or a restore runs', async () => {
    const world = worldOf(alternating);
    await world.rotateAll(alternating, token);
    world.passwords.set('shop_clone', 'changed by somebody');
    expect((await world.watch()).findings).toMatchObject([{ found: 'cannot-be-looked-at', did: 'waits' }]);
    expect(world.passwords.get('shop_clone')).toBe('changed by somebody');
  });

  it('calls a person where nobody can set the password', async () => {
    const world = worldOf(single);
    world.passwords.set('shop', 'changed by somebody');
    expect((await world.watch()).findings).toMatchObject([
      { found: 'current-does-not-log-in', did: 'needs-a-person', why: expect.stringContaining("'shop'") },
    ]);
    expect(world.told[0]).toMatchObject({ severity: 'critical', message: expect.stringContaining('docs/runbook.md') });
  });

  it.each([
    [alternating, 30],
    [keys, 90],
  ])('starts a rotation that is a day overdue, and not again within four hours', async (plan, days) => {
    const world = worldOf(plan);
    world.now += days * day + day;
    world.now -= 20 * minute;
    expect((await world.watch()).findings).toEqual([]);
    expect((await world.watch()).findings).toMatchObject([{ found: 'overdue', did: 'started' }]);
    expect(world.stages(secretName)['AWSPENDING']).toMatch(/^asked-for-/);
    expect((await world.watch()).findings).toMatchObject([{ found: 'empty-pending-version' }]);
    expect((await world.watch()).findings).toEqual([]);
    world.now += 4 * 60 * minute;
    expect((await world.watch()).findings).toMatchObject([{ found: 'overdue', did: 'started' }]);
  });

  it('releases the claim that an ended rollout left, and only that', async () => {
    const world = worldOf(alternating);
    await world.rotateAll(alternating, token);
    const other = {
      subject: 'service/else',
      work: 'promotion',
      holder: 'arn:promotion',
      until: '2026-11-20T23:00:00Z',
    } as const;
    world.claims.push(other);
    expect((await world.watch()).findings).toEqual([]);
    for (const rollout of world.rollouts.values()) rollout.status = 'TIMED_OUT';
    expect((await world.watch()).findings).toMatchObject([
      { found: 'claim-left', did: 'released', why: 'its rollout ended as TIMED_OUT' },
    ]);
    expect(world.claims).toEqual([other]);
  });

  it('looks at nothing where the region does not reign: a primary that was left calls nobody for its shut logins', async () => {
    const world = worldOf(alternating);
    world.reachable = false;
    world.primary = 'us-west-2';
    expect(await world.watch()).toEqual({ watched: 0, findings: [] });
    expect(world.told).toEqual([]);
  });

  it('looks at the other secrets although one can’t be looked at', async () => {
    const world = worldOf(alternating);
    world.plan({ ...single, secret: 'gone', secretName: 'mainstay/aeon/secrets/gone' });
    world.announce(secretName, token);
    await world.step(alternating, 'createSecret', token);
    expect((await world.watch()).findings.map(({ secret, did }) => [secret, did])).toEqual([
      ['gone', 'needs-a-person'],
      ['shop', 'finished'],
    ]);
  });
});
