import type { RecoverySets } from '../ports/aws.ts';

/** The platform makes no recovery sets yet; their manifests are read here once it does. */
export const noRecoverySets: RecoverySets = { imagesOf: async () => [] };
