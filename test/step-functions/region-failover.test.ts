import { describe, expect, it } from 'vitest';
import { failoverDatabaseParameterName, failoverPlanParameterName } from '../../domain/failover-plan.ts';
import { askForFailover } from '../../lambdas/failover/ask-for-failover.ts';
import { assessFailover } from '../../lambdas/failover/assess-failover.ts';
import { beginFailover } from '../../lambdas/failover/begin-failover.ts';
import { claimPlatform } from '../../lambdas/failover/claim-platform.ts';
import { admitApplication, enterReign } from '../../lambdas/failover/enter-reign.ts';
import { fencePrimary, openLease } from '../../lambdas/failover/fence-primary.ts';
import { measureLoss } from '../../lambdas/failover/measure-loss.ts';
import { promoteDatabase } from '../../lambdas/failover/promote-database.ts';
import { tellFailover } from '../../lambdas/failover/tell-failover.ts';
import { guardRound } from '../../lambdas/guard/guard-primary.ts';
import { releaseWork } from '../../lambdas/interlock/release-work.ts';
import type { Approval } from '../../lambdas/ports/aws.ts';
import { validateDefinition } from '../../rehearsal/asl/index.ts';
import { Kernel } from '../../rehearsal/kernel/kernel.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import {
  plan as automatic,
  database,
  login,
  MemoryDatabase,
  MemoryLeases,
  MemoryReign,
  MemoryWatch,
  parametersOf,
  start,
  TestClock,
} from '../lambdas/failover/world.ts';
import { MemoryInterlock } from '../lambdas/memory-interlock.ts';
import { definitionOf } from './definitions.ts';
import { type Instead, interpret, type Task } from './interpret.ts';

interface Options {
  readonly plan?: Partial<typeof automatic>;
  readonly given?: Json;
  readonly instead?: Instead;
  /** A person's answers, each 20 seconds after its question; none: nobody answers. */
  readonly answers?: 'approve' | 'reject';
  /** Seconds that the promotion takes. */
  readonly promotion?: number;
  /** Statuses before it. */
  readonly busySeconds?: number;
  readonly lagSeconds?: number;
  /** The witness does not answer. */
  readonly witnessLost?: boolean;
}

const instance = 'arn:aws:rds:us-east-1:111111111111:db:aeon-aeon-dt';

