import { sweepRestoreTestsInput } from '../../domain/workflows/restore-test.ts';
import { stepFunctionsExecutions } from '../aws/executions.ts';
import { cloudWatchMeasurements } from '../aws/measurements.ts';
import { rdsRestoredDatabases } from '../aws/restored-databases.ts';
import { ebsRestoredVolumes } from '../aws/restored-volumes.ts';
import { task } from '../handling/task.ts';
import { sweepRestoreTests } from './sweep-restore-tests.ts';
import { restorePorts } from './wiring.ts';

const common = restorePorts();
const ports = {
  ...common,
  databases: rdsRestoredDatabases(common.region),
  volumes: ebsRestoredVolumes(common.region),
  executions: stepFunctionsExecutions(common.region),
  measurements: cloudWatchMeasurements(common.region),
};

export const handler = task(sweepRestoreTestsInput, () => sweepRestoreTests(ports));
