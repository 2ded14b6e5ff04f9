import { releaseWorkInput } from '../../domain/workflows/interlock.ts';
import { dynamoInterlock } from '../aws/interlock.ts';
import { systemClock } from '../handling/clock.ts';
import { commonSettings, interlockTable } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { releaseWork } from './release-work.ts';

const ports = { interlock: dynamoInterlock(commonSettings().region, interlockTable(), systemClock) };

export const handler = task(releaseWorkInput, (input) => releaseWork(input, ports));
