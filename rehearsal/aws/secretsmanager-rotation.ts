import type { Timer } from '../kernel/kernel.ts';
import type { LambdaService } from './lambda.ts';
import { accessTo, type SecretsContext } from './secretsmanager-access.ts';
import { RotationRuns, rotationPrincipal } from './secretsmanager-rotation-run.ts';
import { type RotationRules, rotationScheduleOf } from './secretsmanager-schedule.ts';
import type { StoredSecret } from './secretsmanager-store.ts';
import { requirePrimary } from './secretsmanager-versions.ts';
import { AwsError, type Operation, type OperationInput } from './service.ts';

/**
 * Rotation by a Lambda function, on request and by schedule. https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
 * Documented: the steps and their order, the announced empty version, the refusal while AWSPENDING stands apart, that a failed rotation is
 * 'retried multiple times' as a whole. Assumed: that each step's answer is waited for, how often and after which pauses it is retried (durations.ts), that
 * every retry has the same token, and that a refused request retries the former rotation.
 */
export class SecretRotation {
  readonly #context: SecretsContext;
  readonly #runs: RotationRuns;
  readonly #timers = new Map<StoredSecret, Timer>();
  /** Windows that pass without a rotation: a fault of the service. */
  readonly #missed = new Map<StoredSecret, number>();
  #started = false;

