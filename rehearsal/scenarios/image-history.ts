import { buildTag } from '../../domain/image-tag.ts';
import { type Stage as DeployStage, repositoryName } from '../../domain/names.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { Ecr } from '../aws/ecr.ts';

/** One image of a registry's past. */
export interface PastImage {
  readonly repository: string;
  readonly tag: string;
  readonly stage: DeployStage;
  readonly daysOld: number;
}

/** Past its retention in production, each two weeks after the one before it. */
const oldImages = 24;
const youngDays = [80, 60, 40, 20];

/**
 * Two years of every repository: production's images past and within their retention, the other stages', and a tag that moves. Pushed
 * with their copies and scans as they are today.
 */
export function pushHistory(platform: Platform, ecr: Ecr): readonly PastImage[] {
  const past: PastImage[] = [];
  const { primary } = platform.regions;
  const retentionDays = platform.stages.production.imageRetentionDays;
  for (const { name } of platform.images.repositories) {
    const repository = repositoryName(platform.name, name);
    const push = (stage: DeployStage, number: number, daysOld: number, given?: string): void => {
      const commit = (0x1000000 + number * 4099).toString(16);
      const parts = { service: name, environment: stage, version: `0.${number}.0`, commit, branch: 'main' };
      const tag = given ?? buildTag(platform.images.tagConvention, parts);
      ecr.pushImage(primary.name, {
        repository,
        tag,
        architectures: platform.images.architectures,
        pushedDaysAgo: daysOld,
      });
      past.push({ repository, tag, stage, daysOld });
    };
    for (let number = oldImages; number > 0; number--) push('production', number, retentionDays + 1 + number * 14);
    for (const daysOld of youngDays) push('production', 100 - daysOld, daysOld);
    for (const stage of ['staging', 'development'] as const) for (const number of [1, 2, 3]) push(stage, number, 500);
    for (const tag of platform.images.mutableTags.filter((one) => !one.includes('*'))) push('development', 0, 500, tag);
  }
  return past;
}
