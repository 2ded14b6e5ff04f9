import type { ShareSecretsInput, ShareSecretsOutput } from '../../domain/workflows/region-failback.ts';
import { callsAtATime, sideBySide } from '../backup/side-by-side.ts';
import type { SharedSecrets } from '../ports/failback.ts';
import type { SecretIndex } from '../ports/secret-index.ts';

export interface ShareSecretsPorts {
  readonly index: SecretIndex;
  readonly secrets: SharedSecrets;
}

/**
 * Gives every secret of the platform a copy in the other region, which follows it from then on: passwords changed while this region reigned. What had its
 * name there is replaced; it has the same ARN, because it was this one's copy or its origin before. Throws AwsUnavailable, AwsRefused.
 */
export async function shareSecrets(
  { run }: ShareSecretsInput,
  { index, secrets }: ShareSecretsPorts,
): Promise<ShareSecretsOutput> {
  const names = [...(await index.currentVersions(`mainstay/${run.environment}/`)).keys()].sort();
  const shared = await sideBySide(names, callsAtATime, async (name) =>
    (await secrets.share(name, run.to)) ? [name] : [],
  );
  return { shared: shared.flat() };
}
