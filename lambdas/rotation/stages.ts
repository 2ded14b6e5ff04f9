import { type SecretDescription, type SecretVersions, type VersionStage, versionStages } from '../ports/rotation.ts';
import type { Publication } from './rotated-value.ts';

/** Id of the version that has this stage. */
export function versionWith(
  { versions }: Pick<SecretDescription, 'versions'>,
  stage: VersionStage,
): string | undefined {
  return [...versions].find(([, stages]) => stages.includes(stage))?.[0];
}

export function stagesOf({ versions }: Pick<SecretDescription, 'versions'>, versionId: string): readonly string[] {
  return versions.get(versionId) ?? [];
}

/** Makes `to` current in the place of `from`, and back. */
export function publicationOf(secrets: SecretVersions, secretId: string, from: string, to: string): Publication {
  return {
    publish: () => moveCurrent(secrets, secretId, from, to),
    takeBack: () => moveCurrent(secrets, secretId, to, from),
  };
}

/** Also right when another delivery, or a call whose answer was lost, has moved it already. Throws AwsUnavailable, AwsRefused. */
async function moveCurrent(secrets: SecretVersions, secretId: string, from: string, to: string): Promise<void> {
  if (from === to) return;
  try {
    await secrets.moveStage(secretId, versionStages.current, { from, to });
  } catch (error) {
    const now = await secrets.describe(secretId);
    if (!now || versionWith(now, versionStages.current) !== to) throw error;
  }
}

/** Takes a stage from a version that may have lost it already. Throws AwsUnavailable, AwsRefused. */
export async function dropStage(
  secrets: SecretVersions,
  secretId: string,
  stage: VersionStage,
  from: string,
): Promise<void> {
  const before = await secrets.describe(secretId);
  if (!before || !stagesOf(before, from).includes(stage)) return;
  try {
    await secrets.moveStage(secretId, stage, { from });
  } catch (error) {
    const now = await secrets.describe(secretId);
    if (!now || stagesOf(now, from).includes(stage)) throw error;
  }
}
