import { environmentName, slots, stateMachineName } from '../../domain/names.ts';
import type { Platform } from '../../platforms/schema.ts';
import { deletionsAreExplained, dryRunsChangeNothing, neededImagesStay, stands } from '../checkers/images.ts';
import { type Checker, conclude, type Violation, watchRun } from '../checkers/index.ts';
import { executionsEnd, nothingDenied, nothingLeftOver } from '../checkers/order.ts';
import { ScenarioNotPossible } from '../errors.ts';
import {
  clusterFault,
  everydayFaults,
  type FaultDescription,
  knownFaults,
  sabotage,
  world,
} from '../faults/described.ts';
import { SeededFaults } from '../faults/plan.ts';
import type { GrantLedgerRecord } from '../iam/index.ts';
import type { EventLog, RehearsalEvent } from '../kernel/log.ts';
import { createRehearsal, type Rehearsal } from '../rehearsal.ts';
import { usualManner } from './engineer.ts';
import { type PastImage, pushHistory } from './image-history.ts';
import { ImagesWorld } from './images-world.ts';
import { isForLostRegions } from './left-out.ts';
import { OutcomeReader } from './outcome.ts';
import { parseRelease } from './releases.ts';
import { Stage } from './stage.ts';
import { worldAtEnd } from './world.ts';

/** Every fault that a review of the images may meet. */
export const imageFaults: readonly FaultDescription[] = [
  ...everydayFaults,
  clusterFault,
  world('denied', 'IAM denies one deletion, so that one repository fails and the others do not'),
  sabotage('break-images', 'somebody deletes by hand what a rollback would bring back', 'no needed image is deleted'),
];

export interface ImagesRequest {
  readonly platform: Platform;
  readonly days: number;
  readonly faults: readonly string[];
  readonly seed: number;
  readonly assemblyDirectory: string;
  readonly watch?: (event: RehearsalEvent) => void;
}

/** The one object that `--json` prints. `wallSeconds` is 0: the caller has the clock. */
export interface ImagesResult {
  readonly workflow: 'image-retention';
  readonly platform: string;
  readonly days: number;
  readonly faults: readonly string[];
  readonly seed: number;
  readonly releases: number;
  readonly runs: { readonly succeeded: number; readonly failed: number };
  /** Manifests that went, by region; parts of an index counted. */
  readonly deleted: Readonly<Record<string, number>>;
  readonly virtualSeconds: number;
  readonly wallSeconds: number;
  readonly checkers: { readonly held: readonly string[]; readonly violated: readonly Violation[] };
  readonly logSha256: string;
}

export interface ImagesRun {
  readonly result: ImagesResult;
  readonly log: EventLog;
  readonly command: string;
  /** Which granted rights were needed: merged over scenarios it shows those that none needs. */
  readonly grants: GrantLedgerRecord;
}

const dayMilliseconds = 86_400_000;
const startsAt = Date.UTC(2026, 10, 2, 8, 0, 0);
/** After the daily run at 02:40 and its retries. */
const nightEndsHour = 4;
/** The last promotion waits so long for its answer: over a night. */
const overNightSeconds = 10 * 3600;

/** Throws UnknownFault, ScenarioNotPossible. */
export function requireImagesRequest({ platform, days, faults }: Omit<ImagesRequest, 'assemblyDirectory'>): string {
  knownFaults(faults, imageFaults, 'images');
  if (days < 2 || days > 10) {
    throw new ScenarioNotPossible(
      `The days are ${days}. Allowed are 2 to 10: the registry has old images for that many releases.`,
    );
  }
  if (days < 3 && faults.includes('break-images')) {
    throw new ScenarioNotPossible(
      `The days are ${days}. 'break-images' takes what a rollback would bring back, which is there from the third day on: allowed are 3 to 10.`,
    );
  }
  const service = platform.services.find(({ route }) => route)?.name;
  if (service) return service;
  throw new ScenarioNotPossible(`'${platform.name}' has no service with a route, which this scenario releases.`);
}

/**
 * A registry with two years of images. Each day an image is pushed and one that is past its retention is promoted, the last one waiting for its
 * approval over the last night; each night the app's own schedule reviews the images. Throws RehearsalRefused.
 */
