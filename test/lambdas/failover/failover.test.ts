import { describe, expect, it } from 'vitest';
import {
  failoverDatabaseParameterName,
  failoverPlanParameterName,
  readinessParameterName,
} from '../../../domain/failover-plan.ts';
import { leaseSeconds } from '../../../domain/lease.ts';
import { readiness, readinessParts } from '../../../domain/readiness.ts';
import { assessFailover } from '../../../lambdas/failover/assess-failover.ts';
import { beginFailover } from '../../../lambdas/failover/begin-failover.ts';
import { claimPlatform } from '../../../lambdas/failover/claim-platform.ts';
import { admitApplication, enterReign } from '../../../lambdas/failover/enter-reign.ts';
import { fencePrimary, openLease } from '../../../lambdas/failover/fence-primary.ts';
import { measureLoss } from '../../../lambdas/failover/measure-loss.ts';
import { promoteDatabase } from '../../../lambdas/failover/promote-database.ts';
import { tellFailover } from '../../../lambdas/failover/tell-failover.ts';
import { guardRound } from '../../../lambdas/guard/guard-primary.ts';
import { MemoryInterlock } from '../memory-interlock.ts';
import {
  database,
  login,
  MemoryDatabase,
  MemoryLeases,
  MemoryReign,
  MemoryWatch,
  parametersOf,
  plan,
  run,
  TestClock,
} from './world.ts';

const parameters = parametersOf({
  [failoverPlanParameterName('aeon')]: plan,
  [failoverDatabaseParameterName('aeon', 'aeon-dt')]: database,
});
const execution = run.execution;
const startedAt = run.startedAt;

describe('begin-failover', () => {
  const begin = (input: unknown, fields: { region?: string; reign?: MemoryReign; memory?: MemoryWatch } = {}) =>
    beginFailover(
      { input, execution, startedAt },
      {
        environment: 'aeon',
        region: fields.region ?? 'us-west-2',
        parameters,
        reign: fields.reign ?? new MemoryReign(),
        memory: fields.memory ?? new MemoryWatch(),
      },
    );
  it('says what moves from where to where', async () => {
    expect(await begin({ platform: 'aeon', reason: 'It burns.' })).toMatchObject({
      run: { startedBy: 'person', forced: false, epoch: 1, from: 'us-east-1', to: 'us-west-2', recoverySeconds: 900 },
      databases: ['aeon-dt'],
      resumes: false,
    });
  });
  it.each<[string, unknown, string]>([
    ['another platform', { platform: 'rag', reason: 'x' }, 'AnotherPlatform'],
    ['no reason', { platform: 'aeon' }, 'InvalidInput'],
    ['an unknown field', { platform: 'aeon', reason: 'x', sure: true }, 'InvalidInput'],
  ])('refuses %s', async (_, input, name) => {
    await expect(begin(input)).rejects.toMatchObject({ name });
  });
  it('refuses the region that reigns', async () => {
    await expect(begin({ platform: 'aeon', reason: 'x' }, { region: 'us-east-1' })).rejects.toMatchObject({
      name: 'AlreadyPrimary',
    });
  });
  it('is forced only by the name of the environment', async () => {
    expect((await begin({ platform: 'aeon', reason: 'x', force: 'yes' })).run.forced).toBe(false);
    expect((await begin({ platform: 'aeon', reason: 'x', force: 'aeon' })).run.forced).toBe(true);
  });
  it('goes on where a former one entered the reign and did not end, and is refused once it has', async () => {
    const reign = new MemoryReign({ epoch: 2, primary: 'us-west-2' });
    const memory = new MemoryWatch();
    expect(await begin({ platform: 'aeon', reason: 'x' }, { reign, memory })).toMatchObject({
      resumes: true,
      run: { epoch: 1, from: 'us-east-1' },
    });
    memory.last = { at: startedAt, epoch: 1, outcome: 'moved' };
    await expect(begin({ platform: 'aeon', reason: 'x' }, { reign, memory })).rejects.toMatchObject({
      name: 'AlreadyPrimary',
    });
  });
});

