import { describe, expect, it } from 'vitest';
import { staleInstanceName } from '../../domain/failback.ts';
import {
  failoverDatabaseParameterName,
  failoverPlanParameterName,
  readinessParameterName,
} from '../../domain/failover-plan.ts';
import type { LeftRegion } from '../../domain/workflows/region-failback.ts';
import { armStandby } from '../../lambdas/failback/arm-standby.ts';
import { askOtherRegion } from '../../lambdas/failback/ask-other-region.ts';
import { beginFailback } from '../../lambdas/failback/begin-failback.ts';
import { endFailback } from '../../lambdas/failback/end-failback.ts';
import { letInAgain } from '../../lambdas/failback/let-in-again.ts';
import { lookAtFollowers } from '../../lambdas/failback/look-at-followers.ts';
import { lookAtLeftRegion } from '../../lambdas/failback/look-at-left-region.ts';
import { lookAtReplay } from '../../lambdas/failback/look-at-replay.ts';
import { quiescePrimary } from '../../lambdas/failback/quiesce-primary.ts';
import { rebuildDatabase } from '../../lambdas/failback/rebuild-database.ts';
import { shareSecrets } from '../../lambdas/failback/share-secrets.ts';
import { guardRound } from '../../lambdas/guard/guard-primary.ts';
import type { QuietRecord, StandingInstance } from '../../lambdas/ports/failback.ts';
import {
  database,
  run as failoverRun,
  login,
  MemoryDatabase,
  MemoryLeases,
  MemoryReign,
  parametersOf,
  plan,
  start,
  TestClock,
} from './failover/world.ts';
import { MemoryInterlock } from './memory-interlock.ts';

const arn = 'arn:aws:states:us-west-2:111111111111:execution:mainstay-aeon-region-failback:back';
const run = {
  ...failoverRun,
  execution: { name: 'back', arn },
  startedBy: 'person',
  epoch: 2,
  from: 'us-west-2',
  to: 'us-east-1',
} as const;
const source = 'arn:aws:rds:us-west-2:111111111111:db:aeon-aeon-dt';

/** The region that reigns with its guard, an armed standby, and what the other region answers. */
function world() {
  const clock = new TestClock();
  const leases = new MemoryLeases(clock);
  const primary = new MemoryDatabase(clock);
  const reign = new MemoryReign({ epoch: 2, primary: 'us-west-2' });
  const interlock = new MemoryInterlock(clock);
  let quiet: QuietRecord | undefined;
  const mark = {
    read: async () => quiet,
    keep: async (record: QuietRecord) => {
      quiet = record;
    },
    clear: async () => {
      quiet = undefined;
    },
  };
  const asked: string[] = [];
  const answers: Record<string, () => unknown> = {};
  const other = {
    ask: async (region: string, task: string) => {
      asked.push(`${task} in ${region}`);
      return answers[task]?.();
    },
  };
  const databases = [{ name: 'aeon-dt', login }];
  const ports = { plan, leases, mark, other, clock, databases, withDatabase: primary.with };
  const guard = () =>
    guardRound(
      { reign: reign.record, limited: ['aeon-dt'] },
      { ...ports, region: 'us-west-2', databases: [{ ...database, login }], reign },
    );
  return { clock, leases, primary, reign, interlock, mark, asked, answers, other, ports, guard, quiet: () => quiet };
}

const left: LeftRegion = {
  answersSince: new Date(start - 3_700_000).toISOString(),
  epoch: 2,
  writable: [],
  unseen: [],
  working: [],
};

