import * as z from 'zod';
import { failoverFigures } from '../aws/failover-metrics.ts';
import { systemPauses } from '../aws/pauses.ts';
import { secretLogins } from '../aws/secrets.ts';
import { mastersOf, withMaster } from '../failover/masters.ts';
import { loginHere, wholePlanOf } from '../failover/plans.ts';
import { failoverPorts, regionReign, workflowStarts } from '../failover/wiring.ts';
import { failoverMachine } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { guardLoop, type RoundsBefore } from './guard-loop.ts';
import { kept, remembered, withNewestLogin } from './remembering.ts';

const common = failoverPorts();
const { environment, region, parameters, clock } = common;
const logins = secretLogins(region);
const ports = {
  ...common,
  reign: regionReign(region),
  arming: common.memory,
  starts: workflowStarts(region, failoverMachine('databaseFailover')),
  pauses: systemPauses,
  before: kept<RoundsBefore>(),
  report: failoverFigures(region, environment, clock).guarded,
};
const load = remembered(async () => {
  const { plan, databases } = await wholePlanOf(environment, parameters);
  return { plan, databases: await mastersOf(databases, { logins, parameters }) };
});

export const handler = task(z.unknown(), async () => {
  const { plan, databases } = await load();
  const withDatabase = withNewestLogin(withMaster, async (login) => {
    const database = databases.find((each) => each.login === login);
    return database ? loginHere(database.masterSecret, database, { logins, parameters }) : login;
  });
  return guardLoop({ ...ports, plan, databases, withDatabase });
});
