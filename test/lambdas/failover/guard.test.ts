import { describe, expect, it } from 'vitest';
import { guardLoop, type RoundsBefore } from '../../../lambdas/guard/guard-loop.ts';
import { type GuardPorts, guardRound } from '../../../lambdas/guard/guard-primary.ts';
import { kept } from '../../../lambdas/guard/remembering.ts';
import { watchOnce } from '../../../lambdas/guard/watch-primary.ts';
import { database, login, MemoryDatabase, MemoryLeases, MemoryReign, MemoryWatch, plan, TestClock } from './world.ts';

function world(fields: Partial<GuardPorts> = {}) {
  const clock = new TestClock();
  const leases = new MemoryLeases(clock);
  const postgres = new MemoryDatabase(clock);
  const reign = new MemoryReign();
  const ports: GuardPorts = {
    region: 'us-east-1',
    plan,
    databases: [{ ...database, login }],
    leases,
    reign,
    withDatabase: postgres.with,
    clock,
    ...fields,
  };
  let limited: readonly string[] = [];
  const round = async (seconds: number) => {
    clock.seconds = seconds;
    const seen = await guardRound({ reign: reign.record, limited }, ports);
    limited = seen.limited;
    return seen;
  };
  return { clock, leases, postgres, reign, ports, round };
}

describe('a round of the guard', () => {
  it('limits the roles first, then renews at both places, then moves their end', async () => {
    const { round, leases, postgres, clock } = world();
    expect(await round(0)).toMatchObject({
      state: 'guarded',
      renewed: ['us-west-2', 'eu-west-1'],
      limited: ['aeon-dt'],
    });
    expect(postgres.lets()).toBe(90);
    expect(leases.records.get('us-west-2')).toEqual({
      epoch: 1,
      holder: 'us-east-1',
      until: clock.at(90).toISOString(),
      databases: ['aeon-dt'],
    });
    await round(10);
    expect(postgres.lets()).toBe(100);
  });

  it('goes on while one of the two places answers', async () => {
    const { round, leases, postgres } = world();
    await round(0);
    leases.lost.add('us-west-2');
    expect(await round(10)).toMatchObject({ state: 'guarded', renewed: ['eu-west-1'] });
    expect(postgres.lets()).toBe(100);
  });

  it('that comes a moment after another guard finds the lease renewed for longer than it asks', async () => {
    const { round, leases, clock } = world();
    await round(0);
    clock.seconds = 11;
    const renewal = { epoch: 1, holder: 'us-east-1', until: clock.at(101).toISOString(), databases: ['aeon-dt'] };
    for (const region of ['us-west-2', 'eu-west-1']) await leases.renew(region, renewal);
    expect(await round(10)).toMatchObject({ state: 'guarded', renewed: ['us-west-2', 'eu-west-1'] });
  });

  it('lets the right end when no place answers', async () => {
    const { round, leases, postgres } = world();
    await round(0);
    for (const region of ['us-west-2', 'eu-west-1']) leases.lost.add(region);
    for (const seconds of [10, 20, 30]) expect(await round(seconds)).toMatchObject({ state: 'unguarded' });
    expect(postgres.lets()).toBe(90);
  });

  it('without a witness depends on the standby', async () => {
    const { round, leases, postgres } = world({ plan: { ...plan, witness: null } });
    await round(0);
    leases.lost.add('us-west-2');
    expect((await round(10)).state).toBe('unguarded');
    expect(postgres.lets()).toBe(90);
  });

  it('names a database that does not answer now: its roles have an end', async () => {
    const { round, leases, postgres } = world();
    await round(0);
    postgres.lost = true;
    expect(await round(10)).toMatchObject({ silent: ['aeon-dt'], limited: ['aeon-dt'] });
    expect(leases.records.get('us-west-2')?.databases).toEqual(['aeon-dt']);
  });

  it('does not name one that never answered', async () => {
    const { round, leases, postgres } = world();
    postgres.lost = true;
    await round(0);
    expect(leases.records.get('us-west-2')?.databases).toEqual([]);
  });

  it('ends the right and the sessions at once where a failover has closed the lease', async () => {
    const { round, leases, postgres, reign } = world();
    await round(0);
    await leases.close('us-west-2', { epoch: 1, holder: 'us-east-1' });
    expect((await round(10)).state).toBe('stale');
    expect(postgres.lets()).toBe(10);
    expect(postgres.ended).toBe(1);
    // The failover may still be taken back.
    expect(reign.record.epoch).toBe(1);
    await leases.open('us-west-2', 1);
    expect((await round(20)).state).toBe('guarded');
    expect(postgres.lets()).toBe(110);
  });

  it('learns of the reign that has begun elsewhere', async () => {
    const { round, leases, reign, postgres, clock } = world();
    await round(0);
    leases.records.set('eu-west-1', {
      epoch: 2,
      holder: 'us-west-2',
      until: clock.at(100).toISOString(),
      databases: [],
    });
    expect((await round(10)).state).toBe('stale');
    expect(reign.record).toEqual({ epoch: 2, primary: 'us-west-2' });
    expect(postgres.lets()).toBe(10);
  });
});

