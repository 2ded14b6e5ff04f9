import { claimPlatformInput } from '../../domain/workflows/region-failover.ts';
import { dynamoInterlock } from '../aws/interlock.ts';
import { systemClock } from '../handling/clock.ts';
import { commonSettings, interlockTable } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { claimPlatform } from './claim-platform.ts';

const interlock = dynamoInterlock(commonSettings().region, interlockTable(), systemClock);

export const handler = task(claimPlatformInput, (input) => claimPlatform(input, { interlock }));
