import { chooseSetInput } from '../../domain/workflows/restore-test.ts';
import { kmsKeyStates } from '../aws/key-states.ts';
import { ssmParameters } from '../aws/parameters.ts';
import { task } from '../handling/task.ts';
import { chooseSet } from './choose-set.ts';
import { restorePorts } from './wiring.ts';

const common = restorePorts();
const ports = { ...common, parameters: ssmParameters(common.region), keys: kmsKeyStates(common.region) };

export const handler = task(chooseSetInput, (input) => chooseSet(input, ports));
