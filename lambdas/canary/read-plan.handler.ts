import { readPlanInput } from '../../domain/workflows/canary-promotion.ts';
import { ssmParameters } from '../aws/parameters.ts';
import { commonSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { readPlan } from './read-plan.ts';

const { environment, region } = commonSettings();
const ports = {
  environment,
  parameters: ssmParameters(region),
};

export const handler = task(readPlanInput, (input) => readPlan(input, ports));
