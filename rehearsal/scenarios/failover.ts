import { applicationSecretName } from '../../domain/databases.ts';
import { environmentName } from '../../domain/names.ts';
import type { Platform } from '../../platforms/schema.ts';
import { callToLost, failoverCheckers } from '../checkers/failover.ts';
import { conclude, watchRun } from '../checkers/index.ts';
import { ScenarioNotPossible } from '../errors.ts';
import { seedApplication } from '../postgres/application.ts';
import { createRehearsal, type Rehearsal } from '../rehearsal.ts';
import { FailoverClients } from './failover-clients.ts';
import { atEnd } from './failover-end.ts';
import { FailoverFaults, requireFailoverFaults } from './failover-faults.ts';
import { meddleWithFailover, prepareFailover, sabotageFailover } from './failover-meddling.ts';
import { beginOutage, endOutage, type FailoverScene, setClocks } from './failover-outages.ts';
import { FailoverReader } from './failover-outcome.ts';
import { type FailoverRequest, type FailoverResult, type FailoverRun, failoverCommand } from './failover-request.ts';
import { leadUsers } from './failover-users.ts';
import { FailoverWorld } from './failover-world.ts';
import { serveFirstVersions } from './first-versions.ts';
import { OutcomeReader } from './outcome.ts';
import { requireRotationRequest } from './rotation-choice.ts';
import { interfere } from './rotation-network.ts';
import { plainStage, type Stage } from './stage.ts';

export type { FailoverRequest, FailoverResult, FailoverRun } from './failover-request.ts';

/** A Monday evening. */
export const startsAt = Date.UTC(2026, 10, 2, 20, 0, 0);
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
/** The lease is renewed, the watch knows the region, the standby has its releases. */
export const atRestSeconds = 300;
/** Outages begin at any second of a minute. */
const withinMilliseconds = 60 * second;
/** An outage that moves nobody is watched for so long: four times the shortest way to a start. */
const watchedMilliseconds = 15 * minute;
const deadlineMilliseconds = 2 * hour;
/** After the end: who was told late answers, and what was opened is seen by everybody. */
const settlesSeconds = 150;
const settlesLongSeconds = 420;
/** From the return of the region on; the hour after it has its set by then. */
const afterwardsMilliseconds = hour + 25 * minute;

/** Throws UnknownFault, ScenarioNotPossible. */
export function requireFailoverRequest({
  platform,
  faults,
  outage,
}: Pick<FailoverRequest, 'platform' | 'faults' | 'outage'>) {
  requireFailoverFaults(faults);
  const standby = platform.regions.standby?.name;
  if (standby === undefined && outage !== 'database') {
    throw new ScenarioNotPossible(`'${platform.name}' has no standby region, so there is nowhere to move to.`);
  }
  if (!platform.databases.some(({ engine }) => engine === 'postgres') || platform.services.length === 0) {
    throw new ScenarioNotPossible(
      `'${platform.name}' has no database of PostgreSQL or no service, which alone are moved here.`,
    );
  }
  const from = platform.regions.primary.name;
  return { from, to: standby ?? from, witness: platform.recovery.fencing?.witness };
}

/**
 * Deploys the assembly, lets applications write, takes away what the outage says, and sees what the app makes of it. Throws RehearsalRefused for a
 * request that fits nothing, and what the simulation itself can't do (`Unmodelled`).
 */
export async function rehearseFailover(request: FailoverRequest): Promise<FailoverRun> {
  requireFailoverRequest(request);
  const { rehearsal, faults } = await standUp(request);
  try {
    return await play(request, rehearsal, faults);
  } finally {
    await rehearsal.close();
  }
}

async function play(request: FailoverRequest, rehearsal: Rehearsal, plan: FailoverFaults): Promise<FailoverRun> {
  const { log, kernel, iam } = rehearsal;
  const { platform, outage } = request;
  const stage = plainStage(rehearsal, request);
  const scene = await settled(request, stage);
  const { world, clients, faults } = scene;
  setClocks(scene);
  clients.start([...new Set([world.from, world.to])]);
  const reader = new FailoverReader(outage === 'database' ? '-database-failover' : '-region-failover');
  log.subscribe((event) => reader.seen(event));
  await prepareFailover(scene);
  await stage.pass(atRestSeconds + kernel.random('outage').below(withinMilliseconds) / second);
  const checkers = failoverCheckers(world, world.from);
  watchRun(log, checkers);
  stage.engineer.manner = mannerOf(request);
  const users = leadUsers(rehearsal, world, stage);
  meddleWithFailover(scene);
  interfere(rehearsal, plan, () => false);
  plan.arm();
  log.write('scenario.began', { outage, from: world.from, to: world.to });
  if (request.watch) log.subscribe(request.watch);
  const outageAt = kernel.now();
  beginOutage(scene, outage);
  await watchOver(stage, reader, outageAt, faults.has('break-pace'));
  plan.disarm();
  const back = request.afterwards ? await afterwards(scene, outage) : undefined;
  if (world.reign(world.to).primary !== world.from) await request.onceMoved?.(scene);
  await sabotageFailover(scene);
  clients.stop();
  const seen = {
    outageAt,
    ledAt: users.ledAt,
    told: reader.told(recoverySeconds(platform), kernel.now()),
    hour: back !== undefined,
  };
  const end = await atEnd(scene, request, seen);
  const calls = log.events.filter(({ at, region }) => at >= outageAt && region === world.from).map(callToLost);
  const result: FailoverResult = {
    ...end.figures,
    ...asked(request),
    refusals: reader.refusals,
    callsToLostRegion: calls.filter((way) => way === 'path').length,
    callsBesideThePath: calls.filter((way) => way === 'beside').length,
    acknowledgedWrites: clients.acknowledged.length,
    staleStaysFenced: back ?? null,
    virtualSeconds: Math.round((kernel.now() - outageAt) / second),
    wallSeconds: 0,
    checkers: conclude(log, checkers, end.world),
    logSha256: log.sha256(),
  };
  return { result, log, command: failoverCommand(request), grants: iam.ledger.toRecord() };
}