describe('claim-platform', () => {
  function claims() {
    const clock = new TestClock();
    const interlock = new MemoryInterlock(clock);
    const seen = new Map<string, { status: string; input: string; stoppedAt?: Date }>();
    const executions = { describe: async (arn: string) => seen.get(arn) };
    const claim = (override: boolean, arn = execution.arn) =>
      claimPlatform(
        { run: { ...run, execution: { name: 'x', arn } }, forSeconds: 3600, override },
        { interlock, executions, clock },
      );
    return { interlock, claim, seen, clock };
  }
  it('takes the platform over from a failover that was stopped, when its last task must have ended', async () => {
    const { claim, seen, clock, interlock } = claims();
    await claim(false);
    seen.set(execution.arn, { status: 'RUNNING', input: '{}' });
    await expect(claim(false, 'arn:second')).rejects.toMatchObject({ name: 'FailoverAlreadyRunning' });
    seen.set(execution.arn, { status: 'ABORTED', input: '{}', stoppedAt: clock.now() });
    await expect(claim(false, 'arn:second')).rejects.toMatchObject({ name: 'WorkInProgress' });
    await clock.pass(35);
    expect((await claim(false, 'arn:second')).remarks).toEqual([
      `The failover ${execution.arn} had ended as ABORTED without giving the platform back; this one took it over.`,
    ]);
    expect(await interlock.list()).toMatchObject([{ subject: 'platform', holder: 'arn:second' }]);
  });
  it('refuses a second failover, and is the same for a second delivery of the first', async () => {
    const { claim } = claims();
    await claim(false);
    await expect(claim(false)).resolves.toEqual({ remarks: [] });
    await expect(claim(true, 'another')).rejects.toMatchObject({ name: 'FailoverAlreadyRunning' });
  });
  it('waits for a rotation, and takes its claim away when the time is over', async () => {
    const { interlock, claim } = claims();
    await interlock.claim({ subjects: ['database/aeon-dt'], work: 'rotation', holder: 'v1', forSeconds: 600 });
    await expect(claim(false)).rejects.toMatchObject({ name: 'WorkInProgress' });
    expect((await claim(true)).remarks).toEqual(['A rotation of database/aeon-dt (v1) was not waited for.']);
    expect(await interlock.list()).toMatchObject([{ subject: 'platform', work: 'failover' }]);
  });
});

function world() {
  const clock = new TestClock();
  const leases = new MemoryLeases(clock);
  const postgres = new MemoryDatabase(clock);
  const memory = new MemoryWatch();
  const primary = {
    region: 'us-east-1',
    plan,
    databases: [{ ...database, login }],
    leases,
    reign: new MemoryReign(),
    withDatabase: postgres.with,
    clock,
  };
  const guard = (seconds: number) => {
    clock.seconds = seconds;
    return guardRound({ reign: primary.reign.record, limited: [] }, primary);
  };
  const fence = (seconds: number, accepted = false) => {
    clock.seconds = seconds;
    return fencePrimary({ run, accepted }, { plan, databases: ['aeon-dt'], leases, clock });
  };
  return { clock, leases, postgres, memory, primary, guard, fence };
}

describe('assess-failover', () => {
  const assess = async (fields: Partial<typeof run> = {}, report?: unknown) => {
    const { clock, leases, memory, guard } = world();
    await guard(0);
    const ports = {
      environment: 'aeon',
      region: 'us-west-2',
      plan,
      leases,
      memory,
      publicHealth: { look: async () => 'down' as const },
      oldestBeat: async () => clock.at(0),
      clock,
      parameters: parametersOf(report === undefined ? {} : { [readinessParameterName('aeon')]: report }),
    };
    for (const seconds of [30, 40, 50]) {
      clock.seconds = seconds;
      await assessFailover({ run: { ...run, startedBy: 'person', forced: true } }, ports);
    }
    clock.seconds = 60;
    return await assessFailover({ run: { ...run, ...fields } }, ports);
  };
  const report = (blocks: boolean) =>
    readiness(
      readinessParts.map((part) => ({
        part,
        faults: blocks && part === 'keys' ? [{ severity: 'blocks' as const, what: 'It is gone.' }] : [],
      })),
      { environment: 'aeon', region: 'us-west-2', now: new Date('2026-11-21T06:00:00Z') },
    );
  it('goes where the region is lost, and says that nobody has looked at readiness', async () => {
    expect(await assess()).toMatchObject({
      verdict: 'go',
      pattern: 'region-lost',
      remarks: [expect.stringContaining('readiness')],
    });
  });
  it('refuses a standby with a blocking fault, unless forced', async () => {
    await expect(assess({ startedBy: 'watch' }, report(false))).resolves.toMatchObject({ verdict: 'go', remarks: [] });
    await expect(assess({}, report(true))).rejects.toMatchObject({ name: 'StandbyNotReady' });
    await expect(assess({ forced: true }, report(true))).resolves.toMatchObject({
      verdict: 'go',
      remarks: ['Forced in spite of: keys: It is gone.'],
    });
  });
});

