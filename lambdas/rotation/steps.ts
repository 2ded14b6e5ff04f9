import type { RotationEvent, RotationPlan, RotationStep, SecretKind } from '../../domain/rotation.ts';
import {
  NotOurSecret,
  PendingLoginRefused,
  RotationNotPending,
  UnknownSecretKind,
} from '../../domain/rotation-errors.ts';
import { isLoginKind, rotationClaimSeconds, rotationSubjects } from '../../domain/rotation-work.ts';
import { rotationHolder } from '../../domain/workflows/secret-rollout.ts';
import { type SecretDescription, type SecretValue, versionStages } from '../ports/rotation.ts';
import { KeyRotation } from './key-rotation.ts';
import { LoginRotation } from './login-rotation.ts';
import { rotationPlanOf } from './plans.ts';
import type { RotatedValue, RotationPorts } from './rotated-value.ts';
import { dropStage, publicationOf, stagesOf, versionWith } from './stages.ts';

export interface RotationSettings {
  readonly environment: string;
  /** Name of the rotation. */
  readonly secret: string;
  /** What the function can rotate. */
  readonly kinds: readonly SecretKind[];
}

export interface RotationStepOutput {
  readonly secret: string;
  readonly step: RotationStep;
  readonly versionId: string;
  readonly did: string;
}

/** One version on its way to being current. */
export interface Rotation {
  readonly plan: RotationPlan;
  readonly versionId: string;
  readonly secret: SecretDescription;
  readonly value: RotatedValue;
  readonly ports: RotationPorts;
}

/**
 * One of the four steps by which Secrets Manager rotates, each right when it is delivered again or after a crash. A refusal comes before anything is
 * changed at the server. Throws NotOurSecret, UnknownSecretKind, SecretFieldMissing, SuperuserSecretMissing, SuperuserElsewhere,
 * SuperuserRefused, LoginRefused, ServerUnreachable, ServerRefused, RotationNotPending, RightsNotCarried, PendingLoginRefused, WorkInProgress,
 * InvalidRotationPlan, AwsUnavailable, AwsRefused.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
export async function rotate(
  { Step: step, SecretId, ClientRequestToken: versionId }: RotationEvent,
  settings: RotationSettings,
  ports: RotationPorts,
): Promise<RotationStepOutput> {
  const plan = await rotationPlanOf(settings.environment, settings.secret, ports.parameters);
  // Asked for another one, AWS would only say that the function may not.
  if ((nameInArn(SecretId) ?? plan.secretName) !== plan.secretName) throw new NotOurSecret(SecretId, plan.secretName);
  const secret = await ports.secrets.describe(SecretId);
  demandOurs(plan, secret, SecretId);
  if (!settings.kinds.includes(plan.kind)) throw new UnknownSecretKind(plan.secretName, plan.kind, settings.kinds);
  const did = await runStep(step, openRotation(plan, secret, versionId, ports));
  return { secret: plan.secret, step, versionId, did };
}

/** AWS appends a hyphen and six characters: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html */
function nameInArn(secretId: string): string | undefined {
  return /^arn:[^:]+:secretsmanager:[^:]+:\d+:secret:(.+)-[A-Za-z0-9]{6}$/.exec(secretId)?.[1];
}

/** Throws UnknownSecretKind. */
export function openRotation(
  plan: RotationPlan,
  secret: SecretDescription,
  versionId: string,
  ports: RotationPorts,
): Rotation {
  return { plan, secret, versionId, ports, value: rotatedValueOf(plan, ports) };
}

export function rotatedValueOf(plan: RotationPlan, ports: RotationPorts): RotatedValue {
  return isLoginKind(plan.kind) ? new LoginRotation(plan, ports) : new KeyRotation(plan, ports);
}

/** Answers what was done. */
export function runStep(step: RotationStep, rotation: Rotation): Promise<string> {
  const run = { createSecret, setSecret, testSecret, finishSecret }[step];
  return run(rotation);
}

function demandOurs(
  { environment, secretName }: RotationPlan,
  secret: SecretDescription | undefined,
  secretId: string,
): asserts secret is SecretDescription {
  const name = secret?.name ?? secretId;
  if (!secret || name !== secretName || !name.startsWith(`mainstay/${environment}/`))
    throw new NotOurSecret(name, secretName);
}

