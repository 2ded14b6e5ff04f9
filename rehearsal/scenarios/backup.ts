import { environmentName } from '../../domain/names.ts';
import { dueBetween } from '../../domain/recovery-set-schedule.ts';
import { backupCheckers } from '../checkers/backup.ts';
import { conclude, watchRun } from '../checkers/index.ts';
import { ScenarioNotPossible } from '../errors.ts';
import { seedApplication } from '../postgres/application.ts';
import { createRehearsal, type Rehearsal } from '../rehearsal.ts';
import { BackupFaults, requireBackupFaults } from './backup-faults.ts';
import { meddleWithBackups, sabotageBackups } from './backup-meddling.ts';
import { type BackupRequest, type BackupResult, type BackupRun, backupCommand } from './backup-request.ts';
import { type LeftOut, leftOutOf, switchOff } from './backup-rest.ts';
import { BackupsWorld } from './backup-world.ts';
import { serveFirstVersions } from './first-versions.ts';
import { isForLostRegions } from './left-out.ts';
import { OutcomeReader } from './outcome.ts';
import { plainStage } from './stage.ts';

export type { BackupRequest, BackupResult, BackupRun } from './backup-request.ts';

/** A Monday evening. */
const startsAt = Date.UTC(2026, 10, 2, 20, 0, 0);
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** After the last minute that is counted, so that its copy has been verified too. */
const lastHourSettles = 55 * minute;
/** Deeper faults need their second day and what follows from it. */
const faultsNeedDays = 3;

/** Throws UnknownFault, ScenarioNotPossible. */
export function requireBackupRequest({ platform, days, faults }: Pick<BackupRequest, 'platform' | 'days' | 'faults'>) {
  requireBackupFaults(faults);
  if (!Number.isInteger(days) || days < 1 || days > 400) {
    throw new ScenarioNotPossible(`The days are ${days}. Allowed are 1 to 400, whole.`);
  }
  if (faults.length > 0 && days < faultsNeedDays) {
    throw new ScenarioNotPossible(
      `The days are ${days}. Faults begin on the second day and are looked at on the third: allowed are ${faultsNeedDays} to 400.`,
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
  const ends = began + request.days * day;
  log.write('scenario.began', { days: request.days, quota: platform.backups.manualSnapshotQuota });
  if (request.watch) log.subscribe(request.watch);
  world.watchHours(began, ends);
  faults.arm(began + day);
  meddleWithBackups({ stage, world, faults: new Set(request.faults), secondDay: began + day });
  await kernel.run({ until: ends + lastHourSettles });
  faults.disarm();
  await stage.pass(3 * 3600);
  // Between two hours: nothing of one is left, and the next has not begun.
  await kernel.run({ until: kernel.now() + 2 * hour, done: () => outcomes.running.size === 0 });
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
  const setsVerified = new Set<string>();
  for (const event of log.events) {
    if (event.kind === 'state.exited' && event['state'] === 'Close the set as verified') {
      setsVerified.add(String(event['execution']));
    }
  }
  return {
    workflow: 'hourly-backup',
    platform: platform.name,
    days,
    faults,
    seed,
    hoursDue: told.hoursDue,
    setsMade: count('made'),
    setsVerified: setsVerified.size,
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
    standby: platform.regions.standby?.name,
    kernel: () => {
      if (!rehearsal) throw new RangeError('faults are asked before the world stands');
      return rehearsal.kernel;
    },
  });
  const maximumEvents = 5_000_000 + request.days * 1_000_000;
  rehearsal = await createRehearsal({
    ...{ assemblyDirectory, seed, startsAt, faults, maximumEvents },
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
