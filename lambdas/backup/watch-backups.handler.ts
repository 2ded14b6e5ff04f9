import * as z from 'zod';
import { recoverySetsTableName } from '../../domain/recovery-set.ts';
import { cloudWatchMeasurements } from '../aws/measurements.ts';
import { dynamoRecoverySets } from '../aws/recovery-sets.ts';
import { task } from '../handling/task.ts';
import { watchBackups } from './watch-backups.ts';
import { backupPorts } from './wiring.ts';

const base = backupPorts();
const ports = {
  ...base,
  records: dynamoRecoverySets(recoverySetsTableName(base.environment)),
  measurements: cloudWatchMeasurements(base.region),
};

export const handler = task(z.object({}), () => watchBackups(ports));