describe('fence-primary', () => {
  it('waits for the end of the lease and is proven then; the old primary has let nobody in since', async () => {
    const { guard, fence, postgres } = world();
    await guard(0);
    expect(await fence(50)).toMatchObject({ do: 'wait', waitSeconds: 60 });
    expect(await fence(110)).toMatchObject({
      do: 'go-on',
      fencing: 'proven',
      writableUntil: new Date('2026-11-21T12:01:30Z').toISOString(),
    });
    expect(postgres.lets()).toBe(leaseSeconds);
  });
  it('asks a person where the witness does not answer, and goes on when that is accepted', async () => {
    const { guard, fence, leases } = world();
    await guard(0);
    leases.lost.add('eu-west-1');
    expect(await fence(200)).toMatchObject({ do: 'ask', why: 'no answer from eu-west-1 (AwsUnavailable)' });
    expect(await fence(200, true)).toMatchObject({
      do: 'go-on',
      fencing: 'unproven',
      writableUntil: new Date('2026-11-21T12:03:20Z').toISOString(),
    });
  });
  it('asks nothing of the region that is left', async () => {
    const { guard, fence, leases } = world();
    await guard(0);
    leases.calls.length = 0;
    await fence(100);
    expect(leases.calls).toEqual(['close us-west-2', 'close eu-west-1']);
  });
  it('is taken back: the primary lives on', async () => {
    const { guard, fence, leases, postgres } = world();
    await guard(0);
    await fence(50);
    expect(await openLease({ run }, { plan, leases })).toEqual({ opened: ['us-west-2', 'eu-west-1'] });
    expect(await openLease({ run }, { plan, leases })).toEqual({ opened: [] });
    expect((await guard(60)).state).toBe('guarded');
    expect(postgres.lets()).toBe(150);
  });
});

describe('measure-loss', () => {
  const measure = (
    beat: () => Promise<{ epoch: number; beatenAt: Date } | undefined>,
    restorePoint: () => Promise<Date | undefined> = async () => undefined,
    accepted = false,
  ) =>
    measureLoss(
      {
        run,
        writableUntil: new TestClock().at(60).toISOString(),
        renewedAt: new TestClock().at(0).toISOString(),
        accepted,
      },
      { plan, databases: [database], beatOf: beat, restorePoint },
    );
  it('is from the last beat to the end of writing', async () => {
    expect(await measure(async () => ({ epoch: 1, beatenAt: new TestClock().at(-2) }))).toMatchObject({
      do: 'go-on',
      seconds: 62,
      secondsMin: 0,
      why: 'Between 0 s and 62 s are lost; 300 s are allowed.',
    });
  });
  it('asks where it is above the objective, or unknown', async () => {
    expect(await measure(async () => ({ epoch: 1, beatenAt: new TestClock().at(-241) }))).toMatchObject({
      do: 'ask',
      seconds: 301,
    });
    expect(await measure(() => Promise.reject(new Error('gone')))).toMatchObject({ do: 'ask', seconds: null });
  });
  it('is counted from the newest set where there is no replica to promote', async () => {
    const gone = () => Promise.reject(new Error('gone'));
    expect(await measure(gone, async () => new TestClock().at(-3540))).toMatchObject({ do: 'ask', seconds: 3600 });
    expect(await measure(gone, async () => new TestClock().at(-3540), true)).toMatchObject({ do: 'go-on' });
  });
});

describe('promote-database', () => {
  const source = { sourceOf: 'arn:aws:rds:us-east-1:111111111111:db:aeon-aeon-dt' };
  function promotion(statuses: readonly { status: string; sourceOf?: string }[]) {
    const clock = new TestClock();
    const asked: string[] = [];
    let looks = 0;
    const look = (input: { askedAt: string | null; told: boolean }) =>
      promoteDatabase(
        { run, database: 'aeon-dt', since: run.startedAt, ...input },
        {
          database,
          instances: {
            see: async () => ({
              multipleZones: true,
              ...(statuses[Math.min(looks++, statuses.length - 1)] ?? { status: 'gone' }),
            }),
            promote: async (instance) => {
              asked.push(instance);
              return true;
            },
          },
          toReplay: async () => 0,
          clock,
        },
      );
    return { clock, asked, look };
  }
  it('is asked for once and looked at until the instance is its own', async () => {
    const { clock, asked, look } = promotion([
      { status: 'backing-up', ...source },
      { status: 'available', ...source },
      { status: 'modifying' },
      { status: 'available' },
    ]);
    let last = await look({ askedAt: null, told: false });
    expect(last).toMatchObject({ state: 'waiting', why: expect.stringContaining('backing-up') });
    for (const seconds of [10, 20, 30]) {
      clock.seconds = seconds;
      last = await look(last);
    }
    expect(last.state).toBe('promoted');
    expect(asked).toEqual(['aeon-aeon-dt']);
  });
  it('is given up for the newest set where the replica is lost', async () => {
    expect(await promotion([{ status: 'failed', ...source }]).look({ askedAt: null, told: false })).toMatchObject({
      state: 'restore',
    });
  });
  it('hangs', async () => {
    const { clock, look } = promotion([{ status: 'modifying' }]);
    clock.seconds = 421;
    expect(await look({ askedAt: run.startedAt, told: false })).toMatchObject({ state: 'waiting', told: true });
    clock.seconds = 631;
    await expect(look({ askedAt: run.startedAt, told: true })).rejects.toMatchObject({ name: 'PromotionHangs' });
  });
});