export async function rehearseImages(request: ImagesRequest): Promise<ImagesRun> {
  const service = requireImagesRequest(request);
  const { platform, seed } = request;
  let rehearsal: Rehearsal | undefined;
  const faults = new SeededFaults(
    request.faults,
    () => {
      if (!rehearsal) throw new RangeError('faults are asked before the world stands');
      return rehearsal.kernel;
    },
    ({ service, operation }) => service === 'ecr' && operation === 'BatchDeleteImage',
  );
  rehearsal = await createRehearsal({
    assemblyDirectory: request.assemblyDirectory,
    seed,
    startsAt,
    faults,
    functionsKeepNothing: true,
    without: isForLostRegions,
  });
  const { log } = rehearsal;
  const command = replay(request);
  const { leftOut } = rehearsal;
  log.write('run.started', { scenario: 'images', platform: platform.name, service, seed, command, leftOut });
  const release = parseRelease('healthy');
  const stage = new Stage(rehearsal, { ...request, stage: 'production', service, release, faults: [] });
  const outcomes = new OutcomeReader();
  log.subscribe((event) => outcomes.seen(event));
  if (request.watch) log.subscribe(request.watch);
  const seen: Seen = { remaining: [], missing: [], promoted: [] };
  const world = new ImagesWorld(stage);
  const checkers = checkersOf(world, seen, outcomes);
  watchRun(log, checkers);
  const before = stage.release();
  await liveThrough({ request, stage, outcomes, faults, world, seen });
  const { outcome } = outcomes.of(seen.promoted.at(-1) ?? '');
  const end = await worldAtEnd({ stage, strategy: 'canary', before, startedAt: startsAt, outcomes, outcome });
  const verdict = conclude(log, checkers, end);
  return { log, command, result: resultOf(request, rehearsal, verdict), grants: rehearsal.iam.ledger.toRecord() };
}

/** What the scenario saw on its way, for the checkers. */
interface Seen {
  readonly remaining: string[];
  readonly missing: string[];
  readonly promoted: string[];
}

function checkersOf(world: ImagesWorld, { remaining, missing, promoted }: Seen, outcomes: OutcomeReader): Checker[] {
  return [
    neededImagesStay(() => world.needed()),
    deletionsAreExplained(),
    dryRunsChangeNothing(),
    stands('what nobody needs is gone after the night', () => remaining),
    stands('every region holds what is needed', () => missing),
    stands('a release finds its image', () =>
      promoted
        .map((execution) => outcomes.of(execution))
        .flatMap(({ outcome, reason }) => (outcome === 'refused' ? [reason] : [])),
    ),
    executionsEnd(),
    nothingDenied(),
    nothingLeftOver(),
  ];
}

/** The days and nights. */
async function liveThrough(scene: {
  readonly request: ImagesRequest;
  readonly stage: Stage;
  readonly outcomes: OutcomeReader;
  readonly faults: SeededFaults;
  readonly world: ImagesWorld;
  readonly seen: Seen;
}): Promise<void> {
  const { request, stage, outcomes, faults, world, seen } = scene;
  const { days, platform } = request;
  const past = pushHistory(platform, world.ecr);
  await stage.pass(600);
  const releases = releasesOf(past, stage);
  seen.promoted.push(await promote(stage, outcomes, releases[0]));
  stage.setLoad(100);
  await dryRun(stage);
  faults.arm();
  for (let day = 1; day < days; day++) {
    await untilHour(stage, day, nightEndsHour + 6);
    stage.pushImage({ tag: stage.tag(`1.${day}.0`, (0xabcdef0 + day).toString(16)) });
    await stage.pass(600);
    if (day < days - 1) seen.promoted.push(await promote(stage, outcomes, releases[day]));
  }
  await untilHour(stage, days - 1, 20);
  stage.engineer.manner = { ...usualManner, answersAfterSeconds: overNightSeconds };
  const last = await begin(stage, releases[days - 1]);
  seen.promoted.push(last);
  if (request.faults.includes('break-images')) await deleteByHand(stage);
  await untilHour(stage, days, nightEndsHour);
  seen.remaining.push(...world.notGone(past));
  seen.missing.push(...world.missing());
  faults.disarm();
  const { kernel } = stage.rehearsal;
  await kernel.run({ until: kernel.now() + dayMilliseconds, done: () => outcomes.hasEnded(last) });
  await stage.pass(600);
}

