import type { RotationPlan } from '../../domain/rotation.ts';
import { watchRun } from '../checkers/index.ts';
import { type RotationAtEnd, rotationCheckers } from '../checkers/rotation.ts';
import type { OutcomeReader } from './outcome.ts';
import { invoke, invokeForAnother } from './rotation-meddling.ts';
import { RotationReader } from './rotation-outcome.ts';
import type { RotationRequest, RotationTrigger } from './rotation-request.ts';
import type { RotationStage } from './rotation-stage.ts';

const dayMilliseconds = 86_400_000;
/** A run that is not quiet by then will not be. */
const deadlineSeconds = { schedule: 30 * 3600, request: 6 * 3600 } as const;
/** The watchdog looks every fifteen minutes: after the last event it has looked once more. */
const watchdogLooksSeconds = 16 * 60;

/** Everything that looks on from the moment before the rotation. */
export interface Watch {
  readonly trigger: RotationTrigger;
  readonly startedAt: number;
  readonly checkers: ReturnType<typeof rotationCheckers>;
  readonly reader: RotationReader;
}

export function beginWatch(scene: RotationStage, request: RotationRequest): Watch {
  const { log, kernel } = scene.rehearsal;
  const { region, plan, currentVersion: versionId } = scene;
  const trigger = triggerOf(request);
  const checkers = rotationCheckers(region, scene.availableMinima());
  watchRun(log, checkers);
  const reader = new RotationReader(scene);
  log.subscribe((event) => reader.seen(event));
  if (request.watch) log.subscribe(request.watch);
  const { secret, secretName } = plan;
  log.write('scenario.began', { secret, secretName, region, versionId, trigger });
  return { trigger, startedAt: kernel.now(), checkers, reader };
}

/** The words of a result; its figures come beside. */
export function told(
  { platform, faults, seed }: RotationRequest,
  plan: RotationPlan,
  watch: Watch,
  world: RotationAtEnd,
) {
  return {
    workflow: 'secret-rotation',
    platform: platform.name,
    secret: plan.secret,
    kind: plan.kind,
    users: plan.users,
    trigger: watch.trigger,
    faults,
    seed,
    ...watch.reader.outcome(world),
  } as const;
}

function triggerOf({ trigger, faults }: RotationRequest): RotationTrigger {
  return faults.includes('schedule-missed') ? 'schedule' : (trigger ?? 'request');
}

/** A person asks for it, or the secret becomes so old that its next window is the coming one. */
export async function begin(
  scene: RotationStage,
  trigger: RotationTrigger,
  faults: ReadonlySet<string>,
): Promise<void> {
  const { stage, secrets, secret, plan, region, rehearsal } = scene;
  if (faults.has('not-pending')) {
    const versionId = rehearsal.account.nextId('secret-version', 'uuid');
    stage.engineer.tell('invokes the rotation function with a token of his own');
    await invoke(scene, 'createSecret', versionId);
    return;
  }
  if (faults.has('not-ours')) return invokeForAnother(scene);
  if (trigger === 'schedule') {
    const midnight = Math.floor(rehearsal.kernel.now() / dayMilliseconds) * dayMilliseconds;
    secrets.rotation.pretendRotatedAt(secret, midnight - (plan.everyDays - 1) * dayMilliseconds);
    return;
  }
  stage.engineer.tell(`rotates ${plan.secretName} in the console`);
  await stage.during(stage.engineer.call('secretsmanager', 'RotateSecret', { SecretId: plan.secretName }, region));
}

/** Nothing runs, nothing is pending, nothing is claimed, and the watchdog has looked since. */
export async function untilQuiet(
  scene: RotationStage,
  outcomes: OutcomeReader,
  { reader, trigger }: Pick<Watch, 'reader' | 'trigger'>,
): Promise<void> {
  const { kernel } = scene.rehearsal;
  const deadline = kernel.now() + deadlineSeconds[trigger] * 1000;
  const still = (): boolean =>
    reader.began &&
    outcomes.running.size === 0 &&
    scene.pendingLeft === undefined &&
    !scene.secrets.rotation.isRunning(scene.secret);
  while (kernel.now() < deadline) {
    await kernel.run({ until: deadline, done: still });
    // What was still after all of the watchdog's round is over.
    const since = kernel.now();
    let moved = false;
    await kernel.run({
      until: since + watchdogLooksSeconds * 1000,
      done: () => {
        moved ||= !still();
        return moved;
      },
    });
    if (!moved && (await scene.claims()).length === 0) return;
  }
}
