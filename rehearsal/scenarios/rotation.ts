import { environmentName } from '../../domain/names.ts';
import { conclude } from '../checkers/index.ts';
import type { RotationAtEnd } from '../checkers/rotation.ts';
import { createRehearsal, type Rehearsal } from '../rehearsal.ts';
import { isForLossAlone } from './left-out.ts';
import { OutcomeReader } from './outcome.ts';
import { rehearseRotationAfterFailover } from './rotation-after-failover.ts';
import { requireRotationRequest } from './rotation-choice.ts';
import { RotationConsumers } from './rotation-consumers.ts';
import { begin, beginWatch, told, untilQuiet } from './rotation-course.ts';
import { RotationFaults } from './rotation-faults.ts';
import {
  editSecrets,
  meddleAfterRotation,
  meddleWithRotation,
  prepareRotation,
  sabotageRotation,
} from './rotation-meddling.ts';
import { interfere } from './rotation-network.ts';
import { RotationReader } from './rotation-outcome.ts';
import { type RotationRequest, type RotationRun, rotationCommand } from './rotation-request.ts';
import { RotationStage } from './rotation-stage.ts';
import { leftBehind, worldAtEnd } from './rotation-world.ts';
import { plainStage } from './stage.ts';

export { requireRotationRequest } from './rotation-choice.ts';
export type { RotationRequest, RotationResult, RotationRun } from './rotation-request.ts';

/** A Monday evening: the deployment begins, and the windows after midnight are not far. */
const startsAt = Date.UTC(2026, 10, 2, 20, 0, 0);
/** Logins on the version that is current before anything happens. */
const usualSeconds = 60;
const unreachableSeconds = 1200;

/**
 * Deploys the assembly, lets the secret's consumers log in all the while, rotates the secret and follows it until nothing is left to be
 * done. Throws RehearsalRefused for a request that fits nothing, and what the simulation itself can't do (`Unmodelled`).
 */
export async function rehearseRotation(request: RotationRequest): Promise<RotationRun> {
  const secret = requireRotationRequest(request);
  if (request.afterFailover) return rehearseRotationAfterFailover(request, secret);
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
  const scene = new RotationStage(plainStage(rehearsal, request), request.platform, secret);
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
  const scene = new RotationStage(plainStage(rehearsal, request), request.platform, secret);
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

/** Whether the databases cannot be reached now. */
function cutOffUnder({ stage, rehearsal }: RotationStage, faults: ReadonlySet<string>): () => boolean {
  if (!faults.has('server-unreachable')) return () => false;
  const { kernel } = rehearsal;
  const until = kernel.now() + unreachableSeconds * 1000;
  stage.engineer.tell('closes the security group of the database by mistake, for twenty minutes');
  return () => kernel.now() < until;
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
