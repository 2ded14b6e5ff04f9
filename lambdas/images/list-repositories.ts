import {
  type ListRepositoriesInput,
  type ListRepositoriesOutput,
  type RetentionSettings,
  retentionRequest,
} from '../../domain/workflows/image-retention.ts';
import { parseInput } from '../handling/task.ts';
import type { ImageRepositories } from '../ports/aws.ts';

/** Repositories of the platform in any of its regions. Throws InvalidInput. */
export async function listRepositories(
  { input }: ListRepositoriesInput,
  { repositories, settings }: { repositories: ImageRepositories; settings: RetentionSettings },
): Promise<ListRepositoriesOutput> {
  const { dryRun = false } = parseInput(retentionRequest, input);
  const names = new Set<string>();
  for (const region of settings.regions) {
    for (const name of await repositories.list(region, `${settings.platform}/`)) names.add(name);
  }
  return { dryRun, repositories: [...names].sort() };
}
