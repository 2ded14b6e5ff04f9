import { WorkInProgress } from '../../domain/errors.ts';
import { FailoverAlreadyRunning } from '../../domain/failover-errors.ts';
import type { ClaimPlatformInput, ClaimPlatformOutput } from '../../domain/workflows/region-failover.ts';
import type { Interlock } from '../ports/interlock.ts';

/**
 * Claims the platform in this region. Parts that others have are waited for by the workflow; with `override` their claims are taken away: a rotation
 * meets the stages of its versions, a restore the name of its instance, and both find the platform claimed at their next step. Throws
 * FailoverAlreadyRunning, WorkInProgress, AwsUnavailable, AwsRefused.
 */
export async function claimPlatform(
  { run, forSeconds, override }: ClaimPlatformInput,
  { interlock }: { readonly interlock: Interlock },
): Promise<ClaimPlatformOutput> {
  const holder = run.execution.arn;
  const others = (await interlock.list()).filter((claim) => claim.holder !== holder);
  const moving = others.find(({ work, subject }) => work === 'failover' && subject === 'platform');
  if (moving) throw new FailoverAlreadyRunning(run.environment, moving.holder, moving.until);
  if (override) for (const claim of others) await interlock.release(claim.holder, [claim.subject]);
  try {
    await interlock.claim({ subjects: ['platform'], work: 'failover', holder, forSeconds });
  } catch (error) {
    if (!(error instanceof WorkInProgress) || error.claim.work !== 'failover' || error.claim.subject !== 'platform')
      throw error;
    throw new FailoverAlreadyRunning(run.environment, error.claim.holder, error.claim.until);
  }
  if (!override) return { remarks: [] };
  return {
    remarks: others.map(({ work, subject, holder: by }) => `A ${work} of ${subject} (${by}) was not waited for.`),
  };
}
