import { databaseStep, lostInZone } from '../../domain/database-failover.ts';
import { AnotherPlatform } from '../../domain/failover-errors.ts';
import type { FailoverDatabase, FailoverPlan } from '../../domain/failover-plan.ts';
import { runbookLink, type Severity } from '../../domain/names.ts';
import { reignsIn } from '../../domain/reign.ts';
import { UnknownDatabase } from '../../domain/restore-errors.ts';
import {
  type BeginDatabaseFailoverInput,
  type BeginDatabaseFailoverOutput,
  databaseFailoverRequest,
  type LookAtDatabaseInput,
  type LookAtDatabaseOutput,
  type TellDatabaseFailoverInput,
} from '../../domain/workflows/database-failover.ts';
import { parseInput } from '../handling/task.ts';
import type { Notifications } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';
import type { DatabaseLogin } from '../ports/databases.ts';
import type { Instances, WithDatabase } from '../ports/failover.ts';
import type { Reign } from '../ports/reign.ts';

export interface BeginDatabaseFailoverPorts {
  readonly environment: string;
  readonly region: string;
  readonly plan: FailoverPlan;
  readonly databases: readonly FailoverDatabase[];
  readonly reign: Pick<Reign, 'current'>;
}

/** Whose failover it is. Throws InvalidInput, AnotherPlatform, UnknownDatabase, AwsUnavailable, AwsRefused; changes nothing. */
export async function beginDatabaseFailover(
  { input, execution, startedAt }: BeginDatabaseFailoverInput,
  { environment, region, plan, databases, reign }: BeginDatabaseFailoverPorts,
): Promise<BeginDatabaseFailoverOutput> {
  const request = parseInput(databaseFailoverRequest, input);
  if (request.platform !== environment) throw new AnotherPlatform(request.platform, environment);
  const known = databases.map(({ name }) => name);
  const database = databases.find(({ name }) => name === request.database);
  if (!database) throw new UnknownDatabase(request.database, `The environment '${environment}' in ${region}`, known);
  const secondsMax = plan.databaseRecoverySeconds - plan.databaseChecks.actAfterSeconds;
  return {
    run: {
      execution,
      environment,
      database: database.name,
      instance: database.instance,
      reason: request.reason,
      startedAt,
      secondsMax,
      beatBefore: request.beatBefore ?? null,
    },
    reigns: reignsIn(await reign.current(), region),
    claimSeconds: 4 * plan.databaseRecoverySeconds,
  };
}

export interface LookAtDatabasePorts {
  readonly login: DatabaseLogin;
  readonly epoch: number;
  readonly instances: Pick<Instances, 'see' | 'reboot'>;
  readonly withDatabase: WithDatabase;
  readonly clock: Clock;
}

/** One look: a beat through a login, else RDS; and, where it is time, the call that moves the instance. Throws AwsUnavailable, AwsRefused. */
export async function lookAtDatabase(
  { run, forcedAt }: LookAtDatabaseInput,
  { login, epoch, instances, withDatabase, clock }: LookAtDatabasePorts,
): Promise<LookAtDatabaseOutput> {
  const beat = await quietly(() => withDatabase(login, async (database) => (await database.beatIn(epoch)).beatenAt));
  const seen = beat ? undefined : await instances.see(run.instance);
  const status = seen && { status: seen.status };
  const now = clock.now();
  const step = databaseStep({
    seen: { ...status, multipleZones: seen?.multipleZones ?? false, beats: beat !== undefined },
    since: new Date(run.startedAt),
    forced: forcedAt !== null,
    now,
    secondsMax: run.secondsMax,
  });
  const still = { waitSeconds: 0, forcedAt, lostSeconds: null } as const;
  if (step.do === 'done') {
    const before = run.beatBefore === null ? undefined : new Date(run.beatBefore);
    return {
      ...still,
      state: 'answers',
      lostSeconds: lostInZone(run.database, before, beat ?? now).seconds,
      why: 'It answers.',
    };
  }
  if (step.do === 'give-up') return { ...still, state: 'given-up', why: step.why };
  if (step.do === 'wait') return { ...still, state: 'waiting', waitSeconds: step.waitSeconds, why: step.why };
  const taken = await instances.reboot(run.instance, step.do === 'force');
  return { ...still, state: 'waiting', waitSeconds: 5, forcedAt: taken ? now.toISOString() : null, why: step.why };
}

async function quietly<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch {
    return undefined;
  }
}

const severities: Readonly<Record<TellDatabaseFailoverInput['outcome'], Severity>> = {
  'failed-over': 'critical',
  failed: 'critical',
  stayed: 'warning',
  refused: 'warning',
};

/** Tells people how it ended; where it did not, what they can do next. */
export async function tellDatabaseFailover(
  { run, execution, outcome, reason, lostSeconds }: TellDatabaseFailoverInput,
  { environment, notifications }: { readonly environment: string; readonly notifications: Notifications },
): Promise<{ readonly told: true }> {
  const name = run?.database ?? 'a database';
  const next = outcome === 'failed' ? ['The whole platform can move to its standby: start region-failover there.'] : [];
  const text = [
    reason,
    ...(lostSeconds === null ? [] : [`Acknowledged and missing: ${lostSeconds} s.`]),
    ...next,
    `Execution: ${execution.arn}`,
    runbookLink('database-failover'),
  ].join('\n');
  await notifications.publish(severities[outcome], `${environment}: failover of ${name}: ${outcome}`, text);
  return { told: true };
}
