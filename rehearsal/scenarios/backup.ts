import { environmentName } from '../../domain/names.ts';
import { dueBetween } from '../../domain/recovery-set-schedule.ts';
import { backupCheckers } from '../checkers/backup.ts';
import { conclude, watchRun } from '../checkers/index.ts';
import { ScenarioNotPossible } from '../errors.ts';
import { seedApplication } from '../postgres/application.ts';
import { createRehearsal, type Rehearsal } from '../rehearsal.ts';
import { BackupFaults, requireBackupFaults } from './backup-faults.ts';
import { meddleWithBackups, sabotageBackups } from './backup-meddling.ts';
import { type BackupRequest, type BackupResult, type BackupRun, backupCommand, hoursOf } from './backup-request.ts';
import { type LeftOut, leftOutOf, switchOff } from './backup-rest.ts';
import { BackupsWorld } from './backup-world.ts';
import { serveFirstVersions } from './first-versions.ts';
import { isForLostRegions } from './left-out.ts';
import { OutcomeReader } from './outcome.ts';
import { plainStage } from './stage.ts';

export type { BackupRequest, BackupResult, BackupRun } from './backup-request.ts';

/**
 * Thursdays, before the automated backup, the day's full set and the weekly restore test: four hours see all of them. Odd seeds see a test in the primary, even ones in
 * the standby, whose turn is a week later.
 */
const startsAt = (seed: number): number => Date.UTC(2026, 10, seed % 2 === 1 ? 5 : 12, 1, 40);
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** After the last minute that is counted, so that its copy has been verified too. */
const lastHourSettles = 55 * minute;
/** Faults of one moment begin after a third of the run, on the second day at the latest, so long before a set is due. */
const faultsBeginBefore = 10 * minute;
/** More than an hour before they begin, and what follows from them. */
const faultsNeedHours = 4;

/** Throws UnknownFault, ScenarioNotPossible. */
export function requireBackupRequest({ platform, days, faults }: Pick<BackupRequest, 'platform' | 'days' | 'faults'>) {
  requireBackupFaults(faults);
  const hours = hoursOf(days);
  if (Math.abs(hours / 24 - days) > 1e-9 || hours < 1 || days > 400) {
    throw new ScenarioNotPossible(`${hours} hours were asked for. Allowed are 1 hour to 400 days, in whole hours.`);
  }
  if (faults.length > 0 && hours < faultsNeedHours) {
    throw new ScenarioNotPossible(
      `${hours} hours were asked for. Faults begin after a third of them, and what follows is looked at: allowed are ${faultsNeedHours} hours to 400 days.`,
    );
  }
  if (platform.databases.length > 0 && platform.services.length > 0) return;
  throw new ScenarioNotPossible(`'${platform.name}' has no database or no service, so there is nothing to back up.`);
}

/**
 * Deploys the assembly, releases every service, and lets days go by: the app's own schedules back up, test restores and thin. Throws
 * RehearsalRefused for a request that fits nothing, and what the simulation itself can't do (`Unmodelled`).
 */
export async function rehearseBackup(request: BackupRequest): Promise<BackupRun> {
  requireBackupRequest(request);
  const standing = await standUp(request);
  try {
    return await play(request, standing);
  } finally {
    await standing.rehearsal.close();
  }
}

/** The platform, deployed and at rest. */
interface Standing {
  readonly rehearsal: Rehearsal;
  readonly faults: BackupFaults;
  readonly leftOut: LeftOut;
}

