import type { StopPromotionInput, StopPromotionOutput } from '../../domain/workflows/canary-rollback.ts';
import { heldRecord } from '../canary/fenced.ts';
import type { Executions } from '../ports/aws.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';

/** Stops the execution that the service was taken from. It is fenced already; one that has ended stays as it is. Throws PromotionSuperseded. */
export async function stopPromotion(
  input: StopPromotionInput,
  { cluster, executions }: { cluster: ReleaseCluster; executions: Executions },
): Promise<StopPromotionOutput> {
  const { held } = await heldRecord(cluster, input);
  // A rollback to the previous release that gives up holds the service itself.
  if (held.executionArn === input.execution.arn) return { stopped: null };
  await executions.stop(held.executionArn, 'RolledBack', input.reason);
  return { stopped: held.executionArn };
}