function asked({ platform, outage, approve, faults, seed }: FailoverRequest) {
  return {
    workflow: outage === 'database' ? ('database-failover' as const) : ('region-failover' as const),
    platform: platform.name,
    outage,
    approve,
    faults,
    seed,
  };
}

export function recoverySeconds({ recovery }: Platform): number {
  return recovery.platform.recoveryTimeMinutesMax * 60;
}

/** Every service serves, in the standby too, and the databases have their application. */
export async function settled(
  { platform, faults }: Pick<FailoverRequest, 'platform' | 'faults'>,
  stage: Stage,
): Promise<FailoverScene & { readonly clients: FailoverClients }> {
  const { rehearsal, environment } = stage;
  const outcomes = new OutcomeReader();
  rehearsal.log.subscribe((event) => outcomes.seen(event));
  const services = platform.services.map(({ name }) => name);
  await serveFirstVersions(stage, services, outcomes);
  const database = platform.databases.find(({ engine }) => engine === 'postgres')?.name ?? '';
  const secretName = applicationSecretName(environment, requireRotationRequest({ platform, faults: [] }));
  const clients = new FailoverClients({ rehearsal, environment, database, secretName });
  const { witness, ...regions } = requireFailoverRequest({ platform, faults, outage: 'database' });
  const world = new FailoverWorld({ rehearsal, platform, environment, clients, regions });
  for (const { name } of platform.databases) {
    const instance = world.instance(world.from, name);
    if (!instance) continue;
    const seeding = (): Promise<void> => seedApplication({ model: instance.model, real: instance.real });
    await stage.during(instance.real ? rehearsal.kernel.hold(seeding) : seeding());
  }
  return { stage, world, faults: new Set(faults), witness, clients };
}

/** Until a failover has ended and what it told has come to pass, or until it is clear that none comes. */
export async function watchOver(stage: Stage, reader: FailoverReader, outageAt: number, long: boolean): Promise<void> {
  const { kernel } = stage.rehearsal;
  const deadline = outageAt + deadlineMilliseconds;
  const isOver = (): boolean =>
    !reader.running && (reader.started > 0 || kernel.now() >= outageAt + watchedMilliseconds);
  while (kernel.now() < deadline) {
    // Time passes in steps, so that a run in which nothing happens is looked at as well.
    const until = Math.min(deadline, Math.max(kernel.now() + minute, outageAt + watchedMilliseconds));
    await kernel.run({ until, done: isOver });
    if (!isOver()) continue;
    await stage.pass(long ? settlesLongSeconds : settlesSeconds);
    if (isOver()) return;
  }
}

/** What was lost returns, and the next hour is backed up by whoever reigns. Answers whether the region that was left stayed fenced. */
async function afterwards(scene: FailoverScene, outage: FailoverRequest['outage']): Promise<boolean> {
  const { stage, world } = scene;
  const { kernel } = stage.rehearsal;
  endOutage(scene, outage);
  let fenced = true;
  stage.rehearsal.log.subscribe(() => {
    fenced &&= !world.writable().some(({ region }) => region !== world.reign(world.to).primary);
  });
  await kernel.run({ until: kernel.now() + afterwardsMilliseconds });
  return fenced;
}

export function mannerOf({ approve }: Pick<FailoverRequest, 'approve'>): Stage['engineer']['manner'] {
  const usual = {
    decision: approve === 'no' ? ('reject' as const) : ('approve' as const),
    twice: false,
    silentOnDoubt: false,
  };
  // The deadline of aeon's questions is a minute: who is on call answers within it, and an hour later it is over.
  return approve === 'late' ? { ...usual, answersAfterSeconds: 3600 } : { ...usual, answersWithinSeconds: 25 };
}

async function standUp(request: FailoverRequest) {
  const { platform, seed, assemblyDirectory, postgres = false } = request;
  let rehearsal: Rehearsal | undefined;
  const faults = new FailoverFaults(request.faults, {
    kernel: () => {
      if (!rehearsal) throw new RangeError('faults are asked before the world stands');
      return rehearsal.kernel;
    },
    own: request.plan,
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
    scenario: 'failover',
    platform: platform.name,
    environment: environmentName(platform.name, 'production'),
    seed,
    command: failoverCommand(request),
  });
  return { rehearsal, faults };
}