/** Everything that may be refused; then the claim; then the pending version's value. */
async function createSecret(rotation: Rotation): Promise<string> {
  const { plan, secret, versionId, ports, value } = rotation;
  if (published(rotation)) return 'current already';
  if (await ports.secrets.read(secret.arn, { id: versionId })) {
    // It was checked then; by now it may be what opens.
    await claim(rotation);
    return 'has its value already';
  }
  const current = await currentOf(rotation);
  await value.check(current, await ports.secrets.read(secret.arn, { stage: versionStages.previous }));
  await claim(rotation);
  const text = await value.make(current, versionId);
  const put = await ports.secrets.putPending(secret.arn, versionId, text);
  return put ? `made from ${current.versionId} of ${plan.secretName}` : 'has its value already';
}

/** The new version opens afterwards. Where this shuts the one in use out, the new one is current afterwards as well. */
async function setSecret(rotation: Rotation): Promise<string> {
  const { secret, versionId, ports, value } = rotation;
  const isPublished = published(rotation);
  if (isPublished && !stagesOf(secret, versionId).includes(versionStages.pending)) return 'current already';
  const pending = await pendingOf(rotation);
  await claim(rotation);
  const [current, previous] = [
    await ports.secrets.read(secret.arn, { stage: isPublished ? versionStages.previous : versionStages.current }),
    isPublished ? undefined : await ports.secrets.read(secret.arn, { stage: versionStages.previous }),
  ];
  // Without the version before it nothing else could open: it is set, or testSecret says that it is not.
  if (!current) return 'nothing to set';
  const versions = { pending, current, published: isPublished, ...(previous ? { previous } : {}) };
  await value.set(
    versions,
    publicationOf(ports.secrets, secret.arn, isPublished ? versionId : current.versionId, versionId),
  );
  return 'set';
}

async function testSecret(rotation: Rotation): Promise<string> {
  const { plan, versionId, value } = rotation;
  published(rotation);
  const pending = await pendingOf(rotation);
  if (!(await value.opens(pending))) throw new PendingLoginRefused(plan.secretName, versionId, value.userOf(pending));
  return 'opens';
}

/**
 * The new version is current, its rollout runs, and AWSPENDING is gone, in this order: as long as it is there the watchdog knows that
 * something is left to do.
 */
async function finishSecret(rotation: Rotation): Promise<string> {
  const { plan, secret, versionId, ports } = rotation;
  const isPublished = published(rotation);
  const previousVersionId = versionWith(secret, isPublished ? versionStages.previous : versionStages.current);
  if (!isPublished) {
    await pendingOf(rotation);
    await publicationOf(ports.secrets, secret.arn, `${previousVersionId}`, versionId).publish();
  }
  if (previousVersionId !== undefined)
    await ports.rollouts.start({ secret: plan.secret, versionId, previousVersionId });
  await dropStage(ports.secrets, secret.arn, versionStages.pending, versionId);
  return isPublished ? 'current already' : 'current';
}

/** Whether the version is AWSCURRENT already. Throws RotationNotPending where it is not on its way either. */
function published({ plan, secret, versionId }: Rotation): boolean {
  const stages = stagesOf(secret, versionId);
  if (stages.includes(versionStages.current)) return true;
  if (stages.includes(versionStages.pending)) return false;
  const found = stages.length > 0 ? `has the stage ${stages.join(' and ')}` : 'has no stage';
  throw new RotationNotPending(plan.secretName, versionId, found);
}

async function pendingOf({ plan, secret, versionId, ports }: Rotation): Promise<SecretValue> {
  const pending = await ports.secrets.read(secret.arn, { id: versionId });
  if (!pending) throw new RotationNotPending(plan.secretName, versionId, 'has no value yet');
  return pending;
}

async function currentOf({ plan, secret, versionId, ports }: Rotation): Promise<SecretValue> {
  const current = await ports.secrets.read(secret.arn, { stage: versionStages.current });
  if (!current)
    throw new RotationNotPending(plan.secretName, versionId, 'follows from nothing: there is no AWSCURRENT');
  return current;
}

/** Claimed again by the same holder, it lasts longer. Throws WorkInProgress. */
async function claim({ plan, versionId, ports }: Rotation): Promise<void> {
  await ports.interlock.claim({
    subjects: rotationSubjects(plan),
    work: 'rotation',
    holder: rotationHolder(plan.secretName, versionId),
    forSeconds: rotationClaimSeconds,
  });
}
