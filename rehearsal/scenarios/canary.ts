import type { Stage as DeployStage } from '../../domain/names.ts';
import { slotName } from '../../domain/names.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { HistoryEvent } from '../asl/index.ts';
import type { StatesService } from '../aws/states.ts';
import { AlarmToStableMeter, canaryCheckers, conclude, watchRun } from '../checkers/index.ts';
import { StrategyNotPossible, UnknownPlatformService } from '../errors.ts';
import type { FaultDescription } from '../faults/catalogue.ts';
import { SeededFaults } from '../faults/plan.ts';
import type { GrantLedgerRecord } from '../iam/index.ts';
import type { EventLog, RehearsalEvent } from '../kernel/log.ts';
import { createRehearsal, type Rehearsal } from '../rehearsal.ts';
import { replayCommand } from './command.ts';
import { imageUnder, mannerUnder, meddle, meddleAfterwards } from './conditions.ts';
import { OutcomeReader } from './outcome.ts';
import type { ReleaseUnderRehearsal } from './releases.ts';
import type { CanaryResult } from './result.ts';
import { Stage } from './stage.ts';
import { WeightMeter } from './weights.ts';
import { worldAtEnd } from './world.ts';

/** A rehearsal of one promotion. */
export interface CanaryRequest {
  readonly platform: Platform;
  readonly stage: DeployStage;
  readonly service: string;
  readonly release: ReleaseUnderRehearsal;
  readonly faults: readonly FaultDescription[];
  readonly seed: number;
  /** The definition's own where it is left out. */
  readonly strategy?: string;
  readonly tag?: string;
  readonly assemblyDirectory: string;
  /** Called with each event of the log as it is written. */
  readonly watch?: (event: RehearsalEvent) => void;
}

/** What a rehearsal leaves behind. */
export interface CanaryRun {
  /** `wallSeconds` is 0: the caller has the clock. */
  readonly result: CanaryResult;
  readonly log: EventLog;
  readonly command: string;
  readonly histories: readonly {
    readonly workflow: string;
    readonly execution: string;
    readonly events: readonly HistoryEvent[];
  }[];
  readonly callsAnswered: number;
  readonly transitions: number;
  /** Which granted rights were used, to be merged over many runs. */
  readonly grants: GrantLedgerRecord;
}

/** A Monday morning: the deployment begins. */
const startsAt = Date.UTC(2026, 10, 2, 8, 0, 0);
/** Requests a second on a routed service: the traffic of the canary figures. */
const usualRequestsPerSecond = 100;
/** Time for an image to reach every region and be scanned, before anybody promotes it. */
const imageSettlesSeconds = 600;
/** Traffic on the stable version before the promotion: alarms have data, and the last ten minutes can be measured. */
const stableServesSeconds = 900;
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
  let rehearsal: Rehearsal | undefined;
  const faults = new SeededFaults([...faultNames], () => {
    if (!rehearsal) throw new RangeError('faults are asked before the world stands');
    return rehearsal.kernel;
  });
  rehearsal = await createRehearsal({
    assemblyDirectory: request.assemblyDirectory,
    seed: request.seed,
    startsAt,
    faults,
  });
  const { log, kernel } = rehearsal;
  const command = replayCommand(request);
  log.write('run.started', {
    scenario: 'canary',
    platform: request.platform.name,
    service: request.service,
    release: request.release.text,
    seed: request.seed,
    command,
  });
  const stage = new Stage(rehearsal, request);
  const outcomes = new OutcomeReader();
  log.subscribe((event) => outcomes.seen(event));
  await serveFirstVersion(stage, outcomes);
  const digest = await pushRelease(stage, faultNames);
  stage.rememberCanarySlot(strategy);

  const before = stage.release();
  const startedAt = kernel.now();
  const canaryBackend = stage.canarySlot && slotName(request.service, stage.canarySlot);
  const meter = new AlarmToStableMeter(stage.environment, request.service, before.stableSlot);
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

  const traffic = stage.traffic.totals();
  stage.engineer.manner = mannerUnder(faultNames, stage.delivery.approval.timeoutSeconds);
  await prepare(stage, faultNames);
  faults.arm();
  meddle(stage, request.faults);
  startIncidentLater(stage);
  const execution = await startPromotion(stage);
  await untilAllEnded(stage, outcomes, startedAt);
  const endedAt = kernel.now();
  faults.disarm();
  await meddleAfterwards(stage, faultNames);
  await stage.pass(afterwardsSeconds);

  const { outcome, reason } = outcomes.of(execution);
  const world = await worldAtEnd({ stage, strategy, before, startedAt, outcomes, outcome });
  const verdict = conclude(log, checkers, world);
  const requests = requestsSince(traffic, stage, digest);
  return {
    result: {
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
      requests,
      checkers: verdict,
      logSha256: log.sha256(),
    },
    log,
    command,
    histories: historiesOf(rehearsal),
    callsAnswered: log.events.filter(({ kind }) => kind === 'aws.called' || kind === 'kubernetes.called').length,
    transitions: log.events.filter(({ kind }) => kind === 'state.entered').length,
    grants: rehearsal.iam.ledger.toRecord(),
  };
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