describe('a failback begins', () => {
  const begin = async (
    input: object = { platform: 'aeon', reason: 'It answers.' },
    told: Partial<LeftRegion> = {},
    change: (on: ReturnType<typeof world>) => Promise<unknown> = async () => undefined,
  ) => {
    const on = world();
    on.answers['look-at-left-region'] = () => ({ ...left, ...told });
    await change(on);
    return beginFailback(
      { input, execution: run.execution, startedAt: run.startedAt },
      {
        ...on,
        ...on.ports,
        environment: 'aeon',
        region: 'us-west-2',
        parameters: parametersOf({
          [failoverPlanParameterName('aeon')]: plan,
          [failoverDatabaseParameterName('aeon', 'aeon-dt')]: database,
        }),
      },
    );
  };

  it('where the other region has answered for an hour, and goes the other way', async () => {
    const begun = await begin();
    expect(begun).toMatchObject({ databases: ['aeon-dt'], now: false, rebuildOnly: false, asks: false });
    expect(begun.run).toMatchObject({ from: 'us-west-2', to: 'us-east-1', epoch: 2, startedBy: 'person' });
  });

  it.each<[string, object, Partial<LeftRegion>]>([
    ['InvalidInput', { platform: 'aeon' }, {}],
    ['AnotherPlatform', { platform: 'twin', reason: 'x' }, {}],
    ['FailbackRefused', { platform: 'aeon', reason: 'x' }, { answersSince: null }],
    ['FailbackRefused', { platform: 'aeon', reason: 'x' }, { epoch: 1 }],
    ['FailbackRefused', { platform: 'aeon', reason: 'x' }, { writable: ['aeon-dt'] }],
    ['FailbackRefused', { platform: 'aeon', reason: 'x' }, { unseen: ['aeon-dt'] }],
    ['FailbackRefused', { platform: 'aeon', reason: 'x' }, { working: ["a restore holds 'platform'"] }],
  ])('not with %s for %j and %j', async (name, input, told) => {
    await expect(begin(input, told)).rejects.toMatchObject({ name });
  });

  it('not where another region reigns, and not while something moves', async () => {
    const stale = begin(undefined, {}, async ({ reign }) => reign.enter({ epoch: 3, primary: 'us-east-1' }));
    await expect(stale).rejects.toMatchObject({ name: 'NotPrimary' });
    const moving = begin(undefined, {}, async ({ interlock }) =>
      interlock.claim({ subjects: ['platform'], work: 'failover', holder: 'another', forSeconds: 60 }),
    );
    await expect(moving).rejects.toMatchObject({ name: 'FailoverAlreadyRunning' });
  });
});

describe('the region that was left', () => {
  const look = async (
    seen: Partial<StandingInstance> | undefined,
    change: (there: MemoryDatabase) => void = () => {},
  ) => {
    const on = world();
    change(on.primary);
    const minutes = Array.from({ length: 61 }, (_, index) => new Date(start - index * 60_000));
    return lookAtLeftRegion({
      ...on,
      databases: [database],
      life: { minutes: async () => minutes },
      instances: { see: async () => seen && standing(seen) },
      loginOf: async () => login,
      withDatabase: on.primary.with,
    });
  };

  it('says since when it answers, and which reign it knows', async () => {
    expect(await look({ sourceOf: source })).toEqual({
      ...left,
      answersSince: new Date(start - 3_600_000).toISOString(),
    });
  });

  it('says that a database lets the application write, or can not be asked', async () => {
    expect(await look({})).toMatchObject({ writable: ['aeon-dt'], unseen: [] });
    const fenced = await look({}, (there) => there.setValidity(['aeon_dt', 'aeon_dt_clone'], new Date(start)));
    expect(fenced).toMatchObject({ writable: [], unseen: [] });
    expect(
      await look({}, (there) => {
        there.lost = true;
      }),
    ).toMatchObject({ writable: [], unseen: ['aeon-dt'] });
    expect(await look(undefined)).toMatchObject({ writable: [], unseen: [] });
  });
});

function standing(fields: Partial<StandingInstance>): StandingInstance {
  return {
    status: 'available',
    endpoint: { host: 'new-host', port: 5432 },
    instanceClass: 'db.r6i.2xlarge',
    subnetGroup: 'aeon',
    securityGroupIds: ['sg-1'],
    multipleZones: true,
    logExports: [],
    tags: {},
    ...fields,
  };
}

