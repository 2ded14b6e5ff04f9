import type { ServiceDelivery } from '../../domain/delivery.ts';
import {
  ImageBlocked,
  ImageLacksArchitecture,
  ImageNotReplicated,
  ImageNotScanned,
  ImageTooLarge,
} from '../../domain/errors.ts';
import { mayStillArrive, newestPushed, pushedReleaseName } from '../../domain/pushed-release.ts';
import type { ReleasePushedOutput } from '../../domain/workflows/release-pushed.ts';
import { checkImage } from '../canary/check-image.ts';
import { allPlans } from '../canary/plans.ts';
import type { ImageRegistry, Parameters, PromotionStarts, PushedImages } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';

export interface ReleasePushedPorts {
  readonly environment: string;
  readonly parameters: Parameters;
  readonly pushed: PushedImages;
  readonly registry: ImageRegistry;
  readonly cluster: Pick<ReleaseCluster, 'readRecord'>;
  readonly promotions: PromotionStarts;
  readonly clock: Clock;
}

/** What waiting does not mend. */
const refusals = [ImageBlocked, ImageTooLarge, ImageLacksArchitecture];

type Outcome = { readonly kind: 'started' | 'waiting' | 'held'; readonly name: string } | undefined;

/**
 * Starts the promotion of every service's newest image of this stage, once the image's checks have ended. What the checks say is left to the
 * promotion, which refuses by name. Done twice, the second starts nothing. Throws what stood against a service once all others are done.
 */
export async function releasePushed(ports: ReleasePushedPorts): Promise<ReleasePushedOutput> {
  const outcomes: Outcome[] = [];
  const failures: unknown[] = [];
  for (const plan of await allPlans(ports.environment, ports.parameters)) {
    await release(plan, ports).then(
      (outcome) => outcomes.push(outcome),
      (error) => failures.push(error),
    );
  }
  if (failures.length > 0) throw failures[0];
  const of = (kind: NonNullable<Outcome>['kind']) =>
    outcomes.flatMap((outcome) => (outcome?.kind === kind ? [outcome.name] : []));
  return { started: of('started'), waiting: of('waiting'), held: of('held') };
}

async function release(plan: ServiceDelivery, ports: ReleasePushedPorts): Promise<Outcome> {
  const now = ports.clock.now();
  const newest = newestPushed(await ports.pushed.list(plan.repository), plan.tagPattern, now);
  if (!newest) return undefined;
  const { record } = await ports.cluster.readRecord(plan);
  if (record.stableDigest === newest.digest) return undefined;
  // The next run finds it again, or a newer one.
  if (record.promotion) return { kind: 'held', name: plan.service };
  if (mayStillArrive(newest, now) && !(await isChecked(plan, newest.tag, ports))) {
    return { kind: 'waiting', name: plan.service };
  }
  const name = pushedReleaseName(plan.service, newest.digest);
  const input = {
    service: plan.service,
    tag: newest.tag,
    reason: `pushed for ${plan.stage}`,
    requestedBy: 'release-pushed',
  };
  return (await ports.promotions.start(name, JSON.stringify(input))) ? { kind: 'started', name } : undefined;
}

/** False while the image is on its way, or its scan in the queue. A refusal is an answer as well. */
async function isChecked(plan: ServiceDelivery, tag: string, { registry }: ReleasePushedPorts): Promise<boolean> {
  const image = await registry.find(plan.repository, tag);
  if (!image) return false;
  try {
    await checkImage({ plan, image: { tag, ...image } }, { registry });
    return true;
  } catch (error) {
    if (error instanceof ImageNotReplicated || error instanceof ImageNotScanned) return false;
    if (refusals.some((refusal) => error instanceof refusal)) return true;
    throw error;
  }
}