/** The version that serves before anything is rehearsed: promoted by the same workflow, without faults. */
async function serveFirstVersion(stage: Stage, outcomes: OutcomeReader): Promise<void> {
  const tag = stage.tag('1.4.0', 'a1b2c3d');
  stage.pushImage({ tag });
  await stage.pass(imageSettlesSeconds);
  const execution = await stage.during(
    stage.engineer.start(
      'canary-promotion',
      { service: stage.request.service, tag },
      `promotes the first version, ${tag}`,
    ),
  );
  const name = nameOf(execution);
  const { kernel } = stage.rehearsal;
  await kernel.run({ until: kernel.now() + deadlineSeconds * 1000, done: () => outcomes.hasEnded(name) });
  const { outcome, reason } = outcomes.of(name);
  if (outcome !== 'promoted') {
    throw new Error(`The first version of ${stage.request.service} could not be promoted (${outcome}): ${reason}`);
  }
  stage.setLoad(stage.request.release.requestsPerSecond ?? usualRequestsPerSecond);
  await stage.pass(stableServesSeconds);
}

function tagOf(stage: Stage): string {
  const names = new Set(stage.request.faults.map(({ name }) => name));
  if (stage.request.tag !== undefined) return stage.request.tag;
  if (names.has('tag-against-convention')) return 'latest';
  if (names.has('unknown-tag')) return stage.tag('9.9.9', 'fffffff');
  return stage.tag('1.5.0', '3f9c2ab');
}

async function pushRelease(stage: Stage, faults: ReadonlySet<string>): Promise<string> {
  const { release, platform } = stage.request;
  const otherRegions = platform.regions.images.filter((region) => region !== stage.region);
  const tag = stage.tag('1.5.0', '3f9c2ab');
  const digest = stage.pushImage({ tag, ...imageUnder(faults, otherRegions) });
  stage.traffic.setBehaviour(digest, {
    errorRate: release.errorRate,
    latencyScale: release.latencyScale,
    ...(release.crash ? { crash: release.crash } : {}),
    ...(release.outOfMemoryAfterSeconds === undefined
      ? {}
      : { outOfMemoryAfterSeconds: release.outOfMemoryAfterSeconds }),
  });
  if (!faults.has('replication-slow')) await stage.pass(imageSettlesSeconds);
  return digest;
}

/** What already goes on when the promotion is started. */
async function prepare(stage: Stage, faults: ReadonlySet<string>): Promise<void> {
  if (faults.has('alarm-firing')) {
    stage.traffic.startIncident({ errorRate: 0.3 });
    await stage.pass(300);
  }
  if (faults.has('promotion-running')) {
    const tag = stage.tag('1.4.9', '9c8b7a6');
    stage.pushImage({ tag });
    await stage.pass(imageSettlesSeconds);
    await stage.during(
      stage.engineer.start('canary-promotion', { service: stage.request.service, tag }, `promotes ${tag}`),
    );
    await stage.pass(300);
  }
  if (faults.has('break-deadline')) await stage.watchForTenDays();
  if (faults.has('break-speed')) stage.slowLoadBalancer(120);
  if (faults.has('target-groups-renamed')) stage.renameTargetGroups();
}

function startIncidentLater(stage: Stage): void {
  const { incidentErrorRate } = stage.request.release;
  if (incidentErrorRate === undefined) return;
  const { log } = stage.rehearsal;
  let begun = false;
  log.subscribe((event) => {
    if (begun || event.kind !== 'traffic.shifted' || !((stage.canaryPercentIn(event) ?? 0) > 0)) return;
    begun = true;
    stage.rehearsal.kernel.after(240_000, 'incident', () => {
      stage.engineer.tell(
        `is told of an incident: ${incidentErrorRate * 100} % of all requests fail, whoever answers them`,
      );
      stage.traffic.startIncident({ errorRate: incidentErrorRate });
    });
  });
}

async function startPromotion(stage: Stage): Promise<string> {
  const { request } = stage;
  const tag = tagOf(stage);
  stage.promotionArn = await stage.during(
    stage.engineer.start(
      'canary-promotion',
      {
        service: request.service,
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

function nameOf(executionArn: string): string {
  return executionArn.slice(executionArn.lastIndexOf(':') + 1);
}
