import { admitApplicationInput } from '../../domain/workflows/region-failover.ts';
import { secretLogins } from '../aws/secrets.ts';
import { task } from '../handling/task.ts';
import { admitApplication } from './enter-reign.ts';
import { mastersOf, withMaster } from './masters.ts';
import { wholePlanOf } from './plans.ts';
import { failoverPorts } from './wiring.ts';

const { environment, region, parameters } = failoverPorts();
const logins = secretLogins(region);

export const handler = task(admitApplicationInput, async (input) => {
  const { databases } = await wholePlanOf(environment, parameters);
  const masters = await mastersOf(databases, { logins, parameters });
  return admitApplication(input, { databases: masters, withDatabase: withMaster });
});
