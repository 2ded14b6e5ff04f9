import { environmentName } from '../../domain/names.ts';
import type { RotationPlan } from '../../domain/rotation.ts';
import { rotationsOf } from '../../platforms/rotation.ts';
import { platformAt } from '../../platforms/stage.ts';
import { conclude, watchRun } from '../checkers/index.ts';
import { type RotationAtEnd, rotationCheckers } from '../checkers/rotation.ts';
import { ScenarioNotPossible } from '../errors.ts';
import { createRehearsal, type Rehearsal } from '../rehearsal.ts';
import { isForLossAlone } from './left-out.ts';
import { OutcomeReader } from './outcome.ts';
import { RotationConsumers } from './rotation-consumers.ts';
import { RotationFaults, requireRotationFaults } from './rotation-faults.ts';
import {
  editSecrets,
  invoke,
  invokeForAnother,
  meddleAfterRotation,
  meddleWithRotation,
  prepareRotation,
  sabotageRotation,
} from './rotation-meddling.ts';
import { interfere } from './rotation-network.ts';
import { RotationReader } from './rotation-outcome.ts';
import { type RotationRequest, type RotationRun, type RotationTrigger, rotationCommand } from './rotation-request.ts';
import { RotationStage } from './rotation-stage.ts';
import { leftBehind, worldAtEnd } from './rotation-world.ts';

export type { RotationRequest, RotationResult, RotationRun } from './rotation-request.ts';

/** A Monday evening: the deployment begins, and the windows after midnight are not far. */
const startsAt = Date.UTC(2026, 10, 2, 20, 0, 0);
const dayMilliseconds = 86_400_000;
/** Logins on the version that is current before anything happens. */
const usualSeconds = 60;
/** A run that is not quiet by then will not be. */
const deadlineSeconds = { schedule: 30 * 3600, request: 6 * 3600 } as const;
const unreachableSeconds = 1200;
/** The watchdog looks every fifteen minutes: after the last event it has looked once more. */
const watchdogLooksSeconds = 16 * 60;

/** The name of the rotation that is asked for. Throws UnknownFault, ScenarioNotPossible. */
export function requireRotationRequest(request: Pick<RotationRequest, 'platform' | 'secret' | 'faults'>): string {
  const { platform, secret, faults } = request;
  requireRotationFaults(faults);
  const environment = environmentName(platform.name, 'production');
  const plans = rotationsOf(platformAt(platform, 'production'), environment);
  const known = plans.filter(({ kind }) => kind === 'postgres').map((plan) => plan.secret);
  const chosen = secret ?? known[0];
  if (chosen !== undefined && known.includes(chosen)) return chosen;
  throw new ScenarioNotPossible(
    `'${platform.name}' has no rotation of '${secret ?? 'a secret'}' that can be rehearsed. Known: ${known.join(', ') || 'none'}. Choose one of these.`,
  );
}

/**
 * Deploys the assembly, lets the secret's consumers log in all the while, rotates the secret and follows it until nothing is left to be
 * done. Throws RehearsalRefused for a request that fits nothing, and what the simulation itself can't do (`Unmodelled`).
 */
export async function rehearseRotation(request: RotationRequest): Promise<RotationRun> {
  const secret = requireRotationRequest(request);
  const { rehearsal, faults } = await standUp(request, secret);
  try {
    return await play(request, secret, rehearsal, faults);
  } finally {
    await rehearsal.close();
  }
}

/** A deployed platform whose secret is rotated as often as asked, for sweeps: faults are the request's own plan alone. */
export async function standForRotation(request: RotationRequest, secret: string) {
  const { rehearsal, faults } = await standUp(request, secret);
  const scene = new RotationStage(rehearsal, request, secret);
  const outcomes = new OutcomeReader();
  rehearsal.log.subscribe((event) => outcomes.seen(event));
  const { environment, region, plan } = scene;
  const consumers = new RotationConsumers({ rehearsal, environment, region, plan, services: [] });
  interfere(rehearsal, faults, () => false);
  faults.arm();
  return {
    close: () => rehearsal.close(),
    async rotate(): Promise<Pick<RotationAtEnd, 'labels' | 'currentLogin' | 'claims'>> {
      const reader = new RotationReader(scene);
      rehearsal.log.subscribe((event) => reader.seen(event));
      await begin(scene, 'request', new Set());
      await untilQuiet(scene, outcomes, { reader, trigger: 'request' });
      const currentLogin = await scene.stage.during(consumers.currentLogsIn());
      return { labels: scene.labels(), currentLogin, claims: await scene.claims() };
    },
  };
}

