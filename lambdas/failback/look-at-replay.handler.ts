import { lookAtReplayInput } from '../../domain/workflows/region-failback.ts';
import { secretLogins } from '../aws/secrets.ts';
import { withMaster } from '../failover/masters.ts';
import { failoverDatabaseOf, loginHere } from '../failover/plans.ts';
import { task } from '../handling/task.ts';
import { lookAtReplay } from './look-at-replay.ts';
import { ownPorts } from './wiring.ts';

const { environment, region, parameters, clock } = ownPorts();
const logins = secretLogins(region);
const ports = {
  clock,
  withDatabase: withMaster,
  loginOf: async (name: string) => {
    const database = await failoverDatabaseOf(environment, name, parameters);
    return loginHere(database.masterSecret, database, { logins, parameters });
  },
};

export const handler = task(lookAtReplayInput, (input) => lookAtReplay(input, ports));
