import { parseTag, placeholdersOf, TagAgainstConvention } from './image-tag.ts';
import type { Stage } from './names.ts';

/** One manifest of a repository: an image, or an index over images. Times in milliseconds since 1970. */
export interface StoredImage {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly pushedAt: number;
  /** Missing where nobody has pulled it. */
  readonly pulledAt?: number;
  /** Digests that an index points to; empty for an image. */
  readonly children: readonly string[];
}

/** Something that needs an image, named by digest or by tag. */
export interface ImageNeed {
  readonly digest?: string;
  readonly tag?: string;
  /** Reads on after 'needed: '. */
  readonly because: string;
}

/** How long the images of one stage stay. */
export interface RetentionRules {
  readonly stage: Stage;
  readonly tagConvention: string;
  readonly retentionDays: number;
  /** However old, so many of the stage stay in each repository. */
  readonly keepNewest: number;
}

/** Why an image stays: what a report counts. */
export const keepingReasons = ['needed', 'newest', 'young', 'elsewhere', 'untagged'] as const;
export type KeepingReason = (typeof keepingReasons)[number];

export interface KeptImage {
  readonly digest: string;
  readonly reason: KeepingReason;
  readonly because: string;
}

/** An image that goes. `partOf`: the index that it goes with, which has to go first. */
export interface ImageDeletion {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly because: string;
  readonly partOf?: string;
}

export interface RetentionPlan {
  /** Indexes and images before the parts of indexes, which ECR deletes only after them; each oldest first. */
  readonly deletions: readonly ImageDeletion[];
  readonly kept: readonly KeptImage[];
}

const dayMilliseconds = 86_400_000;

/**
 * Decides about every image of one repository in one region. An image goes only when nothing needs it, each of its tags is of this
 * stage, it is not among the newest of the stage, and its retention is over since it was pushed and last pulled. What is
 * part of an index stays as long as an index that holds it; what nobody tagged belongs to the repository's lifecycle rule.
 */
export function planRetention(
  images: readonly StoredImage[],
  needs: readonly ImageNeed[],
  rules: RetentionRules,
  now: number,
): RetentionPlan {
  const kept = new Map<string, KeptImage>();
  const keep = (image: StoredImage, reason: KeepingReason, because: string): void => {
    if (!kept.has(image.digest)) kept.set(image.digest, { digest: image.digest, reason, because });
  };
  for (const image of images) {
    const need = needs.find((one) => names(one, image));
    if (need) keep(image, 'needed', `needed: ${need.because}`);
  }
  keepIndexesOfParts(images, kept, keep);
  const newest = newestOf(images, rules);
  const going = new Map<string, ImageDeletion>();
  for (const image of images.filter(({ tags, digest }) => tags.length > 0 && !kept.has(digest))) {
    const stays = ownReason(image, newest, rules, now);
    if (stays) keep(image, stays.reason, stays.because);
    else going.set(image.digest, deletionOf(image, rules, now));
  }
  settleParts(images, kept, keep, going);
  const age = new Map(images.map(({ digest, pushedAt }) => [digest, pushedAt]));
  const deletions = [...going.values()].sort(
    (a, b) =>
      Number(a.partOf !== undefined) - Number(b.partOf !== undefined) ||
      (age.get(a.digest) ?? 0) - (age.get(b.digest) ?? 0) ||
      (a.digest < b.digest ? -1 : 1),
  );
  return { deletions, kept: images.flatMap(({ digest }) => kept.get(digest) ?? []) };
}

/** The first `limit` deletions, the parts of an index only together with their index. */
export function limitedTo(limit: number, deletions: readonly ImageDeletion[]): readonly ImageDeletion[] {
  const chosen: ImageDeletion[] = [];
  for (const whole of deletions.filter(({ partOf }) => partOf === undefined)) {
    const parts = deletions.filter(({ partOf }) => partOf === whole.digest);
    if (chosen.length > 0 && chosen.length + 1 + parts.length > limit) break;
    chosen.push(whole, ...parts);
  }
  return [...chosen.filter(({ partOf }) => !partOf), ...chosen.filter(({ partOf }) => partOf)];
}

function names(need: ImageNeed, { digest, tags }: StoredImage): boolean {
  return need.digest === digest || (need.tag !== undefined && tags.includes(need.tag));
}

type Keep = (image: StoredImage, reason: KeepingReason, because: string) => void;