describe('a database that is rebuilt', () => {
  /** RDS of the other region. */
  function rebuilding(instances: Record<string, StandingInstance>) {
    let text: string | undefined = JSON.stringify({ host: 'old-host', port: 5432 });
    const did: string[] = [];
    const ports = {
      database,
      instances: {
        see: async (name: string) => instances[name],
        setAside: async (name: string, to: string) => {
          did.push(`rename ${name} to ${to}`);
          return true;
        },
        follow: async (name: string, of: string, beside: StandingInstance) => {
          did.push(`${name} follows ${of} in ${beside.subnetGroup}`);
          return true;
        },
      },
      endpoint: {
        read: async () => text,
        write: async (next: string) => {
          text = next;
        },
      },
    };
    return { did, look: () => rebuildDatabase({ run, database: 'aeon-dt' }, ports), endpoint: () => text };
  }
  const name = database.instance;

  it('is set aside under the name of the reign first', async () => {
    const { did, look } = rebuilding({ [name]: standing({}) });
    expect((await look()).state).toBe('setting-aside');
    expect(did).toEqual([`rename ${name} to ${name}-stale-2`]);
  });

  it('is left alone while RDS works on it', async () => {
    const { did, look } = rebuilding({ [name]: standing({ status: 'renaming' }) });
    expect((await look()).state).toBe('setting-aside');
    expect(did).toEqual([]);
  });

  it('is built as a replica of the one that reigns, as the old one stood', async () => {
    const { did, look } = rebuilding({ [staleInstanceName(name, 2)]: standing({ subnetGroup: 'as-before' }) });
    expect((await look()).state).toBe('creating');
    expect(did).toEqual([`${name} follows ${source} in as-before`]);
  });

  it('follows when it is there, and the endpoint leads to it', async () => {
    const { did, look, endpoint } = rebuilding({ [name]: standing({ sourceOf: source }) });
    expect((await look()).state).toBe('following');
    expect(did).toEqual([]);
    expect(endpoint()).toBe('{"host":"new-host","port":5432}');
  });

  it('keeps what a former attempt had promoted beside the first', async () => {
    const { did, look } = rebuilding({ [name]: standing({}), [`${name}-stale-2`]: standing({}) });
    await look();
    expect(did).toEqual([`rename ${name} to ${name}-stale-2-2`]);
  });

  it('is given up where it failed, and where nothing says how it stood', async () => {
    const failed = rebuilding({ [name]: standing({ sourceOf: source, status: 'failed' }) });
    await expect(failed.look()).rejects.toMatchObject({ name: 'RebuildImpossible' });
    await expect(rebuilding({}).look()).rejects.toMatchObject({ name: 'RebuildImpossible' });
  });
});

it('the secrets of the region that reigns have copies in the other, but for what is a copy itself', async () => {
  const index = {
    currentVersions: async () =>
      new Map([
        ['mainstay/aeon/b', '1'],
        ['mainstay/aeon/a', '1'],
        ['mainstay/aeon/copy', '1'],
      ]),
  };
  const secrets = { share: async (name: string, to: string) => to === 'us-east-1' && !name.endsWith('copy') };
  expect(await shareSecrets({ run }, { index, secrets })).toEqual({ shared: ['mainstay/aeon/a', 'mainstay/aeon/b'] });
});

it('a standby is armed by the region that reigns in this reign, and by no other', async () => {
  const armed: number[] = [];
  const arming = { arm: async (epoch: number) => void armed.push(epoch) };
  const { reign } = world();
  expect(await armStandby({ run }, { reign, arming })).toEqual({ armed: 2 });
  await reign.enter({ epoch: 3, primary: 'us-east-1' });
  await expect(armStandby({ run }, { reign, arming })).rejects.toMatchObject({ name: 'NotPrimary' });
  expect(armed).toEqual([2]);
});

