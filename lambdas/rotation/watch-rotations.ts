import { reignsIn } from '../../domain/reign.ts';
import type { RotationPlan } from '../../domain/rotation.ts';
import { RotationError, rotationWaitsFor } from '../../domain/rotation-errors.ts';
import { isOverdue, isUnderWay, type RotationFinding } from '../../domain/rotation-watch.ts';
import { rotationSubjects } from '../../domain/rotation-work.ts';
import { rotationHolder } from '../../domain/workflows/secret-rollout.ts';
import type { Notifications, Parameters } from '../ports/aws.ts';
import type { Reign } from '../ports/reign.ts';
import { type SecretDescription, type SecretValue, versionStages } from '../ports/rotation.ts';
import { tellFindings } from './findings.ts';
import { allRotationPlans } from './plans.ts';
import type { RotationPorts } from './rotated-value.ts';
import { dropStage, versionWith } from './stages.ts';
import { openRotation, rotatedValueOf, runStep } from './steps.ts';
import { alreadyPublished, undoRotation } from './undo-rotation.ts';

export interface WatchPorts extends RotationPorts {
  readonly parameters: Parameters;
  readonly notifications: Notifications;
  /** Where the function runs. */
  readonly region: string;
  readonly reign: Pick<Reign, 'current'>;
}

export interface WatchOutput {
  readonly watched: number;
  readonly findings: readonly RotationFinding[];
}

/** Secrets that are looked at side by side: most of the time goes into waiting for servers. */
const secretsAtOnce = 10;
/** Holder of the claim under which a login is mended, in the place of a version's id. */
const watchdog = 'watchdog';
const mendingSeconds = 120;

/** Of AWS and the interlock: theirs name a call or a claim. */
const otherErrors = ['WorkInProgress', 'AwsUnavailable', 'AwsRefused'];

/**
 * Looks at every rotated secret of the region; what a rotation left behind is finished, or undone where it can't be, and told. One secret that
 * can't be looked at does not keep the others from it. Where the region does not reign there is nothing to look after: its secrets are copies, or those of
 * a primary that was left and whose logins are shut on purpose. Throws InvalidRotationPlan, AwsUnavailable, AwsRefused.
 */
export async function watchRotations(environment: string, ports: WatchPorts): Promise<WatchOutput> {
  if (!reignsIn(await ports.reign.current(), ports.region)) return { watched: 0, findings: [] };
  const plans = await allRotationPlans(environment, ports.parameters);
  const findings: RotationFinding[] = [];
  for (let from = 0; from < plans.length; from += secretsAtOnce) {
    const looked = plans.slice(from, from + secretsAtOnce).map((plan) => new Watched(plan, ports).look());
    findings.push(...(await Promise.all(looked)).flat());
  }
  findings.push(...(await releaseLeftClaims(plans, ports)));
  await tellFindings(environment, findings, ports.notifications);
  return { watched: plans.length, findings };
}

/** One secret under the watchdog's eyes. */
class Watched {
  readonly #plan: RotationPlan;
  readonly #ports: WatchPorts;

  constructor(plan: RotationPlan, ports: WatchPorts) {
    this.#plan = plan;
    this.#ports = ports;
  }

