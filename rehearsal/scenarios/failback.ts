import { environmentName } from '../../domain/names.ts';
import { failbackCheckers } from '../checkers/failback.ts';
import { conclude, watchRun } from '../checkers/index.ts';
import { createRehearsal, type Rehearsal } from '../rehearsal.ts';
import { requireFailbackFaults } from './failback-faults.ts';
import {
  type FailbackScene,
  meddleWithFailback,
  prepareFailback,
  sabotageFailback,
  startFailback,
} from './failback-meddling.ts';
import { FailbackReader } from './failback-outcome.ts';
import { type FailbackRequest, type FailbackResult, type FailbackRun, failbackCommand } from './failback-request.ts';
import { FailbackWorld } from './failback-world.ts';
import { atRestSeconds, mannerOf, requireFailoverRequest, settled, startsAt, watchOver } from './failover.ts';
import { running } from './failover-end.ts';
import { FailoverFaults } from './failover-faults.ts';
import { beginOutage, endOutage, setClocks } from './failover-outages.ts';
import { FailoverReader } from './failover-outcome.ts';
import { leadUsers } from './failover-users.ts';
import { reignText } from './failover-world.ts';
import { interfere } from './rotation-network.ts';
import { plainStage, type Stage } from './stage.ts';

const second = 1000;
const minute = 60 * second;
/** An hour is asked for; its figures are shown a minute later. */
const returnedForSeconds = 3600 + 300;
const justReturnedSeconds = 600;
const deadlineMilliseconds = 6 * 60 * minute;
/** After the end: resolvers forget, the guard has renewed, and what was stopped is taken back. */
const settlesSeconds = 420;
/** The hour after the end has its set by then. */
const nextHourSeconds = 85 * 60;

/** Throws UnknownFault, ScenarioNotPossible. */
export function requireFailbackRequest({ platform, faults }: Pick<FailbackRequest, 'platform' | 'faults'>): void {
  requireFailoverRequest({ platform, faults: [], outage: 'region' });
  requireFailbackFaults(faults);
}

/**
 * Takes the primary region away, lets the platform move, gives the region back, and an hour later has a person start the failback, while applications write
 * all the time. Throws RehearsalRefused for a request that fits nothing, and what the simulation itself can't do (`Unmodelled`).
 */
export async function rehearseFailback(request: FailbackRequest): Promise<FailbackRun> {
  requireFailbackRequest(request);
  const { rehearsal, faults } = await standUp(request);
  try {
    return await play(request, rehearsal, faults);
  } finally {
    await rehearsal.close();
  }
}

async function play(request: FailbackRequest, rehearsal: Rehearsal, plan: FailoverFaults): Promise<FailbackRun> {
  const { log, kernel, iam } = rehearsal;
  const stage = plainStage(rehearsal, request);
  const scene = await moved(request, stage);
  const { world, clients } = scene;
  await stage.during(world.begin());
  const reader = new FailbackReader();
  log.subscribe((event) => reader.seen(event));
  const checkers = failbackCheckers(world);
  watchRun(log, checkers);
  stage.engineer.manner = mannerOf(request);
  log.write('scenario.began', { from: world.from, to: world.to });
  if (request.watch) log.subscribe(request.watch);
  const startedAt = kernel.now();
  const before = clients.acknowledged.length;
  meddleWithFailback(scene);
  await prepareFailback(scene);
  interfere(rehearsal, plan, () => false);
  plan.arm();
  if (!elsewhere(request)) await startFailback(stage, world.from);
  await kernel.run({ until: startedAt + deadlineMilliseconds, done: () => !reader.running });
  await stage.pass(settlesSeconds);
  await kernel.run({ until: startedAt + deadlineMilliseconds, done: () => !reader.running });
  plan.disarm();
  const endedAt = kernel.now();
  const { told } = reader;
  const standbyRebuilt = request.afterwards && told.outcome === 'failed-back' ? await inTurn(scene) : null;
  await sabotageFailback(scene);
  const end = await atEnd(scene, { startedAt, hour: standbyRebuilt !== null });
  clients.stop();
  const result: FailbackResult = {
    workflow: 'region-failback',
    platform: request.platform.name,
    approve: request.approve,
    faults: request.faults,
    seed: request.seed,
    ...told,
    refusals: reader.refusals,
    quietSeconds: end.quietSeconds,
    acknowledgedWrites: clients.acknowledged.length - before,
    lostWrites: end.world.lostWrites.length,
    standbyRebuilt,
    virtualSeconds: Math.round((endedAt - startedAt) / second),
    wallSeconds: 0,
    checkers: conclude(log, checkers, end.world),
    logSha256: log.sha256(),
  };
  return { result, log, command: failbackCommand(request), grants: iam.ledger.toRecord() };
}