describe('the followers', () => {
  const look = async (
    {
      follows = [],
      lag = 1,
      seconds = 0,
      sourceOf = source as string | undefined,
      window = null as typeof plan.switchWindow,
    } = {},
    open = true,
  ) => {
    const on = world();
    on.clock.seconds = seconds;
    if (open) on.leases.records.set('us-east-1', { epoch: 2, holder: 'us-west-2', until: 'x', databases: [] });
    return lookAtFollowers(
      { run, now: false, follows },
      {
        ...on.ports,
        plan: { ...plan, switchWindow: window },
        databases: [database],
        instances: { see: async () => ({ status: 'available', multipleZones: true, ...(sourceOf && { sourceOf }) }) },
        parameters: parametersOf({ [readinessParameterName('aeon')]: 'nothing' }),
        beatOf: async () => ({ epoch: 2, beatenAt: on.clock.at(seconds - lag) }),
      },
    );
  };
  const since = new Date(start).toISOString();
  const followed = [{ database: 'aeon-dt', since }] as never[];

  it('let the switch be made when they have followed for ten minutes, in the window', async () => {
    const first = await look();
    expect(first.follows).toEqual([{ database: 'aeon-dt', since }]);
    expect(first.obstacles).toHaveLength(1);
    expect((await look({ follows: followed, seconds: 599 })).obstacles).toHaveLength(1);
    expect((await look({ follows: followed, seconds: 600 })).obstacles).toEqual([]);
  });

  it('begin to count anew when they fall behind', async () => {
    const behind = await look({ follows: followed, seconds: 600, lag: 6 });
    expect(behind.obstacles).toEqual(["'aeon-dt' there is 6 s behind."]);
    expect(behind.follows).toEqual([{ database: 'aeon-dt', since: null }]);
  });

  it('wait where the lease is not there, and for the window, which is looked for seldom', async () => {
    expect((await look({ follows: followed, seconds: 600 }, false)).obstacles).toEqual([
      'us-east-1 has no open lease of reign 2 yet.',
    ]);
    // The test's clock begins on a Saturday at noon.
    const window = { weekday: 'sunday', startsAtUtc: '04:00', durationMinutes: 60 };
    expect(await look({ follows: followed, seconds: 600, window })).toMatchObject({
      obstacles: ['It is not the time for it.'],
      waitSeconds: 3600,
    });
    expect((await look({ follows: followed, seconds: 16 * 3600, window })).obstacles).toEqual([]);
  });
});

describe('writes that are stopped', () => {
  it('end when no guard can move the right any more, and are read after that', async () => {
    const on = world();
    await on.guard();
    on.clock.seconds = 5;
    const first = await quiescePrimary({ run, since: run.startedAt }, on.ports);
    expect(first).toMatchObject({ state: 'stopping', positions: [] });
    expect(on.primary.lets()).toBe(5);
    expect(on.primary.ended).toBe(1);
    // A guard that had renewed before is slow, and moves the right up to the end of its lease.
    await on.primary.setValidity(['aeon_dt'], on.clock.at(90));
    on.clock.seconds = 111;
    const second = await quiescePrimary({ run, since: run.startedAt }, on.ports);
    expect(second).toEqual({
      state: 'quiet',
      waitSeconds: 0,
      readAt: on.clock.now().toISOString(),
      positions: [{ database: 'aeon-dt', position: '0/0' }],
      why: expect.stringContaining('The lease ended'),
    });
    expect((await on.guard()).state).toBe('stale');
  });

  it('are not called quiet where a place of the lease does not answer', async () => {
    const on = world();
    await on.guard();
    on.leases.lost.add('eu-west-1');
    on.clock.seconds = 111;
    await expect(quiescePrimary({ run, since: run.startedAt }, on.ports)).rejects.toMatchObject({
      name: 'FencingUnproven',
    });
    on.leases.lost.add('us-east-1');
    await expect(quiescePrimary({ run, since: run.startedAt }, on.ports)).rejects.toMatchObject({
      name: 'AwsUnavailable',
    });
  });

  it('are replayed to the last position by every database, or come back', async () => {
    const on = world();
    const at = (seconds: number, replayed: string | Error) => {
      on.clock.seconds = seconds;
      const withDatabase = async () => {
        if (replayed instanceof Error) throw replayed;
        return replayed as never;
      };
      const positions = [{ database: 'aeon-dt', position: '16/B374D848' }];
      return lookAtReplay(
        { run, readAt: run.startedAt, positions },
        { loginOf: async () => login, withDatabase, clock: on.clock },
      );
    };
    expect((await at(1, '16/B374D848')).do).toBe('promote');
    expect((await at(1, '16/B374D847')).do).toBe('wait');
    expect((await at(1, new Error('gone'))).do).toBe('wait');
    expect((await at(60, new Error('gone'))).do).toBe('let-in-again');
  });
});

