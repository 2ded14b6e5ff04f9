import { PromotionAlreadyRunning, WorkInProgress } from '../../domain/errors.ts';
import type { ClaimWorkInput, ClaimWorkOutput } from '../../domain/workflows/interlock.ts';
import type { Interlock } from '../ports/interlock.ts';

/**
 * Claims everything that a piece of work touches, or nothing. Claimed before by the same holder: the same claim. Throws
 * WorkInProgress; and PromotionAlreadyRunning where one promotion meets another, because that is not waited for.
 */
export async function claimWork(
  { work, holder, subjects, forSeconds }: ClaimWorkInput,
  { interlock }: { interlock: Interlock },
): Promise<ClaimWorkOutput> {
  try {
    const claims = await interlock.claim({ work, holder, subjects, forSeconds });
    const [first = ''] = claims.map(({ until }) => until).sort();
    return { until: first };
  } catch (error) {
    if (!(error instanceof WorkInProgress) || work !== 'promotion' || error.claim.work !== 'promotion') throw error;
    const service = error.claim.subject.replace('service/', '');
    throw new PromotionAlreadyRunning(service, error.claim.holder, 'another release');
  }
}