/** Where the only start is one that has to be refused. */
function elsewhere({ faults }: FailbackRequest): boolean {
  return faults.includes('in-the-left-region') || faults.includes('another-platform');
}

/** The platform has moved, and the region that was lost is back. */
async function moved(request: FailbackRequest, stage: Stage): Promise<FailbackScene> {
  const { rehearsal } = stage;
  const { log, kernel } = rehearsal;
  const scene = await settled({ platform: request.platform, faults: request.faults }, stage);
  const { clients } = scene;
  setClocks(scene);
  clients.start([scene.world.from, scene.world.to]);
  await stage.pass(atRestSeconds);
  const reader = new FailoverReader('-region-failover');
  log.subscribe((event) => reader.seen(event));
  stage.engineer.manner = mannerOf({ approve: 'yes' });
  leadUsers(rehearsal, scene.world, stage);
  const outageAt = kernel.now();
  beginOutage(scene, 'region');
  await watchOver(stage, reader, outageAt, false);
  endOutage(scene, 'region');
  await stage.pass(request.faults.includes('just-returned') ? justReturnedSeconds : returnedForSeconds);
  const world = new FailbackWorld({
    rehearsal,
    platform: request.platform,
    environment: stage.environment,
    clients,
    regions: { from: scene.world.to, to: scene.world.from },
  });
  return { stage, world, clients, faults: scene.faults };
}

/** The next hour is backed up by who reigns, and the region that was left is built anew as its standby. */
async function inTurn({ stage, world }: FailbackScene): Promise<boolean> {
  const { kernel, log } = stage.rehearsal;
  const reader = new FailbackReader();
  await stage.pass(nextHourSeconds);
  log.subscribe((event) => reader.seen(event));
  await startFailback(stage, world.to, { only: 'rebuild' });
  await kernel.run({ until: kernel.now() + deadlineMilliseconds, done: () => !reader.running });
  await stage.pass(settlesSeconds);
  return reader.told.outcome === 'rebuilt' && world.follows(world.from, world.to);
}

async function atEnd(
  scene: FailbackScene,
  { startedAt, hour }: { readonly startedAt: number; readonly hour: boolean },
) {
  const { stage, world } = scene;
  const { kernel } = stage.rehearsal;
  const missing = kernel.hold(() => world.lost());
  await kernel.run({ until: kernel.now() });
  const lost = await missing;
  const back = world.reign(world.to).primary === world.to;
  const reign = back ? { epoch: 3, primary: world.to } : { epoch: 2, primary: world.from };
  return {
    quietSeconds: world.quietSeconds,
    world: {
      lostWrites: lost.map(({ row }) => row),
      writtenInTwo: world.writtenInTwo,
      silent: world.silent,
      reigns: world.reigns,
      reignsExpected: world.heard.map((region) => reignText(region, reign)),
      missingAfterwards: back ? world.missing(startedAt, hour) : [],
      evidenceLost: world.evidenceLost(back),
      claims: world.claims,
      leaks: world.leaks,
      executionsRunning: running(scene),
    },
  };
}

async function standUp(request: FailbackRequest) {
  const { platform, seed, assemblyDirectory, postgres = false } = request;
  let rehearsal: Rehearsal | undefined;
  const faults = new FailoverFaults(request.faults, {
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
  });
  rehearsal.log.write('run.started', {
    scenario: 'failback',
    platform: platform.name,
    environment: environmentName(platform.name, 'production'),
    seed,
    command: failbackCommand(request),
  });
  return { rehearsal, faults };
}