describe('a guard', () => {
  function loop(fields: { epoch?: number; armed?: number; primary?: string } = {}) {
    const made = world();
    made.reign.record = { epoch: fields.epoch ?? 1, primary: fields.primary ?? 'us-east-1' };
    const starts: string[] = [];
    const before = kept<RoundsBefore>();
    const guard = (ports = made.ports) =>
      guardLoop({
        ...ports,
        environment: 'aeon',
        arming: { armed: async () => fields.armed },
        starts: { start: async (name) => void starts.push(name) },
        pauses: { seconds: made.clock.pass },
        before,
        report: async () => undefined,
      });
    return { ...made, starts, guard };
  }

  it('renews every ten seconds until the next one is due', async () => {
    const { guard, clock, leases } = loop();
    expect(await guard()).toMatchObject({ rounds: 6, state: 'guarded' });
    expect(clock.seconds).toBe(50);
    expect(leases.records.get('us-west-2')?.until).toBe(clock.at(140).toISOString());
  });

  it('that is lost, or a minute late, leaves the lease and the right to log in standing until the one after', async () => {
    const { guard, clock, leases, postgres } = loop();
    await guard();
    // Of the guard that was due at 60 s nothing is seen; the next one comes with Lambda's start and its first calls after it.
    clock.seconds = 120 + 10;
    expect(leases.records.get('us-west-2')?.until).toBe(clock.at(140).toISOString());
    expect(postgres.lets()).toBe(140);
    expect(await guard()).toMatchObject({ rounds: 6, state: 'guarded' });
  });

  it('goes on counting where the one before it left off, and not from long ago', async () => {
    const { guard, clock, starts, postgres } = loop();
    await guard();
    clock.seconds = 60;
    postgres.lost = true;
    await guard();
    expect(starts).toContain('aeon-dt-1-202611211201');
    clock.seconds = 3600;
    starts.length = 0;
    await guard();
    expect(new Set(starts)).toEqual(new Set(['aeon-dt-1-202611211300']));
  });

  it('names a database that stopped answering under the one before it', async () => {
    const { guard, clock, leases, postgres } = loop();
    await guard();
    clock.seconds = 60;
    postgres.lost = true;
    await guard();
    expect(leases.records.get('us-west-2')?.databases).toEqual(['aeon-dt']);
  });

  it('ends quietly where another region reigns', async () => {
    const { guard, leases } = loop({ primary: 'us-west-2', epoch: 2 });
    expect(await guard()).toEqual({ rounds: 1, state: 'stands-by', started: [] });
    expect(leases.calls).toEqual([]);
  });

  it('renews nothing and ends nobody’s right for a primary that has armed no standby', async () => {
    const { guard, leases, postgres } = loop({ epoch: 2 });
    expect(await guard()).toMatchObject({ state: 'lone' });
    expect(leases.calls).toEqual([]);
    expect(postgres.lets()).toBe(Number.POSITIVE_INFINITY);
    expect(await loop({ epoch: 2, armed: 2 }).guard()).toMatchObject({ state: 'guarded' });
  });

  it('starts the failover of a database that has not answered for 30 seconds, under one name', async () => {
    const { guard, starts, postgres } = loop();
    postgres.lost = true;
    expect((await guard()).started.length).toBeGreaterThan(0);
    expect(new Set(starts)).toEqual(new Set(['aeon-dt-1-202611211200']));
  });

  it('does not for one that answered in between', async () => {
    const { guard, starts, postgres, ports } = loop();
    let asked = 0;
    const flapping: GuardPorts = {
      ...ports,
      withDatabase: (given, use) => {
        postgres.lost = asked++ % 3 !== 0;
        return postgres.with(given, use);
      },
    };
    await guard(flapping);
    expect(starts).toEqual([]);
  });
});