  constructor(context: SecretsContext) {
    this.#context = context;
    this.#runs = new RotationRuns(context, (secret, trigger) => {
      if (trigger === 'request') this.#schedule(secret);
    });
  }

  get operations(): Readonly<Record<string, Operation>> {
    return { RotateSecret: this.#rotateSecret(), CancelRotateSecret: this.#cancelRotateSecret() };
  }

  /** Schedules run from the end of the deployment on. */
  start(): void {
    this.#started = true;
    const { kernel } = this.#context.services;
    for (const secret of this.#context.store.all) kernel.within(secret.region, () => this.#schedule(secret));
  }

  /** Whether a rotation of the secret is under way, its retries included. */
  isRunning(secret: StoredSecret): boolean {
    return this.#runs.has(secret);
  }

  /** The next window of this secret's schedule passes without a rotation. */
  missNextWindow(secret: StoredSecret): void {
    this.#missed.set(secret, (this.#missed.get(secret) ?? 0) + 1);
  }

  /** As if the last rotation had been at that moment: its schedule counts from there. */
  pretendRotatedAt(secret: StoredSecret, at: number): void {
    secret.pretendOld(at);
    this.#schedule(secret);
  }

  /**
   * Sets how a secret rotates. At once, or after a test: 'Secrets Manager tests the rotation configuration by running the testSecret step of the
   * Lambda rotation function. This test creates an AWSPENDING version of the secret and then removes it.' That its outcome changes nothing is assumed.
   * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
   */
  async configure(
    secret: StoredSecret,
    given: { readonly lambdaArn: string; readonly rules: RotationRules; readonly immediately: boolean },
    versionId: string,
  ): Promise<void> {
    const { kernel } = this.#context.services;
    rotationScheduleOf(given.rules)(kernel.now());
    this.#requireInvocable(secret, given.lambdaArn);
    this.#requireNoOther(secret);
    secret.rotation = { lambdaArn: given.lambdaArn, rules: given.rules, since: kernel.now(), enabled: true };
    this.#schedule(secret);
    if (given.immediately) this.#runs.begin(secret, versionId, 'request');
    else await this.#runs.test(secret, versionId);
  }

  /** 'Secrets Manager checks the permissions of the function': https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot_rotation.html */
  #requireInvocable(secret: StoredSecret, lambdaArn: string): void {
    const { services } = this.#context;
    try {
      const resources = [services.service<LambdaService>('lambda').arnOf(lambdaArn, secret.region)];
      services.authorise(rotationPrincipal(this.#context, secret), secret.region, [
        { action: 'lambda:InvokeFunction', resources },
      ]);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw new AwsError(
        'AccessDeniedException',
        'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
      );
    }
  }

  /**
   * 'If the AWSPENDING staging label is present but not attached to the same version as AWSCURRENT, then any later invocation of RotateSecret assumes that
   * a previous rotation request is still in progress and returns an error.'
   */
  #requireNoOther(secret: StoredSecret): void {
    const pending = secret.stages.get('AWSPENDING');
    if (pending === undefined || pending === secret.stages.get('AWSCURRENT')) return;
    if (secret.rotation?.enabled) this.#runs.begin(secret, pending, 'request');
    throw new AwsError(
      'InvalidRequestException',
      "A previous rotation isn't complete. That rotation will be reattempted.",
    );
  }

  /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html */
  #rotateSecret(): Operation {
    const { store, services } = this.#context;
    return {
      inputs: ['SecretId', 'ClientRequestToken', 'RotationLambdaARN', 'RotationRules', 'RotateImmediately'],
      authorise: (input, call) => {
        const secret = store.find(call.region, String(input['SecretId']));
        const lambdaArn = input['RotationLambdaARN'] ?? secret?.rotation?.lambdaArn;
        return [
          ...accessTo(this.#context, 'RotateSecret', input, call, {
            conditions: lambdaArn === undefined ? {} : { 'secretsmanager:RotationLambdaARN': lambdaArn },
          }),
          // 'You also need lambda:InvokeFunction permissions on the rotation function.'
          ...(lambdaArn === undefined ? [] : [{ action: 'lambda:InvokeFunction', resources: [String(lambdaArn)] }]),
        ];
      },
      run: async (input, { region }) => {
        const secret = requirePrimary(store.require(region, String(input['SecretId'])));
        const versionId = String(input['ClientRequestToken'] ?? services.nextId('secret-version', 'uuid'));
        // A second delivery of the same request.
        if (!secret.version(versionId)) await this.configure(secret, this.#asked(secret, input), versionId);
        return { ARN: store.arn(secret), Name: secret.name, VersionId: versionId };
      },
    };
  }

  #asked(secret: StoredSecret, input: OperationInput) {
    const lambdaArn = input['RotationLambdaARN'] ?? secret.rotation?.lambdaArn;
    if (lambdaArn === undefined) {
      throw new AwsError('InvalidRequestException', 'No Lambda rotation function ARN is associated with this secret.');
    }
    const rules = (input['RotationRules'] ?? secret.rotation?.rules) as RotationRules | undefined;
    if (!rules) throw new AwsError('InvalidRequestException', 'RotationRules are needed to turn rotation on.');
    return { lambdaArn: String(lambdaArn), rules, immediately: input['RotateImmediately'] !== false };
  }

  /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CancelRotateSecret.html */
  #cancelRotateSecret(): Operation {
    const { store } = this.#context;
    return {
      inputs: ['SecretId'],
      authorise: (input, call) => accessTo(this.#context, 'CancelRotateSecret', input, call),
      run: (input, { region }) => {
        const secret = requirePrimary(store.require(region, String(input['SecretId'])));
        if (secret.rotation) secret.rotation.enabled = false;
        const versionId = this.#runs.cancel(secret);
        this.#timers.get(secret)?.cancel();
        return {
          ARN: store.arn(secret),
          Name: secret.name,
          ...(versionId === undefined ? {} : { VersionId: versionId }),
        };
      },
    };
  }

  /** At a moment of the next window that the seed chooses: 'rotates your secret at any time during this window'. */
  #schedule(secret: StoredSecret): void {
    const { services, store } = this.#context;
    const { kernel } = services;
    this.#timers.get(secret)?.cancel();
    const { rotation } = secret;
    if (!this.#started || !rotation?.enabled) return;
    const next = rotationScheduleOf(rotation.rules);
    let window = next(secret.lastRotatedAt ?? rotation.since);
    // A window that has passed without a rotation: the one after now.
    while (window && window.closesAt <= kernel.now()) window = next(window.opensAt);
    if (!window) return;
    const opensAt = Math.max(window.opensAt, kernel.now());
    const { closesAt } = window;
    const at =
      opensAt + Math.floor(kernel.random(`rotation-window/${store.arn(secret)}`).uniform() * (closesAt - opensAt));
    this.#timers.set(
      secret,
      kernel.at(at, `rotation of ${secret.name}`, () => this.#due(secret, closesAt)),
    );
  }

  #due(secret: StoredSecret, closesAt: number): void {
    const { services, store } = this.#context;
    const missed = this.#missed.get(secret) ?? 0;
    if (missed > 0) {
      this.#missed.set(secret, missed - 1);
      services.log.write('fault.injected', { fault: 'rotation-missed', on: store.arn(secret) });
    } else {
      const pending = secret.stages.get('AWSPENDING');
      const unfinished = pending !== undefined && pending !== secret.stages.get('AWSCURRENT');
      this.#runs.begin(secret, unfinished ? pending : services.nextId('secret-version', 'uuid'), 'schedule');
    }
    services.kernel.at(closesAt, `window of ${secret.name}`, () => this.#schedule(secret));
  }
}
