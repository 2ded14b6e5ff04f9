import { answersForSeconds, answersSince } from '../../domain/failback.ts';
import type { FailoverDatabase } from '../../domain/failover-plan.ts';
import type { LeftRegion } from '../../domain/workflows/region-failback.ts';
import type { Clock } from '../ports/clock.ts';
import type { DatabaseLogin } from '../ports/databases.ts';
import type { RebuiltInstances, SignsOfLife } from '../ports/failback.ts';
import type { WithDatabase } from '../ports/failover.ts';
import type { Interlock } from '../ports/interlock.ts';
import type { Reign } from '../ports/reign.ts';

export interface LookAtLeftRegionPorts {
  readonly databases: readonly FailoverDatabase[];
  readonly reign: Pick<Reign, 'current'>;
  readonly interlock: Pick<Interlock, 'list'>;
  readonly life: SignsOfLife;
  readonly instances: Pick<RebuiltInstances, 'see'>;
  loginOf(database: FailoverDatabase): Promise<DatabaseLogin>;
  readonly withDatabase: WithDatabase;
  readonly clock: Clock;
}

/** Longer than what is asked for, because a figure's minute is shown when it has ended. */
const lookBackSeconds = answersForSeconds + 600;

/** What the region that was left says of itself, to the one that reigns. Throws AwsUnavailable, AwsRefused; changes nothing. */
export async function lookAtLeftRegion(ports: LookAtLeftRegionPorts): Promise<LeftRegion> {
  const { databases, reign, interlock, life, clock } = ports;
  const now = clock.now();
  const [{ epoch }, claims, minutes, seen] = await Promise.all([
    reign.current(),
    interlock.list(),
    life.minutes(new Date(now.getTime() - lookBackSeconds * 1000), now),
    Promise.all(databases.map(async (database) => ({ database, state: await stateOf(database, ports) }))),
  ]);
  const named = (wanted: string) => seen.filter(({ state }) => state === wanted).map(({ database }) => database.name);
  return {
    answersSince: answersSince(minutes, now)?.toISOString() ?? null,
    epoch,
    writable: named('writable'),
    unseen: named('unseen'),
    working: claims.map(({ work, subject, until }) => `a ${work} holds '${subject}' until ${until}`),
  };
}

/** A replica takes no writes whoever logs in, and where no instance has the name there is nothing to write to. */
async function stateOf(
  database: FailoverDatabase,
  { instances, loginOf, withDatabase }: LookAtLeftRegionPorts,
): Promise<'writable' | 'fenced' | 'unseen'> {
  const seen = await instances.see(database.instance);
  if (!seen || seen.sourceOf !== undefined) return 'fenced';
  try {
    return await withDatabase(await loginOf(database), async (session) => {
      const now = await session.now();
      const open = (await session.roles()).some(({ validUntil }) => validUntil === undefined || validUntil > now);
      return open ? 'writable' : 'fenced';
    });
  } catch {
    return 'unseen';
  }
}
