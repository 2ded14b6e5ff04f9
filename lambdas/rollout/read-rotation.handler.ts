import { readRotationInput } from '../../domain/workflows/secret-rollout.ts';
import { ssmParameters } from '../aws/parameters.ts';
import { commonSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { readRotation } from './read-rotation.ts';

const { environment, region } = commonSettings();
const ports = { environment, parameters: ssmParameters(region) };

export const handler = task(readRotationInput, (input) => readRotation(input, ports));
