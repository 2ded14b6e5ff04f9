import * as z from 'zod';
import type { ServiceDelivery } from '../../domain/delivery.ts';
import { deliveryParameterPath, standbyReleaseParameterName } from '../../domain/names.ts';
import { following, StandbyCannotFollow, type StandbyRelease, standbyRelease } from '../../domain/standby.ts';
import type { FollowReleasesOutput } from '../../domain/workflows/follow-releases.ts';
import { decidedOnTheLatest } from '../canary/fenced.ts';
import { plansIn } from '../canary/plans.ts';
import type { ImageRegistry, Parameters } from '../ports/aws.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';

export interface FollowReleasesPorts {
  readonly environment: string;
  readonly parameters: Parameters;
  readonly registry: ImageRegistry;
  readonly cluster: ReleaseCluster;
}

type Followed = 'changed' | 'unreleased' | 'held' | 'runs';

/**
 * Brings every service of the standby to the release that the primary left for it, at the fewest replicas of the definition: a
 * failover finds it running. Done twice, the second changes nothing. Throws StandbyCannotFollow once all others are done.
 */
export async function followReleases(ports: FollowReleasesPorts): Promise<FollowReleasesOutput> {
  const outcome: Record<Followed, string[]> = { changed: [], unreleased: [], held: [], runs: [] };
  const reasons: string[] = [];
  // How services are delivered and what they shall run stand under one path: one call reads both.
  const found = await ports.parameters.readUnder(deliveryParameterPath(ports.environment));
  for (const plan of plansIn(found)) {
    const name = standbyReleaseParameterName(plan.environment, plan.service);
    const text = found.get(name);
    const release = text === undefined ? undefined : parsed(text);
    if (text === undefined) outcome.unreleased.push(plan.service);
    else if (!release) reasons.push(`The parameter ${name} holds no release: ${text.slice(0, 200)}.`);
    else {
      const followed = await decidedOnTheLatest(() => follow(plan, release, ports));
      if (typeof followed === 'string') outcome[followed].push(plan.service);
      else reasons.push(followed.reason);
    }
  }
  if (reasons.length > 0) throw new StandbyCannotFollow(ports.environment, reasons);
  const { changed, unreleased, held } = outcome;
  return { changed, unreleased, held };
}

async function follow(
  plan: ServiceDelivery,
  release: StandbyRelease,
  { cluster, registry }: FollowReleasesPorts,
): Promise<Followed | { readonly reason: string }> {
  const seen = await cluster.readRecord(plan);
  if (seen.record.promotion) return 'held';
  const slot = await cluster.readSlot(plan, seen.record.stableSlot);
  const runs = slot.image.endsWith(`@${release.digest}`) && seen.record.stableDigest === release.digest;
  if (runs && slot.replicas >= plan.replicas.minimum) return 'runs';
  const image = await registry.find(plan.repository, release.tag);
  if (image?.digest !== release.digest) {
    const found = image ? `is ${image.digest}` : 'is not there';
    return {
      reason: `${plan.service} shall run ${release.tag} (${release.digest}), which ${found} in this region's repository ${plan.repository}.`,
    };
  }
  const record = following(seen.record, release);
  // The record first: whoever reads an image that the record does not name takes it for a change by hand.
  if (record !== seen.record) await cluster.writeRecord(plan, record, seen.resourceVersion);
  const resourceVersion =
    slot.image === image.reference
      ? slot.resourceVersion
      : await cluster.writeImage(plan, slot, image.reference, record.epoch);
  if (slot.replicas < plan.replicas.minimum) {
    await cluster.writeReplicas(plan, slot.slot, plan.replicas.minimum, resourceVersion);
  }
  return 'changed';
}

function parsed(text: string): StandbyRelease | undefined {
  try {
    return z.safeParse(standbyRelease, JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