async function play(
  request: RotationRequest,
  secret: string,
  rehearsal: Rehearsal,
  faults: RotationFaults,
): Promise<RotationRun> {
  const { log } = rehearsal;
  const scene = new RotationStage(rehearsal, request, secret);
  const outcomes = new OutcomeReader();
  log.subscribe((event) => outcomes.seen(event));
  const services = request.withoutConsumers ? [] : scene.plan.consumers;
  const { environment, region, plan } = scene;
  const consumers = new RotationConsumers({ rehearsal, environment, region, plan, services });
  const names = new Set(request.faults);
  await editSecrets(scene, names);
  await scene.serve(services, outcomes);
  consumers.start();
  await scene.stage.pass(usualSeconds);

  await prepareRotation(scene, names);
  const watch = beginWatch(scene, request);
  meddleWithRotation(scene, names);
  interfere(rehearsal, faults, cutOffUnder(scene, names));
  faults.arm();
  log.subscribe((event) => faults.seen(event));
  await begin(scene, watch.trigger, names);
  await untilQuiet(scene, outcomes, watch);
  faults.disarm();
  await meddleAfterRotation(scene, names, watch.reader.versionId);
  await untilQuiet(scene, outcomes, watch);
  const endedAt = rehearsal.kernel.now();
  await sabotageRotation(scene, names);
  consumers.stop();
  const world = await worldAtEnd(scene, consumers, outcomes);
  const verdict = conclude(log, watch.checkers, world);
  const seconds = Math.round((endedAt - watch.startedAt) / 1000);
  const { counts } = consumers;
  return leftBehind(rehearsal, request, {
    ...told(request, plan, watch, world),
    virtualSeconds: seconds,
    wallSeconds: 0,
    loginsTried: counts.tried,
    loginsDenied: counts.denied,
    deniedSeconds: counts.deniedMilliseconds / 1000,
    consumersRestarted: watch.reader.restarted,
    checkers: verdict,
    logSha256: log.sha256(),
  });
}

/** Everything that looks on from the moment before the rotation. */
interface Watch {
  readonly trigger: RotationTrigger;
  readonly startedAt: number;
  readonly checkers: ReturnType<typeof rotationCheckers>;
  readonly reader: RotationReader;
}

function beginWatch(scene: RotationStage, request: RotationRequest): Watch {
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
function told({ platform, faults, seed }: RotationRequest, plan: RotationPlan, watch: Watch, world: RotationAtEnd) {
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

/** Whether the databases cannot be reached now. */
function cutOffUnder({ stage, rehearsal }: RotationStage, faults: ReadonlySet<string>): () => boolean {
  if (!faults.has('server-unreachable')) return () => false;
  const { kernel } = rehearsal;
  const until = kernel.now() + unreachableSeconds * 1000;
  stage.engineer.tell('closes the security group of the database by mistake, for twenty minutes');
  return () => kernel.now() < until;
}

function triggerOf({ trigger, faults }: RotationRequest): RotationTrigger {
  return faults.includes('schedule-missed') ? 'schedule' : (trigger ?? 'request');
}

async function standUp(
  request: RotationRequest,
  secret: string,
): Promise<{ readonly rehearsal: Rehearsal; readonly faults: RotationFaults }> {
  let rehearsal: Rehearsal | undefined;
  const { platform, seed, assemblyDirectory, postgres = false } = request;
  const faults = new RotationFaults(request.faults, {
    environment: environmentName(platform.name, 'production'),
    secret,
    own: request.plan,
    kernel: () => {
      if (!rehearsal) throw new RangeError('faults are asked before the world stands');
      return rehearsal.kernel;
    },
  });
  rehearsal = await createRehearsal({
    assemblyDirectory,
    seed,
    startsAt,
    faults,
    postgres,
    functionsKeepNothing: true,
    without: isForLossAlone,
  });
  rehearsal.log.write('run.started', {
    scenario: 'rotation',
    platform: platform.name,
    secret,
    seed,
    command: rotationCommand(request),
    leftOut: rehearsal.leftOut,
  });
  return { rehearsal, faults };
}

/** A person asks for it, or the secret becomes so old that its next window is the coming one. */
async function begin(scene: RotationStage, trigger: RotationTrigger, faults: ReadonlySet<string>): Promise<void> {
  const { stage, secrets, secret, plan, rehearsal } = scene;
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
  await stage.during(stage.engineer.call('secretsmanager', 'RotateSecret', { SecretId: plan.secretName }));
}

/** Nothing runs, nothing is pending, nothing is claimed, and the watchdog has looked since. */
async function untilQuiet(
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
