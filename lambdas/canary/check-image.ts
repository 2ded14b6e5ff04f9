import {
  ImageBlocked,
  ImageLacksArchitecture,
  ImageNotReplicated,
  ImageNotScanned,
  ImageTooLarge,
} from '../../domain/errors.ts';
import { type Finding, reviewFindings } from '../../domain/findings.ts';
import type { CheckImageInput, CheckImageOutput } from '../../domain/workflows/canary-promotion.ts';
import type { ImageRegistry } from '../ports/aws.ts';

/** Scans that have an answer; ACTIVE is that of continuous scanning. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanStatus.html */
const finished = ['COMPLETE', 'ACTIVE'];
const bytesPerMegabyte = 1_000_000;

/**
 * Whether the image may be promoted: small enough, built for every architecture, in every region, scanned there, and with no finding that
 * blocks. Of an index every platform's image is looked at, in each region's own scan. Throws ImageTooLarge, ImageLacksArchitecture,
 * ImageNotReplicated, ImageNotScanned, ImageBlocked.
 */
export async function checkImage(
  { plan, image }: CheckImageInput,
  { registry }: { registry: ImageRegistry },
): Promise<CheckImageOutput> {
  requireFitting(plan, image);
  await requireReplicated(plan, image, registry);
  const review = reviewFindings(await findingsOf(plan, image, registry), plan.image.findings);
  if (review.blocking.length > 0) throw new ImageBlocked(`${plan.repository} '${image.tag}'`, review.blocking);
  return { ask: review.ask, summary: review.summary };
}

function requireFitting(plan: CheckImageInput['plan'], image: CheckImageInput['image']): void {
  const name = `${plan.repository} '${image.tag}'`;
  const { megabytesMax, architectures } = plan.image;
  const megabytes = image.sizeBytes / bytesPerMegabyte;
  if (megabytesMax !== undefined && megabytes > megabytesMax) {
    throw new ImageTooLarge(name, Math.ceil(megabytes), megabytesMax);
  }
  // A single image is taken for the one architecture that is asked for: only its configuration, a layer of its own, says what it is.
  if (image.architectures === null && architectures.length === 1) return;
  const missing = architectures.filter((architecture) => !image.architectures?.includes(architecture));
  if (missing.length > 0) throw new ImageLacksArchitecture(name, image.architectures, missing);
}

async function requireReplicated(
  plan: CheckImageInput['plan'],
  image: CheckImageInput['image'],
  registry: ImageRegistry,
): Promise<void> {
  for (const digest of new Set([image.digest, ...image.platformDigests])) {
    const arrived = await registry.regionsOf(plan.repository, digest);
    const missing = plan.imageRegions.filter((region) => !arrived.includes(region));
    if (missing.length > 0) throw new ImageNotReplicated(`${plan.repository}@${digest} ('${image.tag}')`, missing);
  }
}

/** Of every region: each scans its own copy, with what is known there. */
async function findingsOf(
  plan: CheckImageInput['plan'],
  image: CheckImageInput['image'],
  registry: ImageRegistry,
): Promise<Finding[]> {
  const asked = plan.imageRegions.flatMap((region) => image.platformDigests.map((digest) => ({ region, digest })));
  const scans = await Promise.all(
    asked.map(async ({ region, digest }) => {
      const scan = await registry.scanOf(region, plan.repository, digest);
      if (scan && finished.includes(scan.status)) return scan.findings;
      const name = `${plan.repository}@${digest} ('${image.tag}') in ${region}`;
      throw new ImageNotScanned(name, scan?.status ?? 'never scanned');
    }),
  );
  return scans.flat();
}
