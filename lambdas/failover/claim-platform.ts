import { WorkInProgress } from '../../domain/errors.ts';
import { FailoverAlreadyRunning } from '../../domain/failover-errors.ts';
import type { InterlockClaim } from '../../domain/interlock.ts';
import type { ClaimPlatformInput, ClaimPlatformOutput } from '../../domain/workflows/region-failover.ts';
import type { Executions } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';
import type { Interlock } from '../ports/interlock.ts';

export interface ClaimPlatformPorts {
  readonly interlock: Interlock;
  readonly executions: Pick<Executions, 'describe'>;
  readonly clock: Clock;
}

/**
 * What was stopped may have a task under way for so long: the longest that takes something back, `open-lease` and `scale-compute`, may run 30 s, and
 * clocks differ by 2 s at most. Nobody fences before it has ended.
 */
const lastTaskSeconds = 35;

/**
 * Claims the platform in this region. The claim of a failover that does not run any more is taken over. Parts that others have are waited for by the
 * workflow; with `override` their claims are taken away: a rotation meets the stages of its versions, a restore the name of its instance, and both find
 * the platform claimed at their next step. Throws FailoverAlreadyRunning, WorkInProgress, AwsUnavailable, AwsRefused.
 */
export async function claimPlatform(
  { run, forSeconds, override }: ClaimPlatformInput,
  ports: ClaimPlatformPorts,
): Promise<ClaimPlatformOutput> {
  const { interlock } = ports;
  const holder = run.execution.arn;
  const others = (await interlock.list()).filter((claim) => claim.holder !== holder);
  const moving = others.find(({ work, subject }) => work === 'failover' && subject === 'platform');
  const taken = moving ? [await takeOver(moving, run.environment, ports)] : [];
  const parts = others.filter((claim) => claim !== moving);
  if (override) for (const claim of parts) await interlock.release(claim.holder, [claim.subject]);
  try {
    await interlock.claim({ subjects: ['platform'], work: 'failover', holder, forSeconds });
  } catch (error) {
    if (!(error instanceof WorkInProgress) || error.claim.work !== 'failover' || error.claim.subject !== 'platform')
      throw error;
    throw new FailoverAlreadyRunning(run.environment, error.claim.holder, error.claim.until);
  }
  const overridden = parts.map(
    ({ work, subject, holder: by }) => `A ${work} of ${subject} (${by}) was not waited for.`,
  );
  return { remarks: [...taken, ...(override ? overridden : [])] };
}

/**
 * Frees the platform of an execution that was stopped or died, and says so. While its last task may still run it is waited for like other work. One that
 * Step Functions does not know has just begun (its answers are eventually consistent): it forgets none before 90 days, when no claim binds any more.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
 */
async function takeOver(
  claim: InterlockClaim,
  environment: string,
  { interlock, executions, clock }: ClaimPlatformPorts,
): Promise<string> {
  const seen = claim.holder.startsWith('arn:') ? await executions.describe(claim.holder) : undefined;
  if (seen?.stoppedAt === undefined) throw new FailoverAlreadyRunning(environment, claim.holder, claim.until);
  if (clock.now().getTime() < seen.stoppedAt.getTime() + lastTaskSeconds * 1000) {
    throw new WorkInProgress('platform', claim);
  }
  await interlock.release(claim.holder, [claim.subject]);
  return `The failover ${claim.holder} had ended as ${seen.status} without giving the platform back; this one took it over.`;
}