function resultOf(
  { platform, days, faults, seed }: ImagesRequest,
  { log, kernel }: Rehearsal,
  checkers: ImagesResult['checkers'],
): ImagesResult {
  return {
    workflow: 'image-retention',
    platform: platform.name,
    days,
    faults,
    seed,
    releases: days,
    runs: runsOf(log, environmentName(platform.name, 'production')),
    deleted: deletedByRegion(log),
    virtualSeconds: Math.round((kernel.now() - startsAt) / 1000),
    wallSeconds: 0,
    checkers,
    logSha256: log.sha256(),
  };
}

/**
 * First the oldest of all. Then, day by day, the one that the newest image pushes out of those that are kept for being the newest: from that
 * day on nothing but the release keeps it. All are past their retention, for as many days as there are such images.
 */
function releasesOf(past: readonly PastImage[], stage: Stage): readonly string[] {
  const { keepNewest } = stage.request.platform.images;
  const [oldest, ...others] = past
    .filter((image) => image.repository === stage.delivery.repository && image.stage === 'production')
    .sort((a, b) => b.daysOld - a.daysOld);
  return [...(oldest ? [oldest] : []), ...others.slice(-keepNewest)].map(({ tag }) => tag);
}

async function begin(stage: Stage, tag: string | undefined): Promise<string> {
  const input = { service: stage.request.service, tag: tag ?? '' };
  const arn = await stage.during(stage.engineer.start('canary-promotion', input, `starts the promotion of ${tag}`));
  return arn.slice(arn.lastIndexOf(':') + 1);
}

/** Starts a promotion and waits for its end; under faults it may end as a rollback. */
async function promote(stage: Stage, outcomes: OutcomeReader, tag: string | undefined): Promise<string> {
  const execution = await begin(stage, tag);
  const { kernel } = stage.rehearsal;
  await kernel.run({ until: kernel.now() + 4 * 3_600_000, done: () => outcomes.hasEnded(execution) });
  return execution;
}

async function dryRun(stage: Stage): Promise<void> {
  await stage.during(stage.engineer.start('image-retention', { dryRun: true }, 'asks which images would go'));
  await stage.pass(300);
}

/** Somebody makes room by hand, and takes what a rollback would bring back. */
async function deleteByHand(stage: Stage): Promise<void> {
  const { repository } = stage.delivery;
  const idle = slots.find((slot) => slot !== stage.release().stableSlot) ?? 'green';
  const imageDigest = /sha256:[0-9a-f]+/.exec(stage.release().slots[idle]?.image ?? '')?.[0];
  stage.engineer.tell(`deletes ${imageDigest} from ${repository} to make room`);
  await stage.during(
    stage.engineer.call('ecr', 'BatchDeleteImage', { repositoryName: repository, imageIds: [{ imageDigest }] }),
  );
}

/** Lets time pass until that hour (UTC) of the day; the first day is 0. */
async function untilHour(stage: Stage, day: number, hour: number): Promise<void> {
  const midnight = Math.floor(startsAt / dayMilliseconds) * dayMilliseconds;
  await stage.rehearsal.kernel.run({ until: midnight + day * dayMilliseconds + hour * 3_600_000 });
}

function runsOf(log: EventLog, environment: string): ImagesResult['runs'] {
  const workflow = stateMachineName(environment, 'image-retention');
  const ended = log.events.filter((event) => event.kind === 'execution.ended' && event['workflow'] === workflow);
  const succeeded = ended.filter((event) => event['status'] === 'SUCCEEDED').length;
  return { succeeded, failed: ended.length - succeeded };
}

function deletedByRegion(log: EventLog): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const event of log.events) {
    if (event.kind !== 'image.deleted') continue;
    const region = String(event['region']);
    counts[region] = (counts[region] ?? 0) + 1;
  }
  return counts;
}

function replay({ platform, days, faults, seed }: ImagesRequest): string {
  const words = ['npx mainstay rehearse images', `--platform ${platform.name}`, `--days ${days}`];
  for (const name of faults) words.push(`--fault ${name}`);
  return [...words, `--seed ${seed}`].join(' ');
}
