import * as z from 'zod';
import { type CanaryStep, type ServiceDelivery, type Strategy, strategies } from './delivery.ts';
import {
  AlreadyReleased,
  PromotionAlreadyRunning,
  PromotionSuperseded,
  ReleaseRecordMissing,
  UnknownStrategy,
} from './errors.ts';
import { otherSlot, releaseRecordName, slots } from './names.ts';

const release = z.strictObject({ slot: z.enum(slots), digest: z.string(), tag: z.string() });

/** Who holds a service, for what, and what has to be put back if it does not end well. */
export const promotionHold = z.strictObject({
  /** Name of the execution that took the release; stays the same when a rollback takes it over. */
  id: z.string(),
  /** ARN of the execution that took the release. */
  executionArn: z.string(),
  strategy: z.enum(strategies),
  /** The slot that is filled. The stable slot itself when the image is replaced in place (rolling, first release). */
  canarySlot: z.enum(slots),
  canaryDigest: z.string(),
  canaryTag: z.string(),
  /** Image reference by digest, as the Deployment has it. */
  canaryImage: z.string(),
  /** ISO 8601. */
  startedAt: z.string(),
  /** `retiring`: the roles are swapped, what is left is tidying up. */
  phase: z.enum(['promoting', 'retiring', 'rolling-back']),
  stableReplicas: z.int(),
  /** What the canary's slot held before it was taken: what a rollback restores. */
  before: z.strictObject({ image: z.string(), replicas: z.int() }),
  /** A rollback to the previous release, after a promotion: what it leaves is no release to go back to. */
  goesBack: z.boolean().optional(),
  /** While `retiring`: what was stable and what was previous before the swap, for the case that it is undone after all. */
  undo: z.strictObject({ stable: release.optional(), previous: release.optional() }).optional(),
  /** ISO 8601, from the swap of the roles on. */
  promotedAt: z.string().optional(),
  rollback: z.strictObject({ executionArn: z.string(), reason: z.string(), startedAt: z.string() }).optional(),
});
export type PromotionHold = z.infer<typeof promotionHold>;

/**
 * What a service runs and who may change it: JSON in `data.record` of the ConfigMap `<service>-release`. Written with
 * compare-and-set alone. `epoch` numbers the holders: it rises whenever someone takes the service.
 */
export const releaseRecord = z.strictObject({
  epoch: z.int(),
  stableSlot: z.enum(slots),
  /** Missing before the first release of a service. */
  stableDigest: z.string().optional(),
  stableTag: z.string().optional(),
  previous: release.optional(),
  promotion: promotionHold.optional(),
});
export type ReleaseRecord = z.infer<typeof releaseRecord>;

/** What a holder carries from task to task. `id` and `epoch` are its fencing token; the rest spares reading it again. */
export const hold = z.strictObject({
  id: z.string(),
  epoch: z.int(),
  strategy: z.enum(strategies),
  steps: z.array(z.strictObject({ weightPercent: z.int(), watchSeconds: z.int() })),
  stableSlot: z.enum(slots),
  canarySlot: z.enum(slots),
  canaryDigest: z.string(),
  canaryTag: z.string(),
});
export type Hold = z.infer<typeof hold>;

/** How long a version is watched after it took all the traffic where the definition names no step. */
export const watchSecondsWithoutSteps = 600;

