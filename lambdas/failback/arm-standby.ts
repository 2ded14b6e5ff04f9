import { NotPrimary } from '../../domain/failover-errors.ts';
import type { ArmStandbyInput, ArmStandbyOutput } from '../../domain/workflows/region-failback.ts';
import type { Arming } from '../ports/failover.ts';
import type { Reign } from '../ports/reign.ts';

export interface ArmStandbyPorts {
  readonly reign: Pick<Reign, 'current'>;
  readonly arming: Pick<Arming, 'arm'>;
}

/**
 * The region that reigns gives the other one the right to take over: its guard renews the lease there from the next round on, and the traffic's switches go to
 * their neutral place. Throws NotPrimary, AwsUnavailable, AwsRefused.
 */
export async function armStandby(
  { run }: ArmStandbyInput,
  { reign, arming }: ArmStandbyPorts,
): Promise<ArmStandbyOutput> {
  const now = await reign.current();
  if (now.primary !== run.from || now.epoch !== run.epoch)
    throw new NotPrimary(run.environment, run.from, now.primary, now.epoch);
  await arming.arm(run.epoch);
  return { armed: run.epoch };
}
