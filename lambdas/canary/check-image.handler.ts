import { checkImageInput } from '../../domain/workflows/canary-promotion.ts';
import { ecrImageRegistry } from '../aws/image-registry.ts';
import { commonSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { checkImage } from './check-image.ts';

const { region } = commonSettings();
const ports = {
  registry: ecrImageRegistry(region),
};

export const handler = task(checkImageInput, (input) => checkImage(input, ports));
