import type { RecoverySets } from '../ports/aws.ts';
import type { RecoverySetImages } from '../ports/recovery-sets.ts';

/** What the sets of these regions would bring back. One that failed or is going is restored by nobody. Throws what `read` throws. */
export function imagesOfRecoverySets(
  regions: readonly string[],
  read: (region: string) => Promise<readonly RecoverySetImages[]>,
): RecoverySets {
  return {
    async imagesOf(repository) {
      const sets = (await Promise.all(regions.map(read))).flat();
      const needs = sets
        .filter(({ state }) => state !== 'failed' && state !== 'deleting')
        .flatMap(({ setId, images }) =>
          images
            .filter((image) => image.repository === repository)
            .map(({ digest, tag }): [string, { digest: string; tag: string; because: string }] => [
              digest,
              { digest, tag, because: `the recovery set ${setId} holds it` },
            ]),
        );
      // Sets of a month name the same few images.
      return [...new Map(needs).values()];
    },
  };
}
