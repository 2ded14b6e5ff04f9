import { quiescePrimaryInput } from '../../domain/workflows/region-failback.ts';
import { secretLogins } from '../aws/secrets.ts';
import { mastersOf, withMaster } from '../failover/masters.ts';
import { wholePlanOf } from '../failover/plans.ts';
import { task } from '../handling/task.ts';
import { quiescePrimary } from './quiesce-primary.ts';
import { failbackPorts } from './wiring.ts';

const common = failbackPorts();
const { environment, region, parameters } = common;
const logins = secretLogins(region);

export const handler = task(quiescePrimaryInput, async (input) => {
  const { plan, databases } = await wholePlanOf(environment, parameters);
  const masters = await mastersOf(databases, { logins, parameters });
  return quiescePrimary(input, { ...common, plan, databases: masters, withDatabase: withMaster });
});
