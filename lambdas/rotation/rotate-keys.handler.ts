import { rotationHandler } from './wiring.ts';

export const handler = rotationHandler(['jwt', 'api-key'], {});
