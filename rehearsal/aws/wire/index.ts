import type { CreateModule } from '../module.ts';
import { awsEndpoints } from './endpoints.ts';

export { awsEndpoints } from './endpoints.ts';
export { type PresignedCaller, type PresignedCheck, verifyPresignedUrl } from './signature.ts';

/** The AWS endpoints, for `rehearsal/aws/registry.ts`. */
export const createWire: CreateModule = ({ account, credentials }) => ({ peers: [awsEndpoints(account, credentials)] });
