import { beginDatabaseFailoverInput } from '../../domain/workflows/database-failover.ts';
import { task } from '../handling/task.ts';
import { beginDatabaseFailover } from './database-failover.ts';
import { wholePlanOf } from './plans.ts';
import { failoverPorts, regionReign } from './wiring.ts';

const { environment, region, parameters } = failoverPorts();
const reign = regionReign(region);

export const handler = task(beginDatabaseFailoverInput, async (input) => {
  const { plan, databases } = await wholePlanOf(environment, parameters);
  return beginDatabaseFailover(input, { environment, region, plan, databases, reign });
});
