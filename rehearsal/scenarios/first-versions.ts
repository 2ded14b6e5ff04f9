import { buildTag } from '../../domain/image-tag.ts';
import { repositoryName } from '../../domain/names.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { Ecr } from '../aws/ecr.ts';
import { nameOf } from './execution-name.ts';
import type { OutcomeReader } from './outcome.ts';
import type { Stage } from './stage.ts';

/** Time for images to reach every region and be scanned. */
const imagesSettleSeconds = 600;
/** A first version that takes longer than this is not coming. */
const firstVersionsSeconds = 2 * 3600;

/** A tag of a service after the platform's convention. */
export function tagFor(platform: Platform, service: string, version: string, commit: string): string {
  const image = platform.services.find(({ name }) => name === service)?.image ?? service;
  return buildTag(platform.images.tagConvention, { service: image, environment: 'production', version, commit });
}

/** Pushes an image of a service; answers its digest. */
export function pushFor(stage: Stage, service: string, tag: string): string {
  const { platform } = stage.request;
  const image = platform.services.find(({ name }) => name === service)?.image ?? service;
  const { architectures } = platform.images;
  return stage.rehearsal.account
    .service<Ecr>('ecr')
    .pushImage(stage.region, { repository: repositoryName(platform.name, image), tag, architectures });
}

/** Every service of these serves before anything is rehearsed: released by the platform's own workflow, all at once. Answers the digest of each. */
export async function serveFirstVersions(
  stage: Stage,
  services: readonly string[],
  outcomes: OutcomeReader,
): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  if (services.length === 0) return digests;
  const { platform } = stage.request;
  const tags = new Map(services.map((service) => [service, tagFor(platform, service, '1.4.0', 'a1b2c3d')]));
  for (const [service, tag] of tags) digests.set(service, pushFor(stage, service, tag));
  await stage.pass(imagesSettleSeconds);
  const started: string[] = [];
  for (const [service, tag] of tags) {
    const input = { service, tag, strategy: 'rolling' };
    const told = `releases the first version, ${tag}`;
    started.push(nameOf(await stage.during(stage.engineer.start('canary-promotion', input, told))));
  }
  const { kernel } = stage.rehearsal;
  await kernel.run({
    until: kernel.now() + firstVersionsSeconds * 1000,
    done: () => started.every((execution) => outcomes.hasEnded(execution)),
  });
  for (const execution of started) {
    const { outcome, reason } = outcomes.of(execution);
    if (outcome !== 'promoted') throw new Error(`A first version could not be released (${outcome}): ${reason}`);
  }
  return digests;
}
