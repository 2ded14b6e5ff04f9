import * as z from 'zod';
import { type InterlockSubject, interlockedWorks, interlockSubject } from '../interlock.ts';

/** claim-work: all subjects or none. */
export const claimWorkInput = z.strictObject({
  work: z.enum(interlockedWorks),
  holder: z.string(),
  subjects: z.array(interlockSubject).min(1),
  forSeconds: z.int().min(60),
});
export type ClaimWorkInput = z.infer<typeof claimWorkInput>;
export interface ClaimWorkOutput {
  /** ISO 8601. */
  readonly until: string;
}

/** release-work: everything that the holder has. */
export const releaseWorkInput = z.strictObject({ holder: z.string() });
export type ReleaseWorkInput = z.infer<typeof releaseWorkInput>;
export interface ReleaseWorkOutput {
  readonly released: readonly InterlockSubject[];
}
