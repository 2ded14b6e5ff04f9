import * as z from 'zod';
import type { ReleaseRecord } from './release.ts';

/** The release that a promotion leaves for the standby: JSON in its parameter (`standbyReleaseParameterName`). */
export const standbyRelease = z.strictObject({
  digest: z.string().startsWith('sha256:'),
  tag: z.string().min(1),
  /** ISO 8601. */
  promotedAt: z.string(),
});
export type StandbyRelease = z.infer<typeof standbyRelease>;

/** The standby runs something else than it was told to, and cannot mend that by itself. */
export class StandbyCannotFollow extends Error {
  override readonly name = 'StandbyCannotFollow';

  constructor(environment: string, reasons: readonly string[]) {
    super(
      `The standby of '${environment}' cannot run what the primary runs: ${reasons.join(' ')} ` +
        'It keeps what it runs and tries again in five minutes. See docs/runbook.md#standby-cannot-follow.',
    );
  }
}

/**
 * The record of a standby that goes on with another release: a new epoch, and what ran before to go back to. The same record where it
 * runs that release already. In the standby a release is replaced in place: nobody is served there.
 */
export function following(record: ReleaseRecord, release: StandbyRelease): ReleaseRecord {
  if (record.stableDigest === release.digest) return record;
  const { stableSlot, stableDigest, stableTag } = record;
  return {
    ...record,
    epoch: record.epoch + 1,
    stableDigest: release.digest,
    stableTag: release.tag,
    ...(stableDigest && stableTag ? { previous: { slot: stableSlot, digest: stableDigest, tag: stableTag } } : {}),
  };
}
