import { environmentName } from '../../domain/names.ts';
import { rotationsOf } from '../../platforms/rotation.ts';
import { platformAt } from '../../platforms/stage.ts';
import { ScenarioNotPossible } from '../errors.ts';
import { requireRotationFaults } from './rotation-faults.ts';
import type { RotationRequest } from './rotation-request.ts';

type Asked = Pick<RotationRequest, 'platform' | 'secret' | 'faults' | 'afterFailover'>;

/** The name of the rotation that is asked for. Throws UnknownFault, ScenarioNotPossible. */
export function requireRotationRequest(request: Asked): string {
  const { platform, secret, faults } = request;
  requireRotationFaults(faults);
  if (request.afterFailover) requireFailoverBefore(request);
  const environment = environmentName(platform.name, 'production');
  const plans = rotationsOf(platformAt(platform, 'production'), environment);
  const known = plans.filter(({ kind }) => kind === 'postgres').map((plan) => plan.secret);
  const chosen = secret ?? known[0];
  if (chosen !== undefined && known.includes(chosen)) return chosen;
  throw new ScenarioNotPossible(
    `'${platform.name}' has no rotation of '${secret ?? 'a secret'}' that can be rehearsed. Known: ${known.join(', ') || 'none'}. Choose one of these.`,
  );
}

function requireFailoverBefore({ platform, faults }: Asked): void {
  if (platform.regions.standby === undefined)
    throw new ScenarioNotPossible(`'${platform.name}' has no standby region, so no secret rotates there.`);
  if (faults.length > 0) {
    throw new ScenarioNotPossible(
      `After a failover a rotation is rehearsed without faults; asked for were ${faults.join(', ')}. Leave them out, or leave out the failover.`,
    );
  }
}