/** A region that is lost at `start`, three seconds after the last renewal, and the failover that is started 50 seconds later. */
async function failover(options: Options = {}) {
  const plan = { ...automatic, ...options.plan };
  const kernel = new Kernel({ seed: 1, startsAt: start + 50_000 });
  const clock = new TestClock();
  const leases = new MemoryLeases(clock);
  const old = new MemoryDatabase(clock);
  clock.seconds = -3;
  const oldReign = new MemoryReign();
  const guarded = {
    region: 'us-east-1',
    plan,
    databases: [{ ...database, login }],
    leases,
    reign: oldReign,
    withDatabase: old.with,
    clock,
  };
  await guardRound({ reign: oldReign.record, limited: [] }, guarded);
  Object.defineProperty(clock, 'seconds', { get: () => (kernel.now() - start) / 1000 });
  leases.lost.add('us-east-1');
  if (options.witnessLost) leases.lost.add('eu-west-1');
  const promoted = new MemoryDatabase(clock);
  for (const [role, until] of old.validity) promoted.validity.set(role, until);
  const lag = options.lagSeconds ?? 1;
  promoted.heartbeat = { epoch: 1, beatenAt: clock.at(-lag) };
  const reign = new MemoryReign();
  const memory = new MemoryWatch();
  memory.kept = { lookedAt: clock.at(45).toISOString(), lostSince: { public: clock.at(35).toISOString() } };
  const interlock = new MemoryInterlock(clock);
  const published: string[][] = [];
  let promotedAt: number | undefined;
  const since = kernel.now();
  const see = async () => {
    const promotes = promotedAt !== undefined && kernel.now() < promotedAt + (options.promotion ?? 240) * 1000;
    if (promotes) return { status: 'modifying', multipleZones: true };
    if (promotedAt !== undefined) return { status: 'available', multipleZones: true };
    const busy = kernel.now() < since + (options.busySeconds ?? 0) * 1000;
    return { status: busy ? 'backing-up' : 'available', sourceOf: instance, multipleZones: true };
  };
  const questions: Approval[] = [];
  const did: string[] = [];
  const ports = {
    environment: 'aeon',
    region: 'us-west-2',
    plan,
    databases: ['aeon-dt'],
    leases,
    memory,
    reign,
    interlock,
    clock,
    parameters: parametersOf({
      [failoverPlanParameterName('aeon')]: plan,
      [failoverDatabaseParameterName('aeon', 'aeon-dt')]: database,
    }),
    publicHealth: { look: async () => 'down' as const },
    oldestBeat: async () => promoted.heartbeat.beatenAt,
    beatOf: async () => promoted.heartbeat,
    notifications: { publish: async (...given: string[]) => void published.push(given) },
    approvals: {
      find: async () => undefined,
      answer: async () => true,
      ask: async (asked: Approval) => {
        questions.push(asked);
        answer(asked);
        return true;
      },
    },
    executions: { answer: async () => true },
  };
  const answer = (asked: Approval) => {
    const decision = options.answers;
    if (decision)
      kernel.after(20_000, 'a person answers', () =>
        run.execution.sendTaskSuccess(asked.token, JSON.stringify({ decision, by: 'Ada' })),
      );
  };
  const sql = { databases: [{ name: 'aeon-dt', login }], withDatabase: promoted.with };
  const on =
    (task: (payload: never, ports: never) => Promise<unknown>, over: object = {}): Task =>
    (payload) =>
      task(payload, { ...ports, ...over } as never);
  const fake =
    (name: string, output: (payload: { to?: string }) => unknown): Task =>
    async (payload) => {
      did.push(`${name}${(payload as { to?: string }).to ?? ''}`);
      return output(payload);
    };
  const instances = {
    see,
    promote: async () => {
      promotedAt = kernel.now();
      return true;
    },
  };
  const run = interpret({
    workflow: 'region-failover',
    name: 'reign-2',
    kernel,
    input: options.given ?? { platform: 'aeon', reason: 'It does not answer.', startedBy: 'watch' },
    instead: options.instead,
    tasks: {
      'begin-failover': on(beginFailover as never),
      'claim-platform': on(claimPlatform as never),
      'assess-failover': on(assessFailover as never),
      'ask-for-failover': on(askForFailover as never),
      'fence-primary': on(fencePrimary as never),
      'open-lease': on(openLease as never),
      'measure-loss': on(measureLoss as never),
      'promote-database': on(promoteDatabase as never, { database, instances, toReplay: async () => 0 }),
      'restore-newest-set': fake('restore', () => ({
        state: 'restored',
        waitSeconds: 0,
        remarks: ['Restored from a set of 11:00.'],
      })),
      'scale-compute': fake('scale ', () => ({
        state: kernel.now() < since + 100_000 ? 'waiting' : 'ready',
        waitSeconds: 10,
        remarks: [],
      })),
      'take-secrets': fake('secrets', () => ({ taken: ['x'], remarks: [] })),
      'enter-reign': on(enterReign as never, sql),
      'admit-application': on(admitApplication as never, sql),
      'validate-region': fake('validate', () => ({ valid: true, wrong: [] })),
      'open-traffic': fake('open', () => ({ followed: did.filter((one) => one === 'open').length > 6, openedAt: 'x' })),
      'tell-failover': on(tellFailover as never),
      'release-work': on(releaseWork as never),
    },
  });
  const result = await run.result();
  const seconds = (kernel.now() - start) / 1000;
  return {
    run,
    result,
    output: (result.output ?? {}) as Record<string, unknown>,
    seconds,
    promoted,
    old,
    leases,
    reign,
    memory,
    interlock,
    published,
    questions,
    did,
    guarded,
    clock,
  };
}

