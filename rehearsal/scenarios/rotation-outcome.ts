import type { RotationAtEnd } from '../checkers/rotation.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import type { RotationOutcome } from './rotation-request.ts';
import type { RotationStage } from './rotation-stage.ts';

/** Follows one rotation through the log and the world, to say at the end what became of it. */
export class RotationReader {
  /** Version that the rotation made, or was to make. */
  versionId: string | undefined;
  /** Deployments whose pods were replaced, in that order. */
  readonly restarted: string[] = [];
  readonly #scene: RotationStage;
  readonly #before: string | undefined;
  #hadValue = false;
  /** Secrets Manager brought it to its end by itself, at the first try. */
  #byItself = false;
  #gaveUp = false;
  #missed = false;
  #lastReason = '';
  #rollout: { readonly outcome?: string; readonly reason?: string } | undefined;
  #began = false;
  readonly #generations = new Map<string, string>();

  constructor(scene: RotationStage) {
    this.#scene = scene;
    this.#before = scene.currentVersion;
    for (const event of scene.rehearsal.log.events) if (event.kind === 'pod.changed') this.#sawPod(event);
  }

  /** Something was done about the secret since the reader looks. */
  get began(): boolean {
    return this.#began;
  }

  seen(event: RehearsalEvent): void {
    if (event.kind === 'function.ended' && event['function'] === this.#scene.rotationFunction) this.#stepped(event);
    if (event.kind === 'execution.ended' && String(event['workflow']).endsWith('-secret-rollout')) this.#ended(event);
    if (event.kind === 'pod.changed') this.#sawPod(event);
    if (event.kind === 'fault.injected' && event['fault'] === 'rotation-missed') this.#missed = true;
    if (event['secret'] !== this.#scene.plan.secretName || event['region'] !== this.#scene.region) return;
    if (event.kind === 'rotation.started') {
      this.versionId = String(event['versionId']);
      this.#began = true;
    }
    if (event.kind === 'rotation.ended') this.#over(event);
    if (event.kind === 'secret.changed' && this.versionId !== undefined) {
      this.#hadValue ||= this.#scene.secret.version(this.versionId)?.text !== undefined;
    }
  }

  #stepped(event: RehearsalEvent): void {
    this.#began = true;
    // Invoked by hand, nobody but the function says why not.
    if (event['outcome'] !== 'ok' && this.versionId === undefined) this.#lastReason = String(event['outcome']);
  }

  #over(event: RehearsalEvent): void {
    const succeeded = event['outcome'] === 'succeeded';
    this.#byItself = succeeded && !this.#gaveUp;
    if (!succeeded) {
      this.#gaveUp = true;
      this.#lastReason = `${event['step']}: ${event['reason']}`;
    }
  }

  #ended(event: RehearsalEvent): void {
    const output: unknown = event['output'];
    this.#rollout = typeof output === 'string' ? JSON.parse(output) : (output ?? { reason: event['error'] });
  }

  /** A pod of another generation than the one before it: its Deployment is being restarted, or released. */
  #sawPod(event: RehearsalEvent): void {
    if (event['region'] !== this.#scene.region || event['status'] !== 'Running') return;
    const [, deployment = '', generation = ''] = /^(.+)-([a-z0-9]+)-[a-z0-9]+$/.exec(String(event['pod'])) ?? [];
    if (this.#scene.serviceOf(deployment) === undefined) return;
    const before = this.#generations.get(deployment);
    this.#generations.set(deployment, generation);
    if (this.#began && before !== undefined && before !== generation) this.restarted.push(deployment);
  }

  outcome(world: RotationAtEnd): { readonly outcome: RotationOutcome; readonly reason: string } {
    const current = Object.keys(world.labels).filter((id) => world.labels[id]?.includes('AWSCURRENT'));
    const whole = current.length === 1 && this.#scene.pendingLeft === undefined && world.currentLogin === 'in';
    if (!whole)
      return { outcome: 'failed', reason: `A login with AWSCURRENT is ${world.currentLogin}. ${this.#lastReason}` };
    const reason = this.#rollout?.reason ?? this.#lastReason;
    if (current[0] === this.#before) return { outcome: this.#hadValue ? 'undone' : 'refused', reason };
    const late = !this.#byItself || this.#missed;
    return {
      outcome: late ? 'finished-late' : 'rotated',
      reason: this.#rollout?.reason ?? 'The new version is current.',
    };
  }
}
