import { interlockTableName } from '../../domain/interlock.ts';
import { functionName, type Slot, slotName, slots } from '../../domain/names.ts';
import { type RotationPlan, rotationPlan, rotationPlanParameterName, rotationTask } from '../../domain/rotation.ts';
import { rotationSubjects } from '../../domain/rotation-work.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { SecretsManager } from '../aws/secretsmanager.ts';
import type { StoredSecret } from '../aws/secretsmanager-store.ts';
import type { Ssm } from '../aws/ssm.ts';
import { ScenarioNotPossible } from '../errors.ts';
import type { Rehearsal } from '../rehearsal.ts';
import { pushFor, serveFirstVersions, tagFor } from './first-versions.ts';
import type { OutcomeReader } from './outcome.ts';
import type { Stage } from './stage.ts';

/** A claim as it stands in the table. */
interface ClaimItem {
  readonly subject?: { readonly S?: string };
  readonly holder?: { readonly S?: string };
  readonly until?: { readonly S?: string };
}

/** The deployed platform, as the rotation of one of its secrets acts on it. */
export class RotationStage {
  readonly stage: Stage;
  readonly rehearsal: Rehearsal;
  readonly plan: RotationPlan;
  readonly environment: string;
  readonly region: string;
  /** Image of each consumer, once its first version serves. */
  readonly digests = new Map<string, string>();
  readonly #platform: Platform;

  /** `region`: where the secret rotates. Throws ScenarioNotPossible. */
  constructor(stage: Stage, platform: Platform, secret: string, region = stage.region) {
    this.rehearsal = stage.rehearsal;
    this.#platform = platform;
    this.stage = stage;
    this.environment = stage.environment;
    this.region = region;
    this.plan = this.#planOf(secret);
  }

  #planOf(secret: string): RotationPlan {
    const name = rotationPlanParameterName(this.environment, secret);
    const text = this.rehearsal.account.service<Ssm>('ssm').value(this.region, name);
    if (text === undefined) {
      throw new ScenarioNotPossible(`The deployed app has no rotation of '${secret}': there is no parameter ${name}.`);
    }
    const plan = rotationPlan.parse(JSON.parse(text));
    if (plan.kind === 'postgres') return plan;
    throw new ScenarioNotPossible(
      `'${secret}' is of the kind ${plan.kind}; the rehearsal has PostgreSQL servers alone. npm run test:services rotates the others.`,
    );
  }

  get secrets(): SecretsManager {
    return this.rehearsal.account.service<SecretsManager>('secretsmanager');
  }

  get secret(): StoredSecret {
    return this.secrets.store.require(this.region, this.plan.secretName);
  }

  get currentVersion(): string | undefined {
    return this.secret.stages.get('AWSCURRENT');
  }

  get secretArn(): string {
    return this.secrets.store.arn(this.secret);
  }

  get rotationFunction(): string {
    return functionName(this.environment, rotationTask(this.plan.secret));
  }

  /** Labels by version. */
  labels(): Record<string, string[]> {
    const { secret } = this;
    const labelled = secret.versions.filter(({ id }) => secret.stagesOf(id).length > 0);
    return Object.fromEntries(labelled.map(({ id }) => [id, secret.stagesOf(id)]));
  }

  /** AWSPENDING on a version that is not current. */
  get pendingLeft(): string | undefined {
    const pending = this.secret.stages.get('AWSPENDING');
    return pending === this.currentVersion ? undefined : pending;
  }

  /** What still binds of the claims on what this rotation claims. */
  async claims(): Promise<string[]> {
    const input = { TableName: interlockTableName(this.environment) };
    const { Items } = await this.stage.during(this.stage.engineer.call('dynamodb', 'Scan', input, this.region));
    const now = new Date(this.rehearsal.kernel.now()).toISOString();
    const subjects: readonly string[] = [...rotationSubjects(this.plan), 'platform'];
    return ((Items ?? []) as ClaimItem[])
      .filter(({ subject, until }) => subjects.includes(subject?.S ?? '') && (until?.S ?? '') > now)
      .map(({ subject, holder, until }) => `${subject?.S} by ${holder?.S} until ${until?.S}`);
  }

  /** Deployment → pods that its budget asks for, of both slots. */
  availableMinima(): Map<string, number> {
    const minima = new Map<string, number>();
    for (const { name, disruption } of this.#platform.services) {
      if (!this.plan.consumers.includes(name)) continue;
      for (const slot of slots) minima.set(slotName(name, slot), disruption.availableMinimum);
    }
    return minima;
  }

  /** Service → slot of a consumer's Deployment. */
  serviceOf(deployment: string): string | undefined {
    return this.plan.consumers.find((service) => slots.some((slot: Slot) => slotName(service, slot) === deployment));
  }

  tag(service: string, version: string, commit: string): string {
    return tagFor(this.#platform, service, version, commit);
  }

  /** Pushes an image of a service; answers its digest. */
  push(service: string, tag: string): string {
    return pushFor(this.stage, service, tag);
  }

  /** Every consumer serves before anything is rotated. */
  async serve(services: readonly string[], outcomes: OutcomeReader): Promise<void> {
    for (const [service, digest] of await serveFirstVersions(this.stage, services, outcomes)) {
      this.digests.set(service, digest);
    }
  }
}
