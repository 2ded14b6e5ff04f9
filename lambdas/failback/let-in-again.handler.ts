import { letInAgainInput } from '../../domain/workflows/region-failback.ts';
import { failoverPlanOf } from '../failover/plans.ts';
import { task } from '../handling/task.ts';
import { letInAgain } from './let-in-again.ts';
import { failbackPorts } from './wiring.ts';

const common = failbackPorts();
const { environment, parameters } = common;

export const handler = task(letInAgainInput, async (input) =>
  letInAgain(input, { ...common, plan: await failoverPlanOf(environment, parameters) }),
);