/** Parses `data.record`. Throws ReleaseRecordMissing. */
export function parseReleaseRecord(
  text: string | undefined,
  delivery: Pick<ServiceDelivery, 'namespace' | 'service'>,
): ReleaseRecord {
  const missing = (found: string) =>
    new ReleaseRecordMissing(delivery.namespace, releaseRecordName(delivery.service), found);
  if (text === undefined) throw missing("has no key 'record'");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw missing('holds no JSON');
  }
  const parsed = releaseRecord.safeParse(json);
  if (!parsed.success) throw missing(`is not a release record: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

export function isFirstRelease(record: ReleaseRecord): boolean {
  return record.stableDigest === undefined;
}

/**
 * The strategy of this release. The first release of a service is replaced in place: nobody is served yet. Throws
 * UnknownStrategy for one that the definition does not allow the service.
 */
export function strategyFor(record: ReleaseRecord, delivery: ServiceDelivery, asked: Strategy | undefined): Strategy {
  const strategy = asked ?? delivery.strategy;
  if (!delivery.strategiesAllowed.includes(strategy)) {
    throw new UnknownStrategy(delivery.service, strategy, delivery.strategiesAllowed);
  }
  return isFirstRelease(record) ? 'rolling' : strategy;
}

/**
 * The steps of a strategy: the definition's own for a canary; for blue-green and rolling one step with all the traffic, watched as long as
 * the longest that the definition names.
 */
export function stepsFor(strategy: Strategy, delivery: ServiceDelivery): CanaryStep[] {
  if (strategy === 'canary') return delivery.steps;
  const longest = Math.max(0, ...delivery.steps.map((step) => step.watchSeconds));
  return [{ weightPercent: 100, watchSeconds: longest || watchSecondsWithoutSteps }];
}

/** Replicas for a share of the requests: as stable has for its share, and never under the definition's minimum. */
export function replicasFor(weightPercent: number, stableReplicas: number, delivery: ServiceDelivery): number {
  const share = Math.ceil((stableReplicas * weightPercent) / 100);
  return Math.min(delivery.replicas.maximum, Math.max(delivery.replicas.minimum, share));
}

/** Throws AlreadyReleased when this digest is the stable one, PromotionAlreadyRunning when another execution holds the service. */
export function requireFree(
  record: ReleaseRecord,
  service: string,
  wanted: { readonly digest: string; readonly tag: string; readonly id: string },
): void {
  const held = record.promotion;
  if (held && held.id !== wanted.id) {
    throw new PromotionAlreadyRunning(service, held.rollback?.executionArn ?? held.executionArn, held.canaryTag);
  }
  if (!held && record.stableDigest === wanted.digest) throw new AlreadyReleased(service, wanted.tag, wanted.digest);
}

export interface Taking {
  readonly id: string;
  readonly executionArn: string;
  readonly strategy: Strategy;
  readonly canarySlot: ReleaseRecord['stableSlot'];
  readonly digest: string;
  readonly tag: string;
  readonly image: string;
  readonly startedAt: string;
  readonly stableReplicas: number;
  readonly before: PromotionHold['before'];
  readonly goesBack?: true;
}

/** The slot that a strategy fills: the stable one in place, otherwise the idle one. */
export function canarySlotFor(strategy: Strategy, record: ReleaseRecord): ReleaseRecord['stableSlot'] {
  return strategy === 'rolling' ? record.stableSlot : otherSlot(record.stableSlot);
}

/** The record with the service taken: a new epoch. Call requireFree first. */
export function taken(record: ReleaseRecord, taking: Taking): ReleaseRecord {
  const { digest, tag, image, ...rest } = taking;
  return {
    ...record,
    epoch: record.epoch + 1,
    promotion: { ...rest, canaryDigest: digest, canaryTag: tag, canaryImage: image, phase: 'promoting' },
  };
}

/** What the holder carries on. Throws RangeError when nothing is held. */
export function holdOf(record: ReleaseRecord, delivery: ServiceDelivery): Hold {
  const held = record.promotion;
  if (!held) throw new RangeError(`'${delivery.service}' is not held; take the release first`);
  return {
    id: held.id,
    epoch: record.epoch,
    strategy: held.strategy,
    steps: stepsFor(held.strategy, delivery),
    // After the roles were swapped the record's stable slot is the canary's; the hold names the roles as they were taken.
    stableSlot: held.strategy === 'rolling' ? held.canarySlot : otherSlot(held.canarySlot),
    canarySlot: held.canarySlot,
    canaryDigest: held.canaryDigest,
    canaryTag: held.canaryTag,
  };
}

/** The hold, if it is still this holder's. Throws PromotionSuperseded. */
export function requireHeld(record: ReleaseRecord, holder: Pick<Hold, 'id' | 'epoch'>, service: string): PromotionHold {
  const held = record.promotion;
  if (held?.id === holder.id && record.epoch === holder.epoch) return held;
  const found = held ? `${held.rollback?.executionArn ?? held.executionArn} (epoch ${record.epoch})` : 'nobody';
  throw new PromotionSuperseded(service, `${holder.id} (epoch ${holder.epoch})`, found);
}

/**
 * The record with the holder's own rollback begun, so that an alarm that comes now finds it. The same epoch: the holder stays. Roles that a
 * promotion swapped without learning of it (its answers were lost) are swapped back. Throws PromotionSuperseded.
 */
export function rollingBack(
  record: ReleaseRecord,
  holder: Pick<Hold, 'id' | 'epoch'>,
  service: string,
  rollback: NonNullable<PromotionHold['rollback']>,
): ReleaseRecord {
  const held = requireHeld(record, holder, service);
  if (held.phase === 'rolling-back') return record;
  const { undo: _undo, promotedAt: _promotedAt, ...kept } = held;
  return { ...unswapped(record, held), promotion: { ...kept, phase: 'rolling-back', rollback } };
}

function unswapped(record: ReleaseRecord, held: PromotionHold): ReleaseRecord {
  if (held.phase !== 'retiring') return record;
  const { stableDigest: _digest, stableTag: _tag, previous: _previous, ...rest } = record;
  const { stable, previous } = held.undo ?? {};
  return {
    ...rest,
    ...(stable ? { stableSlot: stable.slot, stableDigest: stable.digest, stableTag: stable.tag } : {}),
    ...(previous ? { previous } : {}),
  };
}

/** The record with the roles swapped. Already swapped: the same record. Throws PromotionSuperseded. */
export function promoted(
  record: ReleaseRecord,
  holder: Pick<Hold, 'id' | 'epoch'>,
  service: string,
  promotedAt: string,
): ReleaseRecord {
  const held = requireHeld(record, holder, service);
  if (held.phase === 'retiring') return record;
  const { stableDigest, stableTag, previous: before, ...rest } = record;
  const stable =
    stableDigest === undefined ? undefined : { slot: record.stableSlot, digest: stableDigest, tag: stableTag ?? '' };
  const undo = { ...(stable ? { stable } : {}), ...(before ? { previous: before } : {}) };
  return {
    ...rest,
    stableSlot: held.canarySlot,
    stableDigest: held.canaryDigest,
    stableTag: held.canaryTag,
    // Going back a second time would go forward, to what was just left.
    ...(stable && !held.goesBack ? { previous: stable } : {}),
    promotion: { ...held, phase: 'retiring', promotedAt, undo },
  };
}

/**
 * The record with the hold given back, or undefined when it was given back already (a second delivery, or the next holder has it).
 * Throws PromotionSuperseded when a rollback took this very promotion over.
 */
export function givenBack(
  record: ReleaseRecord,
  holder: Pick<Hold, 'id' | 'epoch'>,
  service: string,
): ReleaseRecord | undefined {
  if (record.promotion?.id !== holder.id) return undefined;
  requireHeld(record, holder, service);
  const { promotion: _given, ...rest } = record;
  return rest;
}

/** The same image at another digest: `…/aeon/aeon-dt-api@sha256:…`. */
export function imageWithDigest(image: string, digest: string): string {
  const repository = image.split('@')[0]?.replace(/:[^/:]*$/, '') ?? image;
  return `${repository}@${digest}`;
}
