import { promoteDatabaseInput } from '../../domain/workflows/region-failover.ts';
import { rdsInstances } from '../aws/instances.ts';
import { secretLogins } from '../aws/secrets.ts';
import { task } from '../handling/task.ts';
import { withMaster } from './masters.ts';
import { failoverDatabaseOf, loginHere } from './plans.ts';
import { promoteDatabase } from './promote-database.ts';
import { failoverPorts } from './wiring.ts';

const { environment, region, parameters, clock } = failoverPorts();
const instances = rdsInstances(region);
const logins = secretLogins(region);

export const handler = task(promoteDatabaseInput, async (input) => {
  const database = await failoverDatabaseOf(environment, input.database, parameters);
  return promoteDatabase(input, {
    database,
    instances,
    clock,
    toReplay: async () => {
      const login = await loginHere(database.masterSecret, database, { logins, parameters });
      return withMaster(login, (session) => session.toReplay());
    },
  });
});
