import { standbyReleaseParameterName } from '../../domain/names.ts';
import type { HeldInput } from '../../domain/workflows/shared.ts';
import type { StandbyParameters } from '../ports/aws.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';
import { heldRecord } from './fenced.ts';

/** Tells the standby's region which release it has to run. Throws PromotionSuperseded; RangeError for a plan without a standby. */
export async function recordStandby(
  input: HeldInput,
  { cluster, standby }: { cluster: ReleaseCluster; standby: StandbyParameters },
): Promise<{ region: string }> {
  const { plan } = input;
  if (plan.standbyRegion === undefined) throw new RangeError(`'${plan.service}' has no standby region to tell`);
  const { held } = await heldRecord(cluster, input);
  const release = { digest: held.canaryDigest, tag: held.canaryTag, promotedAt: held.promotedAt ?? held.startedAt };
  const name = standbyReleaseParameterName(plan.environment, plan.service);
  await standby.write(plan.standbyRegion, name, JSON.stringify(release));
  return { region: plan.standbyRegion };
}
