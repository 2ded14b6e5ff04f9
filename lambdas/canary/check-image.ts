import { ImageBlocked, ImageNotReplicated, ImageNotScanned } from '../../domain/errors.ts';
import { type Finding, reviewFindings } from '../../domain/findings.ts';
import type { CheckImageInput, CheckImageOutput } from '../../domain/workflows/canary-promotion.ts';
import type { ImageRegistry } from '../ports/aws.ts';

/** Scans that have an answer; ACTIVE is that of continuous scanning. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanStatus.html */
const finished = ['COMPLETE', 'ACTIVE'];

/** Throws ImageNotReplicated, ImageNotScanned, ImageBlocked. Of an index every platform's image is looked at. */
export async function checkImage(
  { plan, image }: CheckImageInput,
  { registry }: { registry: ImageRegistry },
): Promise<CheckImageOutput> {
  const digests = [...new Set([image.digest, ...image.platformDigests])];
  for (const digest of digests) {
    const arrived = await registry.regionsOf(plan.repository, digest);
    const missing = plan.imageRegions.filter((region) => !arrived.includes(region));
    if (missing.length > 0) throw new ImageNotReplicated(`${plan.repository}@${digest} ('${image.tag}')`, missing);
  }
  const findings: Finding[] = [];
  for (const digest of image.platformDigests) {
    const scan = await registry.scanOf(plan.repository, digest);
    if (!scan || !finished.includes(scan.status)) {
      throw new ImageNotScanned(`${plan.repository}@${digest} ('${image.tag}')`, scan?.status ?? 'never scanned');
    }
    findings.push(...scan.findings);
  }
  const review = reviewFindings(findings);
  if (review.blocking.length > 0) throw new ImageBlocked(`${plan.repository} '${image.tag}'`, review.blocking);
  return { ask: review.ask, summary: review.summary };
}
