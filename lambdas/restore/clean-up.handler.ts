import { cleanUpInput } from '../../domain/workflows/restore-test.ts';
import { rdsRestoredDatabases } from '../aws/restored-databases.ts';
import { ebsRestoredVolumes } from '../aws/restored-volumes.ts';
import { systemClock } from '../handling/clock.ts';
import { commonSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { cleanUp } from './clean-up.ts';

const { environment, region } = commonSettings();
const ports = {
  environment,
  clock: systemClock,
  databases: rdsRestoredDatabases(region),
  volumes: ebsRestoredVolumes(region),
};

export const handler = task(cleanUpInput, (input) => cleanUp(input, ports));