async function play(request: BackupRequest, { rehearsal, faults, leftOut }: Standing): Promise<BackupRun> {
  const { log, kernel, iam } = rehearsal;
  const { platform } = request;
  const stage = plainStage(rehearsal, request);
  const outcomes = new OutcomeReader();
  log.subscribe((event) => outcomes.seen(event));
  await serveFirstVersions(
    stage,
    platform.services.map(({ name }) => name),
    outcomes,
  );
  await switchOff(stage, leftOut);
  const world = new BackupsWorld(rehearsal, platform, stage.environment);
  for (const { model, replicaOf } of world.rds.instances) if (replicaOf === undefined) await seedApplication({ model });
  const checkers = backupCheckers(world, world.replicas);
  watchRun(log, checkers);
  log.subscribe((event) => world.seen(event));
  const began = kernel.now();
  const ends = began + hoursOf(request.days) * hour;
  log.write('scenario.began', { days: request.days, quota: platform.backups.manualSnapshotQuota });
  if (request.watch) log.subscribe(request.watch);
  world.watchHours(began, ends);
  const from = firstDueAfter(platform, began + Math.min(day, (ends - began) / 3)) - faultsBeginBefore;
  faults.arm(from);
  meddleWithBackups({ stage, world, faults: new Set(request.faults), from });
  await kernel.run({ until: ends + lastHourSettles });
  faults.disarm();
  await stage.pass(300);
  // Between two hours: nothing of one is left, and the next has not begun. What a dead test left is swept within three.
  const quiet = (): boolean => outcomes.running.size === 0 && world.leftBehind().length === 0;
  await kernel.run({ until: kernel.now() + 6 * hour, done: quiet });
  await sabotageBackups({ stage, world, faults: new Set(request.faults) });
  const verdict = conclude(log, checkers, world.atEnd(outcomes, began));
  const hoursDue = dueBetween(platform.backups.recoverySets, began, ends).length;
  return {
    log,
    command: backupCommand(request),
    grants: iam.ledger.toRecord(),
    result: resultOf(request, rehearsal, world, { hoursDue, seconds: (kernel.now() - began) / 1000, verdict }),
  };
}

function firstDueAfter(platform: BackupRequest['platform'], at: number): number {
  const { recoverySets } = platform.backups;
  return dueBetween(recoverySets, at, at + 2 * recoverySets.everyMinutes * minute)[0] ?? at;
}

function resultOf(
  { platform, days, faults, seed }: BackupRequest,
  { log }: Rehearsal,
  world: BackupsWorld,
  told: { readonly hoursDue: number; readonly seconds: number; readonly verdict: BackupResult['checkers'] },
): BackupResult {
  const [primary = ''] = world.regions;
  const count = (verdict: string): number => world.hours.filter((seen) => seen.verdict === verdict).length;
  const entries = world.sets.entries(primary);
  const whole = entries.filter(({ state }) => state === 'complete' || state === 'verified');
  return {
    workflow: 'hourly-backup',
    platform: platform.name,
    days,
    faults,
    seed,
    hoursDue: told.hoursDue,
    setsMade: count('made'),
    setsVerified: world.setsVerified,
    setsLate: count('late'),
    setsFailed: count('failed'),
    setsMissed: count('missed'),
    alarmsRaised: world.alarmsRaised,
    snapshotsPeak: world.snapshotsPeak,
    quota: platform.backups.manualSnapshotQuota,
    oldestKept: whole.map(({ dueAt }) => dueAt).sort()[0] ?? null,
    provenKept: whole.filter(({ proven }) => proven.length > 0).length,
    bytesCopied: world.bytesCopied,
    functionsInvoked: world.functionsInvoked,
    virtualSeconds: Math.round(told.seconds),
    wallSeconds: 0,
    checkers: told.verdict,
    logSha256: log.sha256(),
  };
}

async function standUp(request: BackupRequest): Promise<Standing> {
  const { platform, seed, assemblyDirectory, everything = false } = request;
  let rehearsal: Rehearsal | undefined;
  const faults = new BackupFaults(request.faults, {
    environment: environmentName(platform.name, 'production'),
    primary: platform.regions.primary.name,
    standby: platform.regions.standby?.name,
    kernel: () => {
      if (!rehearsal) throw new RangeError('faults are asked before the world stands');
      return rehearsal.kernel;
    },
  });
  const maximumEvents = 5_000_000 + request.days * 1_000_000;
  rehearsal = await createRehearsal({
    ...{ assemblyDirectory, seed, startsAt: startsAt(seed), faults, maximumEvents },
    functionsKeepNothing: true,
    ...(everything ? {} : { without: isForLostRegions }),
  });
  const leftOut = leftOutOf(rehearsal, everything);
  rehearsal.log.write('run.started', {
    scenario: 'backup',
    platform: platform.name,
    seed,
    command: backupCommand(request),
    leftOut,
  });
  return { rehearsal, faults, leftOut };
}
