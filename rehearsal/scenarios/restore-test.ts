import { stateMachineName } from '../../domain/names.ts';
import { conclude, watchRun } from '../checkers/index.ts';
import { restoreTestCheckers } from '../checkers/restore.ts';
import { ScenarioNotPossible } from '../errors.ts';
import type { SeededFaults } from '../faults/plan.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import { type Corruption, corruptApplication } from '../postgres/application.ts';
import type { Rehearsal } from '../rehearsal.ts';
import { nameOf } from './execution-name.ts';
import type { OutcomeReader } from './outcome.ts';
import { requireRestoreFaults } from './restore-faults.ts';
import { fillForRestore, type RestoreGround, standForRestore } from './restore-ground.ts';
import { prepareRestore, sabotageRestore, stopByHand } from './restore-meddling.ts';
import {
  type RestoreTestRequest,
  type RestoreTestResult,
  type RestoreTestRun,
  restoreTestCommand,
} from './restore-request.ts';
import type { RestoreWorld } from './restore-world.ts';
import type { plainStage } from './stage.ts';

export type { RestoreTestRequest, RestoreTestResult, RestoreTestRun } from './restore-request.ts';

const hour = 3_600_000;
/** The workflow's own limit is twelve hours. */
const testDeadline = 13 * hour;
/** The sweeper looks each hour and alarms for what is two hours old: by then it has looked once more. */
const sweptWithin = 3.25 * hour;
/** The metric of a failed execution comes a little later, and an alarm looks each minute. */
const heardWithin = 300_000;

/** Throws UnknownFault, ScenarioNotPossible. */
export function requireRestoreTestRequest({
  platform,
  region,
  faults,
}: Pick<RestoreTestRequest, 'platform' | 'region' | 'faults'>): string {
  requireRestoreFaults(faults);
  const place = platform.regions[region]?.name;
  if (place === undefined) throw new ScenarioNotPossible(`'${platform.name}' has no ${region}.`);
  if (platform.databases.some(({ engine }) => engine === 'postgres')) return place;
  throw new ScenarioNotPossible(`'${platform.name}' has no database of PostgreSQL, which alone is restored here.`);
}

/**
 * Deploys the assembly, fills the database, waits for whole sets, and tests the restore of the newest. Throws RehearsalRefused for a
 * request that fits nothing, and what the simulation itself can't do (`Unmodelled`).
 */
export async function rehearseRestoreTest(request: RestoreTestRequest): Promise<RestoreTestRun> {
  const region = requireRestoreTestRequest(request);
  const { rehearsal, faults } = await standForRestore(request, 'restore-test', restoreTestCommand(request));
  try {
    return await play(request, region, await fillForRestore(request, region, rehearsal), faults);
  } finally {
    await rehearsal.close();
  }
}

async function play(
  request: RestoreTestRequest,
  region: string,
  { stage, outcomes, world }: RestoreGround,
  faults: SeededFaults,
): Promise<RestoreTestRun> {
  const { rehearsal } = stage;
  const { log, kernel, iam } = rehearsal;
  const names = new Set(request.faults);
  await prepareRestore({ stage, world, faults: names });
  const checkers = restoreTestCheckers();
  watchRun(log, checkers);
  world.rememberProofs();
  log.subscribe((event) => world.seen(event));
  const startedAt = kernel.now();
  log.write('scenario.began', { region, corrupt: request.corrupt ?? null });
  if (request.watch) log.subscribe(request.watch);
  damageWhatIsRestored(rehearsal, world, request);
  faults.arm();
  stage.engineer.tell(`tests the restore of the newest set in ${region}`);
  const execution = await stage.during(begin(stage, region));
  if (names.has('stopped-by-hand')) stopByHand({ stage, world, faults: names }, region, execution);
  await kernel.run({ until: startedAt + testDeadline, done: () => outcomes.hasEnded(nameOf(execution)) });
  faults.disarm();
  await kernel.run({ until: kernel.now() + heardWithin });
  await kernel.run({ until: kernel.now() + sweptWithin, done: () => quiet(world, outcomes, names) });
  await sabotageRestore({ stage, world, faults: names });
  const told = toldBy(log.events, nameOf(execution));
  const atEnd = world.atEnd(outcomes, {
    verdict: told.verdict ?? 'none',
    sound: request.corrupt === undefined,
    hindered: names.has('stopped-by-hand') || names.has('break-cleanup'),
    setId: told.setId,
  });
  const checked = conclude(log, checkers, atEnd);
  const result = resultOf(request, region, told, {
    leftBehind: atEnd.leftBehind,
    virtualSeconds: Math.round((kernel.now() - startedAt) / 1000),
    checkers: checked,
    logSha256: log.sha256(),
  });
  return { result, log, command: restoreTestCommand(request), grants: iam.ledger.toRecord() };
}

