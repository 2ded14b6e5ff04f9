import { claimPlatformInput } from '../../domain/workflows/region-failover.ts';
import { stepFunctionsExecutions } from '../aws/executions.ts';
import { dynamoInterlock } from '../aws/interlock.ts';
import { systemClock } from '../handling/clock.ts';
import { commonSettings, interlockTable } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { claimPlatform } from './claim-platform.ts';

const { region } = commonSettings();
const ports = {
  interlock: dynamoInterlock(region, interlockTable(), systemClock),
  executions: stepFunctionsExecutions(region),
  clock: systemClock,
};

export const handler = task(claimPlatformInput, (input) => claimPlatform(input, ports));
