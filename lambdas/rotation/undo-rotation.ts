import { NotOurSecret, PreviousVersionGone, RotationSuperseded } from '../../domain/rotation-errors.ts';
import type { UndoRotationInput, UndoRotationOutput } from '../../domain/workflows/secret-rollout.ts';
import { versionStages } from '../ports/rotation.ts';
import type { RotationPorts } from './rotated-value.ts';
import { dropStage, publicationOf, versionWith } from './stages.ts';
import { rotatedValueOf } from './steps.ts';

/**
 * The version before opens again and is AWSCURRENT; the one that failed keeps its value and loses its stages. Of two users that take
 * turns the one before was never touched; of a single user the former password is set again. Delivered again it finds that done. Throws
 * RotationSuperseded where something newer is current, PreviousVersionGone, and what `setSecret` throws.
 */
export async function undoRotation(
  { plan, request }: UndoRotationInput,
  ports: RotationPorts,
): Promise<UndoRotationOutput> {
  const { versionId, previousVersionId } = request;
  const secret = await ports.secrets.describe(plan.secretName);
  if (!secret) throw new NotOurSecret(plan.secretName, 'a secret that exists');
  const current = versionWith(secret, versionStages.current);
  if (current !== versionId && current !== previousVersionId)
    throw new RotationSuperseded(plan.secretName, versionId, previousVersionId, current ?? 'none');
  const wanted = await ports.secrets.read(secret.arn, { id: previousVersionId });
  if (!wanted) throw new PreviousVersionGone(plan.secretName, previousVersionId);
  const failed = await ports.secrets.read(secret.arn, { id: versionId });
  const publication = publicationOf(ports.secrets, secret.arn, versionId, previousVersionId);
  await rotatedValueOf(plan, ports).restore(wanted, failed, current === versionId ? publication : alreadyPublished);
  await dropStage(ports.secrets, secret.arn, versionStages.pending, versionId);
  await dropStage(ports.secrets, secret.arn, versionStages.previous, versionId);
  return { currentVersionId: previousVersionId };
}

/** AWSCURRENT is where it belongs: only the login is mended. */
export const alreadyPublished = { publish: async () => undefined, takeBack: async () => undefined };
