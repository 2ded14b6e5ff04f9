import { shareOf } from '../../domain/failover-budget.ts';
import { PromotionHangs } from '../../domain/failover-errors.ts';
import type { FailoverDatabase } from '../../domain/failover-plan.ts';
import { hangs, promotionLookSeconds, promotionStep } from '../../domain/promotion.ts';
import type { PromoteDatabaseInput, PromoteDatabaseOutput } from '../../domain/workflows/region-failover.ts';
import type { Clock } from '../ports/clock.ts';
import type { Instances } from '../ports/failover.ts';

export interface PromoteDatabasePorts {
  readonly database: FailoverDatabase;
  readonly instances: Pick<Instances, 'see' | 'promote'>;
  /** Bytes that have come and are not replayed. */
  toReplay(): Promise<number>;
  readonly clock: Clock;
}

/**
 * One look at the replica and, where it is time, the call that makes it a primary. A second delivery finds a replica that is none any more. Throws
 * PromotionHangs, AwsUnavailable, AwsRefused.
 */
export async function promoteDatabase(
  { run, since, askedAt, told }: PromoteDatabaseInput,
  { database, instances, toReplay, clock }: PromoteDatabasePorts,
): Promise<PromoteDatabaseOutput> {
  const shareSeconds = shareOf('promote', run.recoverySeconds);
  const seen = await instances.see(database.instance);
  const begun = new Date(since);
  const now = clock.now();
  const replaying = seen?.sourceOf === undefined ? 0 : await quietly(toReplay);
  const step = promotionStep({
    seen,
    since: begun,
    shareSeconds,
    now,
    ...(askedAt !== null && { askedAt: new Date(askedAt) }),
    ...(replaying !== undefined && { toReplay: replaying }),
  });
  const waiting = (why: string, asked: string | null, over: boolean): PromoteDatabaseOutput => ({
    state: 'waiting',
    waitSeconds: promotionLookSeconds,
    askedAt: asked,
    told: told || over,
    why,
  });
  if (step.do === 'done') return { ...waiting('It is promoted.', askedAt, false), state: 'promoted', waitSeconds: 0 };
  if (step.do === 'restore') return { ...waiting(step.why, askedAt, false), state: 'restore', waitSeconds: 0 };
  if (hangs({ since: begun, now, shareSeconds })) {
    throw new PromotionHangs(
      database.instance,
      seen?.status ?? 'gone',
      Math.round((now.getTime() - begun.getTime()) / 1000),
    );
  }
  if (step.do === 'wait') return waiting(step.why, askedAt, step.tell);
  const taken = await instances.promote(database.instance, database.backups);
  if (!taken) return waiting(`RDS does not promote it while it is '${seen?.status}'.`, askedAt, false);
  return waiting('The promotion was asked for.', now.toISOString(), false);
}

/** A replica that can't be asked is promoted as it is. */
async function quietly(look: () => Promise<number>): Promise<number | undefined> {
  try {
    return await look();
  } catch {
    return undefined;
  }
}
