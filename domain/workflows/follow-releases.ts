import * as z from 'zod';

/** By schedule: nothing has to be said. */
export const followReleasesInput = z.looseObject({});

export interface FollowSecretsOutput {
  /** `<service> reads <secret>`: whose Deployments ask for another version than before. */
  readonly changed: readonly string[];
}

export interface FollowReleasesOutput {
  /** Services whose Deployment was changed. */
  readonly changed: readonly string[];
  /** Services that no promotion has left a release for yet. */
  readonly unreleased: readonly string[];
  /** Services that a promotion or rollback in this region holds: after a failover it is in charge. */
  readonly held: readonly string[];
}
