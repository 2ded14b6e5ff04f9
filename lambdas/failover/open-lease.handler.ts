import { openLeaseInput } from '../../domain/workflows/region-failover.ts';
import { task } from '../handling/task.ts';
import { openLease } from './fence-primary.ts';
import { failoverPlanOf } from './plans.ts';
import { failoverPorts } from './wiring.ts';

const { environment, parameters, leases } = failoverPorts();

export const handler = task(openLeaseInput, async (input) =>
  openLease(input, { plan: await failoverPlanOf(environment, parameters), leases }),
);