describe('region-failover', () => {
  it('is a definition that Step Functions takes', () => {
    expect(validateDefinition(definitionOf('region-failover'), 'STANDARD').diagnostics).toEqual([]);
  });

  it('fences, promotes, admits and opens within its time', async () => {
    const { output, seconds, promoted, reign, memory, interlock, leases, did } = await failover();
    expect(output).toMatchObject({
      outcome: 'failed-over',
      fencing: 'proven',
      lossSeconds: 88,
      approvedBy: [],
      remarks: [expect.stringContaining("The store 'graph' does not move"), expect.stringContaining('readiness')],
    });
    expect((output['steps'] as { name: string }[]).map(({ name }) => name)).toEqual([
      'detect',
      'decide',
      'fence',
      'measure-loss',
      'promote',
      'scale',
      'admit',
      'validate',
      'open-traffic',
    ]);
    expect(seconds).toBeLessThan(600);
    expect(promoted.lets()).toBe(Number.POSITIVE_INFINITY);
    expect(reign.record).toEqual({ epoch: 2, primary: 'us-west-2' });
    expect(memory.last?.outcome).toBe('moved');
    expect(await interlock.list()).toEqual([]);
    expect(leases.calls.filter((call) => call.endsWith('us-east-1'))).toEqual([]);
    expect(did[0]).toBe('scale serve');
  });

  it('promotes nothing before the fence is proven', async () => {
    const { run } = await failover();
    const states = run.states();
    expect(states.indexOf('Promote the database')).toBeGreaterThan(states.lastIndexOf('Fence the primary'));
    expect(states.indexOf('Open traffic')).toBeGreaterThan(states.indexOf('Validate the region'));
    expect(states.indexOf('Admit the application')).toBeGreaterThan(states.lastIndexOf('Promote the database'));
  });

  it('asks where a person decides, and says who said yes', async () => {
    const { output, questions } = await failover({ plan: { decision: 'person' }, answers: 'approve' });
    expect(output).toMatchObject({ outcome: 'failed-over', approvedBy: ['Ada'] });
    expect(questions).toHaveLength(1);
  });

  it('stays where a person says no or nobody answers, and takes back what has begun', async () => {
    const no = await failover({ plan: { decision: 'person' }, answers: 'reject' });
    expect(no.output).toMatchObject({ outcome: 'stayed', reason: expect.stringContaining('Ada said no.') });
    const late = await failover({ plan: { decision: 'person' } });
    expect(late.output).toMatchObject({ outcome: 'asked' });
    expect(late.did).toEqual(['scale serve', 'scale stand-by']);
    expect(late.memory.last?.outcome).toBe('not-answered');
    expect(late.reign.record.epoch).toBe(1);
  });

  it('ends quietly where the alarm starts it beside another; who typed it is told, and neither decides', async () => {
    const instead: Instead = (task) => (task === 'claim-platform' ? { error: 'FailoverAlreadyRunning' } : undefined);
    const refused = { workflow: 'region-failover', outcome: 'refused' };
    const byAlarm = await failover({ instead });
    expect(byAlarm.output).toMatchObject({ ...refused, reason: expect.stringContaining('FailoverAlreadyRunning: ') });
    expect(byAlarm.published).toEqual([]);
    const byHand = await failover({ instead, given: { platform: 'aeon', reason: 'It burns.' } });
    expect(byHand.output).toMatchObject(refused);
    expect(byHand.published.map(([severity, subject]) => [severity, subject])).toEqual([
      ['warning', 'aeon: a second failover was refused'],
    ]);
    for (const { result, memory, did } of [byAlarm, byHand]) {
      expect([result.status, memory.last, did]).toEqual(['SUCCEEDED', undefined, []]);
    }
  });

  it('ends quietly where the alarm comes after the move, and fails where a person moves it to where it is', async () => {
    const instead: Instead = (task) => (task === 'begin-failover' ? { error: 'AlreadyPrimary' } : undefined);
    const byAlarm = await failover({ instead });
    expect([byAlarm.result.status, byAlarm.published]).toEqual(['SUCCEEDED', []]);
    const byHand = await failover({ instead, given: { platform: 'aeon', reason: 'It burns.' } });
    expect([byHand.result.status, byHand.result.error, byHand.published.length]).toEqual([
      'FAILED',
      'AlreadyPrimary',
      1,
    ]);
  });

  it('asks where nothing proves the fence; a no opens the lease, and the primary lives on', async () => {
    const { output, questions, leases, guarded, old, clock } = await failover({ witnessLost: true, answers: 'reject' });
    expect(output).toMatchObject({ outcome: 'stayed', fencing: 'unproven' });
    expect(questions[0]?.question).toContain('eu-west-1');
    expect(leases.records.get('us-west-2')?.closedBy).toBeUndefined();
    leases.lost.clear();
    expect((await guardRound({ reign: { epoch: 1, primary: 'us-east-1' }, limited: [] }, guarded)).state).toBe(
      'guarded',
    );
    expect(old.lets()).toBe(clock.seconds + 90);
  });

  it('goes on without a proof where a person accepts it', async () => {
    const { output } = await failover({ witnessLost: true, answers: 'approve' });
    expect(output).toMatchObject({ outcome: 'failed-over', fencing: 'unproven', approvedBy: ['Ada'] });
  });

  it('asks before it loses more than is allowed, with the number', async () => {
    const { questions, output } = await failover({ lagSeconds: 400, answers: 'approve' });
    expect(questions.map(({ question }) => question)).toEqual([expect.stringContaining('487 s')]);
    expect(output).toMatchObject({ outcome: 'failed-over', lossSeconds: 487 });
  });

  it('waits for a backup of the replica', async () => {
    const { output } = await failover({ busySeconds: 120 });
    expect(output['outcome']).toBe('failed-over');
  });

  it('tells of a promotion over its share while it runs, once, and fails by name when it hangs', async () => {
    const { result, published, interlock } = await failover({ promotion: 1000 });
    expect(result).toMatchObject({ status: 'FAILED', error: 'PromotionHangs' });
    expect(published.filter(([, subject]) => subject?.includes('longer than it may'))).toHaveLength(1);
    expect(await interlock.list()).toEqual([]);
  });

  it('refuses by name what may not begin', async () => {
    const { result, published } = await failover({ given: { platform: 'rag', reason: 'x' } });
    expect(result).toMatchObject({ status: 'FAILED', error: 'AnotherPlatform' });
    expect(published).toHaveLength(1);
  });

  it('without a replica restores the newest set and says so', async () => {
    const { output } = await failover({
      instead: (task) =>
        task === 'promote-database'
          ? { payload: { state: 'restore', waitSeconds: 0, askedAt: null, told: false, why: 'There is no replica.' } }
          : undefined,
    });
    expect(output).toMatchObject({
      outcome: 'failed-over',
      remarks: expect.arrayContaining(['Restored from a set of 11:00.']),
    });
  });

  it('scales and takes secrets as far as it can: neither stops it', async () => {
    const { output } = await failover({
      instead: (task) => (['scale-compute', 'take-secrets'].includes(task) ? { error: 'AwsRefused' } : undefined),
    });
    expect(output).toMatchObject({ outcome: 'failed-over' });
    expect((output['remarks'] as string[]).join(' ')).toMatch(/AwsRefused while scaling.*rotation has to be mended/);
  });
});
