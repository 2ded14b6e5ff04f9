import { lookAtLeftRegionInput } from '../../domain/workflows/region-failback.ts';
import { dynamoInterlock } from '../aws/interlock.ts';
import { rdsRebuiltInstances } from '../aws/rebuilt-instances.ts';
import { secretLogins } from '../aws/secrets.ts';
import { switchFigures } from '../aws/signs-of-life.ts';
import { withMaster } from '../failover/masters.ts';
import { loginHere, wholePlanOf } from '../failover/plans.ts';
import { interlockTable } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { lookAtLeftRegion } from './look-at-left-region.ts';
import { ownPorts, reignHere } from './wiring.ts';

const { environment, region, parameters, clock } = ownPorts();
const logins = secretLogins(region);
const ports = {
  reign: reignHere(region),
  interlock: dynamoInterlock(region, interlockTable(), clock),
  life: switchFigures(region, environment),
  instances: rdsRebuiltInstances(region),
  withDatabase: withMaster,
  clock,
};

export const handler = task(lookAtLeftRegionInput, async () => {
  const { databases } = await wholePlanOf(environment, parameters);
  return lookAtLeftRegion({
    ...ports,
    databases,
    loginOf: (database) => loginHere(database.masterSecret, database, { logins, parameters }),
  });
});
