import { conclude } from '../checkers/index.ts';
import { ScenarioNotPossible } from '../errors.ts';
import type { Rehearsal } from '../rehearsal.ts';
import { rehearseFailover } from './failover.ts';
import type { FailoverScene } from './failover-outages.ts';
import { OutcomeReader } from './outcome.ts';
import { RotationConsumers } from './rotation-consumers.ts';
import { begin, beginWatch, told, untilQuiet } from './rotation-course.ts';
import { type RotationRequest, type RotationResult, type RotationRun, rotationCommand } from './rotation-request.ts';
import { RotationStage } from './rotation-stage.ts';
import { leftBehind, worldAtEnd } from './rotation-world.ts';

/** Every pod of a consumer has logged in with what it had when the region took over: one does each half minute, in turn. */
const usualSeconds = 600;

/** What the failover's checkers say stands beside the rotation's own. */
type Rotated = Pick<RotationRun, 'result'> & { readonly rehearsal: Rehearsal };

/**
 * The region of the secret is lost and the platform moves; then the secret rotates where it moved to, with the function, the schedule and the
 * consumers that stand there, while the lost region stays lost. Throws as `rehearseRotation` does.
 */
export async function rehearseRotationAfterFailover(request: RotationRequest, secret: string): Promise<RotationRun> {
  const { platform, seed, assemblyDirectory, postgres = false } = request;
  let rotated: Rotated | undefined;
  const failover = await rehearseFailover({
    ...{ platform, seed, assemblyDirectory, postgres, outage: 'region', approve: 'yes', faults: [] },
    command: rotationCommand(request),
    onceMoved: async (scene) => {
      rotated = await rotateThere(scene, request, secret);
    },
  });
  if (!rotated) throw new ScenarioNotPossible(`'${platform.name}' did not move: ${failover.result.reason}`);
  const { held, violated } = failover.result.checkers;
  const { checkers } = rotated.result;
  return leftBehind(rotated.rehearsal, request, {
    ...rotated.result,
    checkers: {
      held: [...new Set([...checkers.held, ...held])],
      violated: [...checkers.violated, ...violated],
    },
    logSha256: failover.result.logSha256,
  });
}

async function rotateThere(scene: FailoverScene, request: RotationRequest, secret: string): Promise<Rotated> {
  const { stage, world } = scene;
  const { rehearsal } = stage;
  const { log, kernel } = rehearsal;
  const rotation = new RotationStage(stage, request.platform, secret, world.to);
  const outcomes = new OutcomeReader();
  log.subscribe((event) => outcomes.seen(event));
  const { environment, region, plan } = rotation;
  const consumers = new RotationConsumers({ rehearsal, environment, region, plan, services: plan.consumers });
  consumers.start();
  await stage.pass(usualSeconds);
  const watch = beginWatch(rotation, request);
  await begin(rotation, watch.trigger, new Set());
  await untilQuiet(rotation, outcomes, watch);
  const endedAt = kernel.now();
  consumers.stop();
  const end = await worldAtEnd(rotation, consumers, outcomes);
  const { counts } = consumers;
  const result: RotationResult = {
    ...told(request, plan, watch, end),
    virtualSeconds: Math.round((endedAt - watch.startedAt) / 1000),
    wallSeconds: 0,
    loginsTried: counts.tried,
    loginsDenied: counts.denied,
    deniedSeconds: counts.deniedMilliseconds / 1000,
    consumersRestarted: watch.reader.restarted,
    checkers: conclude(log, watch.checkers, end),
    logSha256: '',
  };
  return { result, rehearsal };
}
