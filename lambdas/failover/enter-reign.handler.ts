import { enterReignInput } from '../../domain/workflows/region-failover.ts';
import { secretLogins } from '../aws/secrets.ts';
import { task } from '../handling/task.ts';
import { enterReign } from './enter-reign.ts';
import { mastersOf, withMaster } from './masters.ts';
import { wholePlanOf } from './plans.ts';
import { failoverPorts, regionReign } from './wiring.ts';

const { environment, region, parameters, leases } = failoverPorts();
const logins = secretLogins(region);
const reign = regionReign(region);

export const handler = task(enterReignInput, async (input) => {
  const { plan, databases } = await wholePlanOf(environment, parameters);
  const masters = await mastersOf(databases, { logins, parameters });
  return enterReign(input, { plan, leases, reign, databases: masters, withDatabase: withMaster });
});
