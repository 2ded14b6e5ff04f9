import { rebuildDatabaseInput } from '../../domain/workflows/region-failback.ts';
import { ssmStandbyParameters } from '../aws/parameters.ts';
import { rdsRebuiltInstances } from '../aws/rebuilt-instances.ts';
import { failoverDatabaseOf } from '../failover/plans.ts';
import { task } from '../handling/task.ts';
import { rebuildDatabase } from './rebuild-database.ts';
import { ownPorts } from './wiring.ts';

const { environment, region, parameters } = ownPorts();
const instances = rdsRebuiltInstances(region);
const written = ssmStandbyParameters();

export const handler = task(rebuildDatabaseInput, async (input) => {
  const database = await failoverDatabaseOf(environment, input.database, parameters);
  const name = database.endpointParameter;
  const endpoint = {
    read: () => parameters.read(name),
    write: (text: string) => written.write(region, name, text),
  };
  return rebuildDatabase(input, { database, instances, endpoint });
});