describe('enter-reign and admit-application', () => {
  it('let the application in again in the new reign, and tell the former primary when it asks', async () => {
    const { guard, fence, leases, postgres, clock, primary } = world();
    await guard(0);
    await fence(110);
    const promoted = new MemoryDatabase(clock);
    for (const [role, until] of postgres.validity) promoted.validity.set(role, until);
    const reign = new MemoryReign();
    const ports = { databases: [{ name: 'aeon-dt', login }], withDatabase: promoted.with };
    expect(promoted.lets()).toBe(90);
    for (let delivery = 0; delivery < 2; delivery++) {
      expect(await enterReign({ run }, { ...ports, reign, leases, plan })).toEqual({ epoch: 2 });
    }
    expect(promoted.heartbeat.epoch).toBe(2);
    expect(await admitApplication({ run }, ports)).toEqual({ roles: 2 });
    expect(await admitApplication({ run }, ports)).toEqual({ roles: 0 });
    expect(promoted.lets()).toBe(Number.POSITIVE_INFINITY);
    // The old primary comes back.
    expect((await guard(5000)).state).toBe('stale');
    expect(primary.reign.record).toEqual({ epoch: 2, primary: 'us-west-2' });
    expect(postgres.lets()).toBeLessThanOrEqual(5000);
  });
});

describe('tell-failover', () => {
  const told = async (fields: Partial<Parameters<typeof tellFailover>[0]>) => {
    const memory = new MemoryWatch();
    const clock = new TestClock();
    clock.seconds = 500;
    const published: string[][] = [];
    await tellFailover(
      {
        run,
        execution,
        moment: 'ended',
        outcome: 'failed-over',
        reason: 'It burns.',
        fencing: 'proven',
        lossSeconds: 62,
        lossSecondsMin: 0,
        approvedBy: ['Ada'],
        steps: [{ name: 'promote', startedAt: clock.at(10).toISOString(), endedAt: clock.at(450).toISOString() }],
        remarks: [],
        ...fields,
      },
      {
        environment: 'aeon',
        notifications: { publish: async (...given) => void published.push(given) },
        memory,
        clock,
      },
    );
    return { memory, published };
  };
  it('says how long each step took, what is lost and who said yes, and keeps the decision', async () => {
    const { memory, published } = await told({});
    expect(published[0]?.slice(0, 2)).toEqual(['critical', 'aeon: failover from us-east-1 to us-west-2: failed-over']);
    for (const text of [
      'promote: 440 s of 420, over its share',
      'Lost: between 0 s and 62 s',
      'Approved by Ada',
      'proven',
    ])
      expect(published[0]?.[2]).toContain(text);
    expect(memory.last).toMatchObject({ epoch: 1, outcome: 'moved' });
  });
  it('keeps nothing of one that failed or that goes on', async () => {
    expect((await told({ outcome: 'failed' })).memory.last).toBeUndefined();
    expect((await told({ moment: 'over-budget', outcome: null })).memory.last).toBeUndefined();
    expect((await told({ outcome: 'asked' })).memory.last).toMatchObject({ outcome: 'not-answered' });
  });
});

describe('tell-failover', () => {
  async function told(moment: 'ended' | 'not-begun', reason: string) {
    const memory = new MemoryWatch();
    const said: string[] = [];
    const notifications = {
      publish: async (severity: string, subject: string) => void said.push(`${severity} ${subject}`),
    };
    const clock = new TestClock();
    const ports = { environment: 'aeon', notifications, memory, clock };
    const about = {
      run,
      execution,
      fencing: null,
      lossSeconds: null,
      lossSecondsMin: null,
      approvedBy: [],
      steps: [],
      remarks: [],
    };
    await tellFailover({ ...about, moment, outcome: 'refused', reason }, ports);
    return { said, decided: memory.last?.outcome };
  }

  it('keeps the refusal of a standby that is not ready: it binds the watch', async () => {
    expect(await told('ended', 'StandbyNotReady: us-west-2 has no image.')).toEqual({
      said: ['warning aeon: failover from us-east-1 to us-west-2: refused'],
      decided: 'refused',
    });
  });

  it('keeps nothing where another failover runs, or AWS did not answer: the watch may try again', async () => {
    expect(await told('not-begun', 'FailoverAlreadyRunning: …')).toEqual({
      said: ['warning aeon: a second failover was refused'],
      decided: undefined,
    });
    expect((await told('ended', 'AwsUnavailable: dynamodb:Scan')).decided).toBeUndefined();
  });
});
