import type { CreateModule } from './module.ts';

/**
 * Every part of the simulated world. A module that is not listed here does not exist in a rehearsal; a resource type or
 * operation that no listed module brings is Unmodelled.
 */
export const modules: readonly CreateModule[] = [];
