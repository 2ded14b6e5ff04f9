import type { FailoverDatabase } from '../../domain/failover-plan.ts';
import { lookAtFollowersInput } from '../../domain/workflows/region-failback.ts';
import { rdsInstances } from '../aws/instances.ts';
import { secretLogins } from '../aws/secrets.ts';
import { beatOf } from '../failover/masters.ts';
import { wholePlanOf } from '../failover/plans.ts';
import { task } from '../handling/task.ts';
import { lookAtFollowers } from './look-at-followers.ts';
import { ownPorts } from './wiring.ts';

const common = ownPorts();
const { environment, region, parameters } = common;
const logins = secretLogins(region);
const ports = {
  ...common,
  instances: rdsInstances(region),
  beatOf: (database: FailoverDatabase) => beatOf(database, { logins, parameters }),
};

export const handler = task(lookAtFollowersInput, async (input) => {
  const { plan, databases } = await wholePlanOf(environment, parameters);
  return lookAtFollowers(input, { ...ports, plan, databases });
});
