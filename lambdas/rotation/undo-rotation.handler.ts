import { undoRotationInput } from '../../domain/workflows/secret-rollout.ts';
import { task } from '../handling/task.ts';
import { everyServer } from './every-server.ts';
import { undoRotation } from './undo-rotation.ts';
import { awsPorts } from './wiring.ts';

const ports = awsPorts(everyServer());

export const handler = task(undoRotationInput, (input) => undoRotation(input, ports));
