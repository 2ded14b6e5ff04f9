import * as z from 'zod';
import { readinessFault, readinessParts } from '../readiness.ts';

/** look-at-readiness, a part each, in the region that would take over: daily by schedule, and by hand. */
export const lookAtReadinessInput = z.strictObject({
  /** All unless told. */
  parts: z.array(z.enum(readinessParts)).optional(),
});
export type LookAtReadinessInput = z.infer<typeof lookAtReadinessInput>;

export const partSeen = z.strictObject({
  part: z.enum(readinessParts),
  faults: z.array(readinessFault.omit({ part: true })),
});
