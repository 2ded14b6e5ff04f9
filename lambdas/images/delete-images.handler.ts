import { deleteImagesInput } from '../../domain/workflows/image-retention.ts';
import { task } from '../handling/task.ts';
import { deleteImages } from './delete-images.ts';
import { retentionPorts } from './retention-ports.ts';

const ports = retentionPorts();

export const handler = task(deleteImagesInput, (input) => deleteImages(input, ports));
