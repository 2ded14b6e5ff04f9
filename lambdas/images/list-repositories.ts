import { reignsIn } from '../../domain/reign.ts';
import {
  type ListRepositoriesInput,
  type ListRepositoriesOutput,
  type RetentionSettings,
  retentionRequest,
} from '../../domain/workflows/image-retention.ts';
import { parseInput } from '../handling/task.ts';
import type { ImageRepositories } from '../ports/aws.ts';
import type { Reign } from '../ports/reign.ts';

export interface ListRepositoriesPorts {
  readonly repositories: ImageRepositories;
  readonly settings: RetentionSettings;
  /** Where the function runs. */
  readonly region: string;
  readonly reign: Pick<Reign, 'current'>;
}

/**
 * Repositories of the platform in any of its regions; none where the region does not reign: what a primary that was left runs says nothing about
 * what is needed, so it deletes nothing. Throws InvalidInput.
 */
export async function listRepositories(
  { input }: ListRepositoriesInput,
  { repositories, settings, region, reign }: ListRepositoriesPorts,
): Promise<ListRepositoriesOutput> {
  const { dryRun = false } = parseInput(retentionRequest, input);
  if (!reignsIn(await reign.current(), region)) return { dryRun, repositories: [] };
  const names = new Set<string>();
  for (const region of settings.regions) {
    for (const name of await repositories.list(region, `${settings.platform}/`)) names.add(name);
  }
  return { dryRun, repositories: [...names].sort() };
}
