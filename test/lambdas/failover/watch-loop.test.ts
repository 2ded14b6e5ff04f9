import { describe, expect, it } from 'vitest';
import { DatabaseRefused, DatabaseUnavailable } from '../../../domain/database-errors.ts';
import { AwsRefused, AwsUnavailable } from '../../../domain/errors.ts';
import { loginsWhileTheyWork, remembered, withNewestLogin } from '../../../lambdas/guard/remembering.ts';
import { type WatchLoopPorts, watchLoop } from '../../../lambdas/guard/watch-loop.ts';
import type { DatabaseLogin } from '../../../lambdas/ports/databases.ts';
import { login, MemoryLeases, MemoryReign, MemoryWatch, plan, TestClock } from './world.ts';

function world(reign = new MemoryReign()) {
  const clock = new TestClock();
  const leases = new MemoryLeases(clock);
  const started: string[] = [];
  const shown: number[] = [];
  const reported: string[] = [];
  const seen = { public: 'up' as 'up' | 'down', beatenAt: clock.at(0) };
  const ports: WatchLoopPorts = {
    ...{ environment: 'aeon', region: 'us-west-2', plan, clock, leases, reign },
    memory: new MemoryWatch(),
    publicHealth: { look: async () => seen.public },
    oldestBeat: async () => seen.beatenAt,
    starts: { start: async (name) => void started.push(name) },
    pauses: { seconds: clock.pass },
    record: { opened: async () => undefined, keepOpened: async () => undefined },
    arming: { armed: async () => undefined },
    trafficSwitch: { show: async (figure) => void shown.push(figure) },
    report: async ({ pattern }) => void reported.push(pattern),
  };
  const leased = (until: number) =>
    leases.records.set('us-west-2', {
      ...{ epoch: 1, holder: 'us-east-1', databases: ['aeon-dt'] },
      until: clock.at(until).toISOString(),
    });
  return { clock, seen, shown, started, reported, leased, watch: () => watchLoop(ports) };
}

describe('watch-primary', () => {
  it('looks every ten seconds until the next one is due, and writes the switch once', async () => {
    const { watch, leased, seen, clock, shown, reported } = world();
    leased(3600);
    seen.beatenAt = clock.at(3600);
    expect(await watch()).toEqual({ looks: 6, state: 'well', started: 0 });
    expect(clock.seconds).toBe(50);
    expect(shown).toEqual([0]);
    expect(reported).toHaveLength(6);
  });
  it('writes the switch where it reigns, and looks at nobody', async () => {
    const { watch, shown, reported } = world(new MemoryReign({ epoch: 2, primary: 'us-west-2' }));
    expect(await watch()).toEqual({ looks: 0, state: 'reigns', started: 0 });
    expect(shown).toEqual([0]);
    expect(reported).toEqual([]);
  });
  it('starts the failover of a lost region under one name, whoever looks', async () => {
    const { watch, leased, seen, started } = world();
    leased(60);
    seen.public = 'down';
    await watch();
    const { state } = await watch();
    expect(state).toBe('region-lost');
    expect(new Set(started).size).toBe(1);
    expect(started[0]).toMatch(/^reign-2-20261121120\d$/);
  });
});

describe('a login that a rotation has changed', () => {
  const next: DatabaseLogin = { ...login, password: 'y' };
  const refused = new DatabaseRefused('db', 'no', '28P01');
  function sessions(...failures: (Error | undefined)[]) {
    const used: string[] = [];
    let reread = 0;
    const withDatabase = withNewestLogin(
      async ({ password }) => {
        used.push(password);
        const failure = failures.shift();
        if (failure) throw failure;
        return undefined as never;
      },
      async () => {
        reread++;
        return next;
      },
    );
    return { used, open: () => withDatabase(login, async () => undefined), rereads: () => reread };
  }
  it('is read anew, and kept', async () => {
    const { used, open, rereads } = sessions(refused);
    await open();
    await open();
    expect(used).toEqual(['x', 'y', 'y']);
    expect(rereads()).toBe(1);
  });
  it.each([new DatabaseUnavailable('db', 'gone'), new DatabaseRefused('db', 'no', '42501')])(
    'is not the matter where the server says $message',
    async (failure) => {
      const { open, rereads } = sessions(failure);
      await expect(open()).rejects.toBe(failure);
      expect(rereads()).toBe(0);
    },
  );
  it('that is refused once more is a failure', async () => {
    const { open } = sessions(refused, refused);
    await expect(open()).rejects.toBe(refused);
  });
});

describe('the logins of a watch', () => {
  it('are read once while they work, and anew after a session that failed', async () => {
    const read: string[] = [];
    const failures: (Error | undefined)[] = [undefined, undefined, new DatabaseRefused('db', 'no', '28P01'), undefined];
    const { logins, sessions } = loginsWhileTheyWork(
      {
        read: async (secret) => {
          read.push(secret);
          return login;
        },
      },
      async () => {
        const failure = failures.shift();
        if (failure) throw failure;
        return undefined as never;
      },
    );
    const look = async () => sessions(await logins.read('heartbeat'), async () => undefined);
    await look();
    await look();
    expect(read).toHaveLength(1);
    await expect(look()).rejects.toThrow('no');
    await look();
    expect(read).toHaveLength(2);
  });
});

describe('what a guard has loaded', () => {
  it('stands while AWS does not answer, and no longer', async () => {
    const answers: (string | Error)[] = ['a', new AwsUnavailable('later'), 'b', new AwsRefused('no')];
    const load = remembered(async () => {
      const answer = answers.shift();
      if (typeof answer !== 'string') throw answer;
      return answer;
    });
    expect([await load(), await load(), await load()]).toEqual(['a', 'a', 'b']);
    await expect(load()).rejects.toMatchObject({ name: 'AwsRefused' });
  });
  it('is a failure where nothing was loaded before', async () => {
    const load = remembered(async () => {
      throw new AwsUnavailable('later');
    });
    await expect(load()).rejects.toMatchObject({ name: 'AwsUnavailable' });
  });
});
