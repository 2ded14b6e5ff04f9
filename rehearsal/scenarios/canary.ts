import { slotName } from '../../domain/names.ts';
import type { StatesService } from '../aws/states.ts';
import { AlarmToStableMeter, canaryCheckers, conclude, watchRun } from '../checkers/index.ts';
import { StrategyNotPossible, UnknownPlatformService } from '../errors.ts';
import { SeededFaults } from '../faults/plan.ts';
import { createRehearsal, type Rehearsal } from '../rehearsal.ts';
import type { ReleaseTotals } from '../traffic/index.ts';
import { replayCommand } from './command.ts';
import { goBackAfterwards, mannerUnder, meddle, meddleAfterwards, unknownService } from './conditions.ts';
import { nameOf } from './execution-name.ts';
import { isForLossAlone } from './left-out.ts';
import { OutcomeReader } from './outcome.ts';
import { prepare, pushRelease, serveFirstVersion, startIncidentLater, tagOf } from './preparation.ts';
import type { CanaryRequest, CanaryRun } from './request.ts';
import type { CanaryResult } from './result.ts';
import { Stage } from './stage.ts';
import { WeightMeter } from './weights.ts';
import { worldAtEnd } from './world.ts';

export type { CanaryRequest, CanaryRun } from './request.ts';

/** A Monday morning: the deployment begins. */
const startsAt = Date.UTC(2026, 10, 2, 8, 0, 0);
/** After the last execution: alarms, late events and second deliveries arrive. */
const afterwardsSeconds = 420;
/** Longer than any promotion takes that waits for nobody: three times ten minutes, holds, retries. */
const deadlineSeconds = 4 * 3600;
/** Longer than any approval may wait. */
const deadlineWithPersonSeconds = 4 * 86_400;

/**
 * Deploys the assembly, brings a first version to traffic, and then promotes the release under rehearsal. Throws
 * RehearsalRefused for a request that fits nothing, and what the simulation itself can't do (`Unmodelled`).
 */
export async function rehearseCanary(request: CanaryRequest): Promise<CanaryRun> {
  const strategy = strategyOf(request);
  const faultNames = new Set(request.faults.map(({ name }) => name));
  const { rehearsal, faults } = await standUp(request, faultNames);
  try {
    return await play(request, strategy, rehearsal, faults);
  } finally {
    await rehearsal.close();
  }
}

async function play(
  request: CanaryRequest,
  strategy: CanaryResult['strategy'],
  rehearsal: Rehearsal,
  faults: SeededFaults,
): Promise<CanaryRun> {
  const faultNames = new Set(request.faults.map(({ name }) => name));
  const { log, kernel } = rehearsal;
  const stage = new Stage(rehearsal, request);
  const outcomes = new OutcomeReader();
  log.subscribe((event) => outcomes.seen(event));
  await serveFirstVersion(stage, outcomes);
  const digest = await pushRelease(stage, faultNames);

  const watch = beginWatch(stage, strategy, digest);
  stage.engineer.manner = mannerUnder(faultNames, stage.delivery.approval.timeoutSeconds);
  await prepare(stage, faultNames);
  faults.arm();
  meddle(stage, request.faults);
  startIncidentLater(stage);
  const execution = await startPromotion(stage);
  await untilAllEnded(stage, outcomes, watch.startedAt);
  await goBackAfterwards(stage, faultNames, digest);
  await untilAllEnded(stage, outcomes, watch.startedAt);
  const endedAt = kernel.now();
  faults.disarm();
  await meddleAfterwards(stage, faultNames);
  await stage.pass(afterwardsSeconds);

  const { outcome, reason } = outcomes.of(execution);
  const { startedAt, before, checkers, meter, weights } = watch;
  const world = await worldAtEnd({ stage, strategy, before, startedAt, outcomes, outcome });
  const verdict = conclude(log, checkers, world);
  return leftBehind(rehearsal, request, {
    workflow: 'canary-promotion',
    platform: request.platform.name,
    service: request.service,
    release: request.release.text,
    strategy,
    faults: [...faultNames],
    seed: request.seed,
    outcome,
    reason,
    virtualSeconds: Math.round((endedAt - startedAt) / 1000),
    wallSeconds: 0,
    weights: weights.weights,
    alarmToStableSeconds: meter.result?.seconds ?? null,
    requests: requestsSince(watch.totals, stage, digest),
    checkers: verdict,
    logSha256: log.sha256(),
  });
}

/** The strategy of a request. Throws UnknownPlatformService, StrategyNotPossible. */
export function strategyOf({
  platform,
  service: name,
  strategy,
}: Pick<CanaryRequest, 'platform' | 'service' | 'strategy'>): CanaryResult['strategy'] {
  const service = platform.services.find((candidate) => candidate.name === name);
  if (!service) {
    throw new UnknownPlatformService(
      `The platform '${platform.name}' has no service '${name}'. Known: ${platform.services.map((known) => known.name).join(', ')}. Choose one of these.`,
    );
  }
  const chosen = strategy ?? service.promotion.strategy;
  const allowed: readonly string[] = service.promotion.strategiesAllowed;
  if (!allowed.includes(chosen)) {
    throw new StrategyNotPossible(
      `'${name}' can't be released by '${chosen}'. Its definition allows ${allowed.join(', ')}. Choose one of these, or allow it in the definition.`,
    );
  }
  return chosen as CanaryResult['strategy'];
}

