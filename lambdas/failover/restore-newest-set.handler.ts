import { recoverySetsTableName } from '../../domain/recovery-set.ts';
import { restoreNewestSetInput } from '../../domain/workflows/region-failover.ts';
import { ssmStandbyParameters } from '../aws/parameters.ts';
import { dynamoRecoverySets } from '../aws/recovery-sets.ts';
import { rdsRestoredDatabases } from '../aws/restored-databases.ts';
import { restorePlaceOf } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { failoverDatabaseOf, failoverPlanOf } from './plans.ts';
import { restoreNewestSet } from './restore-newest-set.ts';
import { failoverPorts } from './wiring.ts';

const { environment, region, parameters, clock } = failoverPorts();
const written = ssmStandbyParameters();
const ports = {
  region,
  clock,
  place: restorePlaceOf(),
  records: dynamoRecoverySets(recoverySetsTableName(environment)),
  databases: rdsRestoredDatabases(region),
  endpoints: { write: (name: string, text: string) => written.write(region, name, text) },
};

export const handler = task(restoreNewestSetInput, async (input) =>
  restoreNewestSet(input, {
    ...ports,
    plan: await failoverPlanOf(environment, parameters),
    database: await failoverDatabaseOf(environment, input.database, parameters),
  }),
);