describe('the watch in the standby', () => {
  function watch(fields: Partial<typeof plan> = {}) {
    const made = world();
    const memory = new MemoryWatch();
    const starts: [string, unknown][] = [];
    const seen = { health: 'up' as 'up' | 'down' | 'unknown', beaten: 0 as number | undefined };
    const look = (seconds: number) => {
      made.clock.seconds = seconds;
      return watchOnce(made.reign.record, {
        environment: 'aeon',
        region: 'us-west-2',
        plan: { ...plan, ...fields },
        leases: made.leases,
        memory,
        publicHealth: { look: async () => seen.health },
        oldestBeat: async () => (seen.beaten === undefined ? undefined : made.clock.at(seen.beaten)),
        clock: made.clock,
        starts: { start: async (name, input) => void starts.push([name, JSON.parse(input)]) },
      });
    };
    return { ...made, memory, starts, seen, look };
  }

  it('starts the failover of a lost region, every look under the same name', async () => {
    const { round, look, seen, starts } = watch();
    await round(0);
    for (let seconds = 10; seconds <= 70; seconds += 10) {
      seen.health = seconds >= 40 ? 'down' : 'up';
      await look(seconds);
    }
    expect(new Set(starts.map(([name]) => name))).toEqual(new Set(['reign-2-202611211200']));
    expect(starts[0]?.[1]).toMatchObject({ platform: 'aeon', startedBy: 'watch' });
  });

  it('does not where its lease is not armed', async () => {
    const { look, seen, starts } = watch();
    seen.health = 'down';
    for (let seconds = 10; seconds <= 100; seconds += 10) await look(seconds);
    expect(starts).toEqual([]);
  });

  it('tells of a partition and starts nothing while the world reaches the primary', async () => {
    const { round, look, starts, leases, clock } = watch();
    await round(0);
    const renewed = leases.records.get('eu-west-1');
    if (!renewed) throw new Error('The guard renews at the witness.');
    let last = await look(10);
    for (let seconds = 20; seconds <= 200; seconds += 10) {
      leases.records.set('eu-west-1', { ...renewed, until: clock.at(seconds + 60).toISOString() });
      last = await look(seconds);
    }
    expect(last).toMatchObject({ judgement: { pattern: 'partition' }, reaction: { do: 'tell' }, witness: 'renews' });
    leases.lost.add('eu-west-1');
    expect(await look(210)).toMatchObject({ reaction: { do: 'tell' }, witness: 'unknown' });
    expect(starts).toEqual([]);
  });

  it('starts the failover where the primary, which the world reaches, renews at the witness no more either', async () => {
    const { round, look, starts } = watch();
    await round(0);
    for (let seconds = 10; seconds <= 100; seconds += 10) await look(seconds);
    expect(starts[0]?.[1]).toMatchObject({ reason: expect.stringContaining('Lost: lease, stream.') });
  });

  it('starts it anew a quarter of an hour later where nobody has decided: a name is taken for good', async () => {
    const { round, look, seen, starts } = watch();
    await round(0);
    seen.health = 'down';
    for (let seconds = 10; seconds <= 960; seconds += 10) await look(seconds);
    expect([...new Set(starts.map(([name]) => name))]).toEqual(['reign-2-202611211200', 'reign-2-202611211200-1']);
  });

  it('takes what it cannot see for no signal', async () => {
    const { leases, look, seen, starts } = watch();
    seen.health = 'down';
    seen.beaten = undefined;
    leases.lost.add('us-west-2');
    for (let seconds = 10; seconds <= 100; seconds += 10) await look(seconds);
    expect(starts).toEqual([]);
  });
});
