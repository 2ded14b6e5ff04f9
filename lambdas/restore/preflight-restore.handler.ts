import { preflightRestoreInput } from '../../domain/workflows/restore.ts';
import { kmsKeyStates } from '../aws/key-states.ts';
import { ssmParameters } from '../aws/parameters.ts';
import { rdsRestoredDatabases } from '../aws/restored-databases.ts';
import { task } from '../handling/task.ts';
import { preflightRestore } from './preflight-restore.ts';
import { restorePorts } from './wiring.ts';

const common = restorePorts();
const ports = {
  ...common,
  databases: rdsRestoredDatabases(common.region),
  keys: kmsKeyStates(common.region),
  parameters: ssmParameters(common.region),
};

export const handler = task(preflightRestoreInput, (input) => preflightRestore(input, ports));