/** As soon as a restored instance stands, before anybody has compared it. */
function damageWhatIsRestored(rehearsal: Rehearsal, world: RestoreWorld, { corrupt }: RestoreTestRequest): void {
  const { kernel, log } = rehearsal;
  if (corrupt === undefined) return;
  if (corrupt === 'cold') {
    world.rds.faults.coldRestores = true;
    return;
  }
  const damaged = new Set<string>();
  log.subscribe((event) => {
    if (event.kind !== 'database.status' || event['status'] !== 'available') return;
    const instance = world.testInstances().find(({ identifier }) => identifier === event['database']);
    if (!instance || damaged.has(instance.identifier)) return;
    damaged.add(instance.identifier);
    const damage = (): Promise<void> => corruptApplication(instance, corrupt as Corruption);
    kernel.after(0, 'the restored data are damaged', () => (instance.real ? kernel.hold(damage) : damage()));
  });
}

async function begin(stage: ReturnType<typeof plainStage>, region: string): Promise<string> {
  const { account } = stage.rehearsal;
  const name = stateMachineName(stage.environment, 'restore-test');
  const input = {
    stateMachineArn: `arn:aws:states:${region}:${account.account}:stateMachine:${name}`,
    name: account.nextId('engineer', 'uuid'),
    input: JSON.stringify({ region }),
  };
  const output = await stage.engineer.call('states', 'StartExecution', input, region);
  return String(output['executionArn']);
}

/** Nothing runs, and what the test made is gone, or its time to go is over. */
function quiet(world: RestoreWorld, outcomes: OutcomeReader, faults: ReadonlySet<string>): boolean {
  if (faults.has('break-cleanup') || faults.has('stopped-by-hand')) return false;
  return outcomes.running.size === 0 && world.leftBehind().length === 0;
}

type Told = Partial<
  Pick<RestoreTestResult, 'reason' | 'failures' | 'tablesCompared' | 'rowsCompared'> & {
    readonly verdict: 'proven' | 'failed';
    readonly setId: string;
    readonly seconds: Record<string, number>;
  }
>;

/** What the workflow said: its output, or the last word of its verdict's task where it failed. */
function toldBy(events: readonly RehearsalEvent[], execution: string): Told {
  const recorded = events.findLast(
    (event) =>
      event.kind === 'state.exited' &&
      event['execution'] === execution &&
      ['proven', 'failed'].includes(String((event['output'] as { verdict?: unknown } | null)?.verdict)) &&
      'seconds' in (event['output'] as object),
  );
  if (recorded) return recorded['output'] as Told;
  const ended = events.findLast((event) => event.kind === 'execution.ended' && event['execution'] === execution);
  return { reason: String(ended?.['error'] ?? ended?.['status'] ?? 'it has not ended') };
}

function resultOf(
  request: RestoreTestRequest,
  region: string,
  told: Told,
  rest: Pick<RestoreTestResult, 'leftBehind' | 'virtualSeconds' | 'checkers' | 'logSha256'>,
): RestoreTestResult {
  const seconds = told.seconds ?? {};
  return {
    workflow: 'restore-test',
    platform: request.platform.name,
    region,
    corrupt: request.corrupt ?? null,
    faults: request.faults,
    seed: request.seed,
    verdict: told.verdict ?? 'none',
    reason: told.reason ?? '',
    set: told.setId ?? null,
    failures: (told.failures ?? []).map(({ kind, table, expected, found }) => ({ kind, table, expected, found })),
    restoreSeconds: seconds['total'] ?? null,
    secondsByStep: seconds,
    tablesCompared: told.tablesCompared ?? 0,
    rowsCompared: told.rowsCompared ?? 0,
    ...rest,
    wallSeconds: 0,
  };
}
