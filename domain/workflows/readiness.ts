import * as z from 'zod';
import type { ReadinessReport } from '../readiness.ts';

/** look-at-readiness, in the region that would take over: daily by schedule, and by hand. Nothing has to be said. */
export const lookAtReadinessInput = z.looseObject({});

export type LookAtReadinessOutput =
  /** This region reigns: nobody moves here. */
  { readonly looked: false } | { readonly looked: true; readonly report: ReadinessReport };
