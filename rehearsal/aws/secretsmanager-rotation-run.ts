import { rotationRetryMilliseconds, rotationStepGapMilliseconds } from './durations.ts';
import type { SecretsContext } from './secretsmanager-access.ts';
import type { StoredSecret } from './secretsmanager-store.ts';
import { AwsError, NoAnswer, type Principal } from './service.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html */
const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
type Step = (typeof steps)[number];

/** One rotation under way. */
interface Rotation {
  readonly versionId: string;
  readonly trigger: 'schedule' | 'request';
  cancelled: boolean;
}

/** Why a step was not done: what the function or Lambda said. */
interface Failure {
  readonly step: Step;
  readonly reason: string;
  /** Trying again would meet the same. */
  readonly final: boolean;
}

/** Secrets Manager as the caller of a rotation function. */
export function rotationPrincipal({ store }: SecretsContext, secret: StoredSecret): Principal {
  return { kind: 'service', service: 'secretsmanager.amazonaws.com', sourceArn: store.arn(secret) };
}

/**
 * Rotations under way: their function is invoked step by step, and all of it again when a step fails.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
 */
export class RotationRuns {
  readonly #context: SecretsContext;
  readonly #ended: (secret: StoredSecret, trigger: Rotation['trigger']) => void;
  readonly #running = new Map<StoredSecret, Rotation>();

  constructor(context: SecretsContext, ended: (secret: StoredSecret, trigger: Rotation['trigger']) => void) {
    this.#context = context;
    this.#ended = ended;
  }

  has(secret: StoredSecret): boolean {
    return this.#running.has(secret);
  }

  /** No further step is invoked. Answers the version, undefined where nothing runs. */
  cancel(secret: StoredSecret): string | undefined {
    const running = this.#running.get(secret);
    if (running) running.cancelled = true;
    return running?.versionId;
  }

  begin(secret: StoredSecret, versionId: string, trigger: Rotation['trigger']): void {
    if (this.#running.has(secret)) return;
    const { services } = this.#context;
    const rotation: Rotation = { versionId, trigger, cancelled: false };
    this.#running.set(secret, rotation);
    this.#announce(secret, versionId);
    services.log.write('rotation.started', { secret: secret.name, region: secret.region, versionId, trigger });
    services.kernel.after(rotationStepGapMilliseconds, `rotation of ${secret.name}`, () => this.#run(secret, rotation));
  }

  /** 'During rotation, Secrets Manager creates an AWSPENDING version ID before creating the new secret version.' */
  #announce(secret: StoredSecret, versionId: string): void {
    if (!secret.version(versionId)) secret.add({ id: versionId, createdAt: this.#context.services.kernel.now() });
    secret.attach('AWSPENDING', versionId);
    this.#context.changed(secret);
  }

  async #run(secret: StoredSecret, rotation: Rotation): Promise<void> {
    const { kernel, log } = this.#context.services;
    let failure: Failure | undefined;
    let attempts = 0;
    for (const pause of [0, ...rotationRetryMilliseconds]) {
      if (rotation.cancelled) break;
      if (pause > 0) await kernel.sleep(pause, `retry of the rotation of ${secret.name}`);
      if (rotation.cancelled) break;
      failure = await this.#attempt(secret, rotation, ++attempts);
      if (!failure || failure.final) break;
    }
    this.#running.delete(secret);
    const outcome = rotation.cancelled ? 'cancelled' : failure ? 'failed' : 'succeeded';
    if (outcome === 'succeeded') secret.lastRotatedAt = kernel.now();
    log.write('rotation.ended', {
      secret: secret.name,
      region: secret.region,
      versionId: rotation.versionId,
      outcome,
      attempts,
      ...(failure ? { step: failure.step, reason: failure.reason } : {}),
    });
    if (outcome === 'succeeded') this.#context.changed(secret);
    this.#ended(secret, rotation.trigger);
  }

  /** All steps once. Undefined when the rotation is done. */
  async #attempt(secret: StoredSecret, rotation: Rotation, attempt: number): Promise<Failure | undefined> {
    const { versionId } = rotation;
    for (const step of steps) {
      if (rotation.cancelled) return { step, reason: 'cancelled', final: true };
      const reason = await this.#invoke(secret, step, versionId, attempt);
      if (reason !== undefined) return { step, reason, final: false };
      const unmade = step === 'createSecret' && secret.version(versionId)?.text === undefined;
      // https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot_rotation.html
      if (unmade) return { step, reason: this.#unmade(secret, versionId), final: true };
    }
    if (secret.stages.get('AWSCURRENT') === versionId) return undefined;
    return { step: 'finishSecret', reason: 'AWSCURRENT was not moved to the new version.', final: false };
  }

  #unmade(secret: StoredSecret, versionId: string): string {
    return `Pending secret version ${versionId} for secret ${this.#context.store.arn(secret)} was not created by Lambda ${secret.rotation?.lambdaArn}. Remove the AWSPENDING staging label and restart rotation.`;
  }

  /** The testSecret step alone, with a version that goes again whatever the function says. */
  async test(secret: StoredSecret, versionId: string): Promise<void> {
    this.#announce(secret, versionId);
    await this.#invoke(secret, 'testSecret', versionId, 1);
    if (secret.stages.get('AWSPENDING') === versionId) secret.detach('AWSPENDING');
    this.#context.changed(secret);
  }

  /** Why the step was not done; undefined when it was. */
  async #invoke(secret: StoredSecret, step: Step, versionId: string, attempt: number): Promise<string | undefined> {
    const { services, store } = this.#context;
    const payload = {
      Step: step,
      SecretId: store.arn(secret),
      ClientRequestToken: versionId,
      // https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
      RotationToken: services.nextId('rotation-token', 'uuid'),
    };
    const reason = await this.#answerOf(secret, JSON.stringify(payload));
    services.log.write('rotation.step', {
      secret: secret.name,
      region: secret.region,
      versionId,
      step,
      attempt,
      outcome: reason === undefined ? 'ok' : 'failed',
      ...(reason === undefined ? {} : { reason }),
    });
    return reason;
  }

  async #answerOf(secret: StoredSecret, payload: string): Promise<string | undefined> {
    const { services } = this.#context;
    try {
      const answer = await services.call({
        service: 'lambda',
        operation: 'Invoke',
        input: { FunctionName: secret.rotation?.lambdaArn, InvocationType: 'RequestResponse', Payload: payload },
        principal: rotationPrincipal(this.#context, secret),
        region: secret.region,
      });
      if (answer['FunctionError'] === undefined) return undefined;
      const { errorType, errorMessage } = JSON.parse(String(answer['Payload'])) as Record<string, unknown>;
      return `${errorType}: ${errorMessage}`;
    } catch (error) {
      if (error instanceof AwsError || error instanceof NoAnswer) return `${error.name}: ${error.message}`;
      throw error;
    }
  }
}
