import { lookAtDatabaseInput } from '../../domain/workflows/database-failover.ts';
import { rdsInstances } from '../aws/instances.ts';
import { secretLogins } from '../aws/secrets.ts';
import { task } from '../handling/task.ts';
import { lookAtDatabase } from './database-failover.ts';
import { withMaster } from './masters.ts';
import { failoverDatabaseOf, loginHere } from './plans.ts';
import { failoverPorts, regionReign } from './wiring.ts';

const { environment, region, parameters, clock } = failoverPorts();
const logins = secretLogins(region);
const instances = rdsInstances(region);
const reign = regionReign(region);

export const handler = task(lookAtDatabaseInput, async (input) => {
  const database = await failoverDatabaseOf(environment, input.run.database, parameters);
  const login = await loginHere(database.masterSecret, database, { logins, parameters });
  const { epoch } = await reign.current();
  return lookAtDatabase(input, { login, epoch, instances, withDatabase: withMaster, clock });
});
