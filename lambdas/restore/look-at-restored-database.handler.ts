import { restoredInput } from '../../domain/workflows/restore-test.ts';
import { rdsRestoredDatabases } from '../aws/restored-databases.ts';
import { task } from '../handling/task.ts';
import { lookAtRestoredDatabase } from './restore-database.ts';
import { restorePorts } from './wiring.ts';

const common = restorePorts();
const ports = { ...common, databases: rdsRestoredDatabases(common.region) };

export const handler = task(restoredInput, (input) => lookAtRestoredDatabase(input, ports));
