import { fencePrimaryInput } from '../../domain/workflows/region-failover.ts';
import { task } from '../handling/task.ts';
import { fencePrimary } from './fence-primary.ts';
import { wholePlanOf } from './plans.ts';
import { failoverPorts } from './wiring.ts';

const { environment, parameters, leases, clock } = failoverPorts();

export const handler = task(fencePrimaryInput, async (input) => {
  const { plan, databases } = await wholePlanOf(environment, parameters);
  return fencePrimary(input, { plan, databases: databases.map(({ name }) => name), leases, clock });
});