/** What runs may be a part of an index: without its index it would be untagged, and the lifecycle rule's. */
function keepIndexesOfParts(images: readonly StoredImage[], kept: ReadonlyMap<string, KeptImage>, keep: Keep): void {
  for (let before = -1; before !== kept.size; ) {
    before = kept.size;
    for (const index of images) {
      const part = index.children.find((child) => kept.has(child));
      if (part !== undefined) keep(index, 'needed', `holds ${part}, ${kept.get(part)?.because}`);
    }
  }
}

/** Parts stay with any index that stays, and go with the last that goes; the rest is nobody's part and untagged. */
function settleParts(
  images: readonly StoredImage[],
  kept: ReadonlyMap<string, KeptImage>,
  keep: Keep,
  going: Map<string, ImageDeletion>,
): void {
  const byDigest = new Map(images.map((image) => [image.digest, image]));
  const partsOf = (index: StoredImage) => index.children.flatMap((child) => byDigest.get(child) ?? []);
  for (let before = -1; before !== kept.size; ) {
    before = kept.size;
    for (const index of images.filter(({ digest }) => kept.has(digest))) {
      for (const part of partsOf(index)) {
        going.delete(part.digest);
        const why = kept.get(index.digest);
        keep(part, why?.reason ?? 'needed', `part of ${index.digest}, ${why?.because}`);
      }
    }
  }
  const indexes = images.filter(({ digest }) => going.has(digest)).sort((a, b) => a.pushedAt - b.pushedAt);
  for (const index of indexes) {
    for (const { digest, tags } of partsOf(index)) {
      // A part of several goes with the last of them.
      if (kept.has(digest) || (going.has(digest) && going.get(digest)?.partOf === undefined)) continue;
      going.set(digest, { digest, tags, because: `part of ${index.digest}, which goes`, partOf: index.digest });
    }
  }
  for (const image of images) {
    if (!going.has(image.digest)) keep(image, 'untagged', 'untagged: the lifecycle rule of the repository decides');
  }
}

/** Digests of the newest images that have a tag of the stage. */
function newestOf(images: readonly StoredImage[], rules: RetentionRules): ReadonlySet<string> {
  const ofStage = images.filter(({ tags }) => tags.some((tag) => stageOf(tag, rules) === rules.stage));
  const sorted = [...ofStage].sort((a, b) => b.pushedAt - a.pushedAt || (a.digest < b.digest ? -1 : 1));
  return new Set(sorted.slice(0, rules.keepNewest).map(({ digest }) => digest));
}

function ownReason(
  image: StoredImage,
  newest: ReadonlySet<string>,
  rules: RetentionRules,
  now: number,
): { reason: KeepingReason; because: string } | undefined {
  const foreign = image.tags.find((tag) => stageOf(tag, rules) !== rules.stage);
  if (foreign !== undefined) {
    const stage = stageOf(foreign, rules);
    const whose = stage ? `the stage ${stage} decides` : `its tag does not say that it is of the stage ${rules.stage}`;
    return { reason: 'elsewhere', because: `'${foreign}': ${whose}` };
  }
  if (newest.has(image.digest)) {
    return { reason: 'newest', because: `among the ${rules.keepNewest} newest of the stage ${rules.stage}` };
  }
  const usedDaysAgo = (now - lastUsed(image)) / dayMilliseconds;
  if (usedDaysAgo > rules.retentionDays) return undefined;
  return { reason: 'young', because: `used ${Math.floor(usedDaysAgo)} days ago, kept ${rules.retentionDays}` };
}

function deletionOf(image: StoredImage, rules: RetentionRules, now: number): ImageDeletion {
  const daysAgo = (at: number) => Math.floor((now - at) / dayMilliseconds);
  const pulled = image.pulledAt === undefined ? 'never pulled' : `last pulled ${daysAgo(image.pulledAt)} days ago`;
  return {
    digest: image.digest,
    tags: image.tags,
    because:
      `pushed ${daysAgo(image.pushedAt)} days ago, ${pulled}; the stage ${rules.stage} keeps ${rules.retentionDays} days ` +
      `and the ${rules.keepNewest} newest; nothing runs it or would go back to it`,
  };
}

function lastUsed({ pushedAt, pulledAt }: StoredImage): number {
  return Math.max(pushedAt, pulledAt ?? pushedAt);
}

/** The stage that a tag names; undefined for a tag outside the convention, and for every tag where the convention names no stage. */
function stageOf(tag: string, { tagConvention }: RetentionRules): string | undefined {
  if (!placeholdersOf(tagConvention).includes('environment')) return undefined;
  try {
    return parseTag(tag, tagConvention).environment;
  } catch (error) {
    if (error instanceof TagAgainstConvention) return undefined;
    throw error;
  }
}