describe('an application that is let in again', () => {
  async function stopped() {
    const on = world();
    await on.guard();
    on.clock.seconds = 5;
    await quiescePrimary({ run, since: run.startedAt }, on.ports);
    return on;
  }
  const again = { run, since: new Date(start + 5_000).toISOString() };

  it('writes with the next round of the guard, and nothing is remembered', async () => {
    const on = await stopped();
    expect(await letInAgain(again, on.ports)).toMatchObject({ state: 'open' });
    expect(on.quiet()).toBeUndefined();
    expect((await on.guard()).state).toBe('guarded');
    expect(on.primary.lets()).toBe(95);
    expect(await letInAgain(again, on.ports)).toMatchObject({ state: 'open', why: 'The writes were not stopped.' });
  });

  it('writes by the witness while the other region is lost, whose record is opened when it returns', async () => {
    const on = await stopped();
    on.leases.lost.add('us-east-1');
    expect(await letInAgain(again, on.ports)).toMatchObject({ state: 'waiting', waitSeconds: 10 });
    expect((await on.guard()).state).toBe('guarded');
    // What another closes meanwhile at a place that was opened is not this failback's to open.
    await on.leases.close('eu-west-1', { epoch: 2, holder: 'us-west-2' });
    on.leases.lost.delete('us-east-1');
    expect(await letInAgain(again, on.ports)).toMatchObject({ state: 'open' });
    expect(on.leases.records.get('eu-west-1')?.closedBy).toBe(3);
    expect(on.leases.records.get('us-east-1')?.closedBy).toBeUndefined();
  });

  it('is not let in while the other region takes over', async () => {
    const on = await stopped();
    on.answers['claim-platform'] = () => {
      throw Object.assign(new Error('it moves'), { name: 'FailoverAlreadyRunning' });
    };
    await expect(letInAgain(again, on.ports)).rejects.toMatchObject({ name: 'FailoverAlreadyRunning' });
    expect(on.leases.records.get('us-east-1')?.closedBy).toBe(3);
  });

  it('is not let in by anybody once the other region enters its reign', async () => {
    const on = await stopped();
    await askOtherRegion({ run, task: 'enter-reign', payload: { run } }, on.ports);
    expect(on.asked).toEqual(['enter-reign in us-east-1']);
    expect(await letInAgain(again, on.ports)).toMatchObject({ why: 'The writes were not stopped.' });
    expect(on.leases.records.get('us-east-1')?.closedBy).toBe(3);
  });

  it('is let in when the execution is stopped, whose claims are given back in both regions', async () => {
    const on = await stopped();
    const told: string[] = [];
    const ports = {
      ...on.ports,
      environment: 'aeon',
      interlock: on.interlock,
      notifications: { publish: async (_: string, subject: string) => void told.push(subject) },
    };
    await on.interlock.claim({ subjects: ['platform'], work: 'failover', holder: arn, forSeconds: 1800 });
    await endFailback({ executionArn: 'another', status: 'ABORTED' }, ports);
    expect(on.leases.records.get('us-east-1')?.closedBy).toBe(3);
    expect(await on.interlock.list()).toHaveLength(1);
    await endFailback({ executionArn: arn, status: 'ABORTED' }, ports);
    expect(on.leases.records.get('us-east-1')?.closedBy).toBeUndefined();
    expect(await on.interlock.list()).toEqual([]);
    expect(on.asked).toContain('release-work in us-east-1');
    expect(told).toHaveLength(2);
    on.leases.lost.add('us-east-1');
    await quiescePrimary({ run, since: run.startedAt }, on.ports).catch(() => undefined);
    await expect(endFailback({ executionArn: arn, status: 'ABORTED' }, ports)).rejects.toMatchObject({
      name: 'AwsUnavailable',
    });
  });
});
