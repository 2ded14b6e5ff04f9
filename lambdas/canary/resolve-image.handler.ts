import { resolveImageInput } from '../../domain/workflows/canary-promotion.ts';
import { ecrImageRegistry } from '../aws/image-registry.ts';
import { commonSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { resolveImage } from './resolve-image.ts';

const { region } = commonSettings();
const ports = {
  registry: ecrImageRegistry(region),
};

export const handler = task(resolveImageInput, (input) => resolveImage(input, ports));