  async look(): Promise<readonly RotationFinding[]> {
    const secret = await this.#ports.secrets.describe(this.#plan.secretName).catch(nameOf);
    if (typeof secret === 'string') return [this.#finding('cannot-be-looked-at', 'waits', secret)];
    if (!secret)
      return [this.#finding('no-such-secret', 'needs-a-person', 'the plan names a secret that does not exist')];
    // Where it is copied from, another watchdog looks at it: nothing can be changed here.
    if (secret.copyOf !== undefined) return [];
    try {
      return await this.#lookAt(secret);
    } catch (error) {
      return [this.#finding('cannot-be-looked-at', waits(error) ? 'waits' : 'needs-a-person', told(error))];
    }
  }

  async #lookAt(secret: SecretDescription): Promise<readonly RotationFinding[]> {
    const pending = versionWith(secret, versionStages.pending);
    if (pending !== undefined) {
      const value = await this.#ports.secrets.read(secret.arn, { id: pending });
      if (isUnderWay(value?.createdAt ?? secret.lastChangedAt, this.#ports.clock.now())) return [];
      return [value ? await this.#endLeft(secret, pending) : await this.#clearEmpty(secret, pending)];
    }
    const current = await this.#ports.secrets.read(secret.arn, { stage: versionStages.current });
    if (!current) return [this.#finding('no-current-version', 'needs-a-person', 'AWSCURRENT has no value')];
    const value = rotatedValueOf(this.#plan, this.#ports);
    if (!(await value.opens(current))) return [await this.#mend(secret, current)];
    return this.#startOverdue(secret, current);
  }

  /** AWS attaches AWSPENDING to an empty version before createSecret: a refusal or a crash leaves it, and bars the next rotation. */
  async #clearEmpty(secret: SecretDescription, versionId: string): Promise<RotationFinding> {
    await this.#drop(secret, versionId);
    return this.#finding(
      'empty-pending-version',
      'undone',
      'createSecret refused or died before it gave a value',
      versionId,
    );
  }

  /** All steps that were left are run, done ones included: each finds what it has done. */
  async #endLeft(secret: SecretDescription, versionId: string): Promise<RotationFinding> {
    try {
      for (const step of ['setSecret', 'testSecret', 'finishSecret'] as const) {
        const now = (await this.#ports.secrets.describe(secret.arn)) ?? secret;
        await runStep(step, openRotation(this.#plan, now, versionId, this.#ports));
      }
      return this.#finding('pending-left', 'finished', 'its steps were run to the end', versionId);
    } catch (error) {
      if (waits(error)) return this.#finding('pending-left', 'waits', told(error), versionId);
      return this.#undoLeft(secret, versionId, told(error));
    }
  }

  /** What is current stays so and opens; the pending version goes. One that is current already gives way to the one before. */
  async #undoLeft(secret: SecretDescription, versionId: string, why: string): Promise<RotationFinding> {
    const now = (await this.#ports.secrets.describe(secret.arn)) ?? secret;
    const current = await this.#ports.secrets.read(secret.arn, { stage: versionStages.current });
    const previousVersionId = versionWith(now, versionStages.previous);
    if (current?.versionId === versionId && previousVersionId !== undefined) {
      const request = { secret: this.#plan.secret, versionId, previousVersionId };
      await undoRotation({ plan: this.#plan, request, reason: why }, this.#ports);
    } else if (current) {
      const failed = await this.#ports.secrets.read(secret.arn, { id: versionId });
      await rotatedValueOf(this.#plan, this.#ports).restore(current, failed, alreadyPublished);
    }
    await this.#drop(secret, versionId);
    return this.#finding('pending-left', 'undone', why, versionId);
  }

  /** Nobody has the key: the password at the server is set to what AWSCURRENT holds, unless a restore or failover runs. */
  async #mend(secret: SecretDescription, current: SecretValue): Promise<RotationFinding> {
    const holder = rotationHolder(this.#plan.secretName, watchdog);
    const subjects = rotationSubjects(this.#plan);
    await this.#ports.interlock.claim({ subjects, work: 'rotation', holder, forSeconds: mendingSeconds });
    try {
      const previous = await this.#ports.secrets.read(secret.arn, { stage: versionStages.previous });
      await rotatedValueOf(this.#plan, this.#ports).restore(current, previous, alreadyPublished);
      return this.#finding('current-does-not-log-in', 'mended', 'its password was set again', current.versionId);
    } catch (error) {
      const did = waits(error) ? 'waits' : 'needs-a-person';
      return this.#finding('current-does-not-log-in', did, told(error), current.versionId);
    } finally {
      await this.#ports.interlock.release(holder, subjects);
    }
  }

  async #startOverdue(secret: SecretDescription, current: SecretValue): Promise<readonly RotationFinding[]> {
    const { lastRotatedAt, lastChangedAt } = secret;
    const rotatedAt = lastRotatedAt && lastRotatedAt > current.createdAt ? lastRotatedAt : current.createdAt;
    const now = this.#ports.clock.now();
    if (!isOverdue(this.#plan.everyDays, { rotatedAt, lastChangedAt, now })) return [];
    const started = await this.#ports.secrets.startRotation(secret.arn);
    const why = `the last one was at ${rotatedAt.toISOString()}, one is due every ${this.#plan.everyDays} days`;
    // Nothing is pending, so what does not start has no rotation, or not a right one.
    return [this.#finding('overdue', started ? 'started' : 'needs-a-person', why, current.versionId)];
  }

  async #drop(secret: SecretDescription, versionId: string): Promise<void> {
    await dropStage(this.#ports.secrets, secret.arn, versionStages.pending, versionId);
    const holder = rotationHolder(this.#plan.secretName, versionId);
    await this.#ports.interlock.release(holder, rotationSubjects(this.#plan));
  }

  #finding(
    found: RotationFinding['found'],
    did: RotationFinding['did'],
    why: string,
    versionId?: string,
  ): RotationFinding {
    return { secret: this.#plan.secret, found, did, why, ...(versionId === undefined ? {} : { versionId }) };
  }
}

/** A claim whose rollout has ended, or whose rotation is neither pending nor has a rollout, holds others up for nothing. */
async function releaseLeftClaims(
  plans: readonly RotationPlan[],
  ports: WatchPorts,
): Promise<readonly RotationFinding[]> {
  const findings: RotationFinding[] = [];
  const claims = (await ports.interlock.list()).filter(({ work }) => work === 'rotation');
  for (const plan of plans) {
    const prefix = rotationHolder(plan.secretName, '');
    const holders = new Set(claims.map(({ holder }) => holder).filter((holder) => holder.startsWith(prefix)));
    for (const holder of holders) {
      const versionId = holder.slice(prefix.length);
      const left = await leftClaim(plan, versionId, ports);
      if (left === undefined) continue;
      await ports.interlock.release(holder, rotationSubjects(plan));
      findings.push({ secret: plan.secret, found: 'claim-left', did: 'released', why: left, versionId });
    }
  }
  return findings;
}

/** Why nobody needs the claim any more; undefined where somebody does. */
async function leftClaim(plan: RotationPlan, versionId: string, ports: WatchPorts): Promise<string | undefined> {
  if (versionId === watchdog) return undefined;
  const secret = await ports.secrets.describe(plan.secretName);
  if (secret && versionWith(secret, versionStages.pending) === versionId) return undefined;
  const status = await ports.rollouts.statusOf(plan.secret, versionId);
  if (status === 'RUNNING' || status === 'PENDING_REDRIVE') return undefined;
  return status === undefined ? 'its rotation ended without a rollout' : `its rollout ended as ${status}`;
}

function waits(error: unknown): boolean {
  return rotationWaitsFor.some((name) => name === nameOf(error));
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

/** Our own errors say what happened and carry no value; of any other only the name is passed on. */
function told(error: unknown): string {
  const named = error instanceof RotationError || otherErrors.includes(nameOf(error));
  return named ? (error as Error).message : nameOf(error);
}