/** The deployed assembly, and the faults that wait to be armed. */
async function standUp(
  request: CanaryRequest,
  faultNames: ReadonlySet<string>,
): Promise<{ rehearsal: Rehearsal; faults: SeededFaults }> {
  let rehearsal: Rehearsal | undefined;
  const faults = new SeededFaults([...faultNames], () => {
    if (!rehearsal) throw new RangeError('faults are asked before the world stands');
    return rehearsal.kernel;
  });
  const { assemblyDirectory, seed, postgres = false } = request;
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
    scenario: 'canary',
    platform: request.platform.name,
    service: request.service,
    release: request.release.text,
    seed,
    command: replayCommand(request),
    leftOut: rehearsal.leftOut,
  });
  return { rehearsal, faults };
}

/** Everything that looks on from the moment before the promotion. */
interface Watch {
  readonly startedAt: number;
  readonly before: ReturnType<Stage['release']>;
  readonly meter: AlarmToStableMeter;
  readonly checkers: ReturnType<typeof canaryCheckers>;
  readonly weights: WeightMeter;
  readonly totals: readonly ReleaseTotals[];
}

function beginWatch(stage: Stage, strategy: CanaryResult['strategy'], digest: string): Watch {
  const { rehearsal, request, environment } = stage;
  const { log, kernel } = rehearsal;
  stage.rememberCanarySlot(strategy);
  const before = stage.release();
  const startedAt = kernel.now();
  const canaryBackend = stage.canarySlot && slotName(request.service, stage.canarySlot);
  const meter = new AlarmToStableMeter(environment, request.service, before.stableSlot);
  const checkers = canaryCheckers(meter);
  watchRun(log, checkers);
  const weights = new WeightMeter({
    service: request.service,
    region: stage.region,
    canaryBackend,
    digests: new Set([digest]),
    startedAt,
    readyPods: stage.readyPods(),
  });
  log.subscribe((event) => weights.seen(event));
  if (request.watch) log.subscribe(request.watch);
  log.write('scenario.began', { service: request.service, canaryBackend, tag: tagOf(stage) });
  return { startedAt, before, meter, checkers, weights, totals: stage.traffic.totals() };
}

function leftBehind(rehearsal: Rehearsal, request: CanaryRequest, result: CanaryResult): CanaryRun {
  const { log, iam } = rehearsal;
  const count = (...kinds: string[]) => log.events.filter(({ kind }) => kinds.includes(kind)).length;
  return {
    result,
    log,
    command: replayCommand(request),
    histories: historiesOf(rehearsal),
    callsAnswered: count('aws.called', 'kubernetes.called'),
    transitions: count('state.entered'),
    grants: iam.ledger.toRecord(),
  };
}

async function startPromotion(stage: Stage): Promise<string> {
  const { request } = stage;
  const tag = tagOf(stage);
  stage.promotionArn = await stage.during(
    stage.engineer.start(
      'canary-promotion',
      {
        service: request.faults.some(({ name }) => name === 'unknown-service') ? unknownService : request.service,
        tag,
        ...(request.strategy === undefined ? {} : { strategy: request.strategy }),
        reason: 'release train',
        requestedBy: stage.engineer.name,
      },
      `starts the promotion of ${tag}`,
    ),
  );
  return nameOf(stage.promotionArn);
}

async function untilAllEnded(stage: Stage, outcomes: OutcomeReader, startedAt: number): Promise<void> {
  const { kernel } = stage.rehearsal;
  const quietSince = () => outcomes.running.size === 0;
  for (;;) {
    await kernel.run({ until: startedAt + deadlineSeconds * 1000, done: quietSince });
    if (!quietSince()) {
      const waits = await stage.pendingApprovals();
      if (waits.length === 0 || kernel.now() > startedAt + deadlineWithPersonSeconds * 1000) return;
      await kernel.run({ until: kernel.now() + 3_600_000, done: quietSince });
      if (!quietSince()) continue;
    }
    // An alarm or a status event on its way may start one more.
    await stage.pass(60);
    if (quietSince()) return;
  }
}

function requestsSince(
  before: readonly { digest: string | undefined; requests: number; failed: number }[],
  stage: Stage,
  digest: string,
): CanaryResult['requests'] {
  const sum = (totals: typeof before, of: 'requests' | 'failed', only?: string) =>
    totals.filter((one) => only === undefined || one.digest === only).reduce((all, one) => all + one[of], 0);
  const after = stage.traffic.totals();
  return {
    total: sum(after, 'requests') - sum(before, 'requests'),
    failed: sum(after, 'failed') - sum(before, 'failed'),
    failedByRelease: sum(after, 'failed', digest) - sum(before, 'failed', digest),
  };
}

function historiesOf(rehearsal: Rehearsal): CanaryRun['histories'] {
  return rehearsal.account
    .service<StatesService>('states')
    .executions()
    .map(({ machine, name, execution }) => ({ workflow: machine.name, execution: name, events: execution.history }));
}
