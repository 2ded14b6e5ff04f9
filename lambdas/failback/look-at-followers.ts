import {
  type Follower,
  followerLookSeconds,
  lagSecondsMax,
  nextLookSeconds,
  switchObstacles,
  windowAt,
} from '../../domain/failback.ts';
import { type FailoverDatabase, type FailoverPlan, readinessParameterName } from '../../domain/failover-plan.ts';
import type { Beat } from '../../domain/heartbeat.ts';
import { blockingFaults, readinessReport } from '../../domain/readiness.ts';
import type { LookAtFollowersInput, LookAtFollowersOutput } from '../../domain/workflows/region-failback.ts';
import type { Parameters } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';
import type { Instances, Leases } from '../ports/failover.ts';
import { jsonOf } from '../rotation/plans.ts';

export interface LookAtFollowersPorts {
  readonly plan: FailoverPlan;
  readonly databases: readonly FailoverDatabase[];
  readonly instances: Pick<Instances, 'see'>;
  readonly leases: Pick<Leases, 'read'>;
  readonly parameters: Pick<Parameters, 'read'>;
  beatOf(database: FailoverDatabase): Promise<Beat | undefined>;
  readonly clock: Clock;
}

/** What stands against the switch now, in the region that is to take over. Throws AwsUnavailable, AwsRefused; changes nothing. */
export async function lookAtFollowers(
  { run, now: atOnce, follows }: LookAtFollowersInput,
  ports: LookAtFollowersPorts,
): Promise<LookAtFollowersOutput> {
  const { plan, databases, leases, parameters, clock } = ports;
  const followers = await Promise.all(databases.map((database) => followerOf(database, follows, ports)));
  const now = clock.now();
  const name = readinessParameterName(run.environment);
  const report = readinessReport.safeParse(jsonOf((await parameters.read(name)) ?? ''));
  const { blocking, remark } = blockingFaults(report.data, now);
  const lease = await leases.read(run.to);
  const armed = lease !== undefined && lease.epoch === run.epoch && lease.closedBy === undefined;
  const window = windowAt(atOnce ? null : plan.switchWindow, now);
  const unarmed = armed ? [] : [`${run.to} has no open lease of reign ${run.epoch} yet.`];
  const obstacles = switchObstacles(followers, window.open, [...unarmed, ...blocking], now);
  const near = window.open ? followerLookSeconds : nextLookSeconds(window.inSeconds);
  return {
    obstacles,
    waitSeconds: near,
    follows: followers.map(({ database, followsSince }) => ({ database, since: followsSince?.toISOString() ?? null })),
    remarks: remark === undefined ? [] : [remark],
  };
}

async function followerOf(
  database: FailoverDatabase,
  follows: LookAtFollowersInput['follows'],
  { instances, beatOf, clock }: LookAtFollowersPorts,
): Promise<Follower> {
  const seen = await instances.see(database.instance);
  const beat = await quietly(() => beatOf(database));
  const now = clock.now();
  const lagSeconds = beat && Math.max(0, (now.getTime() - beat.beatenAt.getTime()) / 1000);
  const before = follows.find((each) => each.database === database.name)?.since;
  const isReplica = seen?.sourceOf !== undefined;
  const well = isReplica && lagSeconds !== undefined && lagSeconds <= lagSecondsMax;
  return {
    database: database.name,
    status: seen?.status ?? 'gone',
    isReplica,
    ...(lagSeconds !== undefined && { lagSeconds }),
    ...(well && { followsSince: typeof before === 'string' ? new Date(before) : now }),
  };
}

async function quietly<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await look();
  } catch {
    return undefined;
  }
}
