import { databaseInstanceName } from '../../domain/databases.ts';
import { interlockTableName } from '../../domain/interlock.ts';
import { recoverySetId } from '../../domain/recovery-set.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { DynamoDb } from '../aws/dynamodb.ts';
import { type Checker, conclude, type Violation, watchRun } from '../checkers/index.ts';
import { executionsEnd, nothingDenied } from '../checkers/order.ts';
import { ScenarioNotPossible } from '../errors.ts';
import { type FaultDescription, knownFaults, refusal, world } from '../faults/described.ts';
import type { SeededFaults } from '../faults/plan.ts';
import type { GrantLedgerRecord } from '../iam/index.ts';
import type { EventLog, RehearsalEvent } from '../kernel/log.ts';
import { usualManner } from './engineer.ts';
import { nameOf } from './execution-name.ts';
import { fillForRestore, type RestoreGround, standForRestore } from './restore-ground.ts';

/** Every fault that can be named for a person's restore. */
export const personRestoreFaults: readonly FaultDescription[] = [
  world('throttle', 'AWS throttles one call in ten'),
  world('timeout', 'one call in twenty-five never gets an answer'),
  world('crash-after-side-effect', 'one invocation in ten dies after its work, before its answer'),
  world('deliver-twice', 'one invocation in ten is delivered a second time'),
  refusal('set-unknown', 'there is no such set'),
  refusal('set-of-another', 'the set is of another platform'),
  refusal('set-incomplete', 'the set is not whole in the region'),
  refusal('key-lost', 'the set is encrypted with a key that the region has not'),
  refusal('too-old', 'the set is older than asked for'),
  refusal('over-running', 'the name of the running instance is given'),
  refusal('approval-rejected', 'the person who is asked says no'),
];

export type RestoreOutcome = 'restored' | 'refused' | 'failed';

export interface RestoreRequest {
  readonly platform: Platform;
  /** `-20m`: so long before now; the newest set where it is left out. */
  readonly point?: string;
  readonly faults: readonly string[];
  readonly seed: number;
  readonly assemblyDirectory: string;
  readonly postgres?: boolean;
  readonly watch?: (event: RehearsalEvent) => void;
}

/** The one object that `--json` prints. `wallSeconds` is 0: the caller has the clock. */
export interface RestoreResult {
  readonly workflow: 'restore';
  readonly platform: string;
  readonly database: string;
  readonly faults: readonly string[];
  readonly seed: number;
  readonly outcome: RestoreOutcome;
  readonly reason: string;
  /** Of the restored database; null where none stands. */
  readonly instance: string | null;
  readonly virtualSeconds: number;
  readonly wallSeconds: number;
  readonly checkers: { readonly held: readonly string[]; readonly violated: readonly Violation[] };
  readonly logSha256: string;
}

export interface RestoreRun {
  readonly result: RestoreResult;
  readonly log: EventLog;
  readonly command: string;
  readonly grants: GrantLedgerRecord;
}

const minute = 60_000;
/** The workflow's own limit is two days; nobody is asked for longer than one. */
const deadline = 26 * 60 * minute;

/** The database that is restored. Throws UnknownFault, ScenarioNotPossible. */
export function requireRestoreRequest({
  platform,
  point,
  faults,
}: Pick<RestoreRequest, 'platform' | 'point' | 'faults'>): string {
  knownFaults(faults, personRestoreFaults, 'a restore');
  if (point !== undefined && !/^-\d+m$/.test(point)) {
    throw new ScenarioNotPossible(`The point is '${point}'. Allowed is so many minutes before now, such as -20m.`);
  }
  const database = platform.databases.find(({ engine }) => engine === 'postgres')?.name;
  if (database !== undefined) return database;
  throw new ScenarioNotPossible(`'${platform.name}' has no database of PostgreSQL, which alone is restored here.`);
}

/** What replays the run. */
function commandOf({ platform, point, faults, seed, postgres }: RestoreRequest): string {
  const words = ['npx mainstay rehearse restore', `--platform ${platform.name}`];
  if (point !== undefined) words.push(`--point ${point}`);
  if (postgres) words.push('--postgres');
  for (const name of faults) words.push(`--fault ${name}`);
  return [...words, `--seed ${seed}`].join(' ');
}

/** Deploys the assembly, waits for whole sets, and has a person restore a database beside the running one. Throws RehearsalRefused. */
export async function rehearseRestore(request: RestoreRequest): Promise<RestoreRun> {
  const database = requireRestoreRequest(request);
  const region = request.platform.regions.primary.name;
  const { rehearsal, faults } = await standForRestore(request, 'restore', commandOf(request));
  try {
    return await play(request, database, await fillForRestore(request, region, rehearsal), faults);
  } finally {
    await rehearsal.close();
  }
}

async function play(
  request: RestoreRequest,
  database: string,
  ground: RestoreGround,
  faults: SeededFaults,
): Promise<RestoreRun> {
  const { stage, outcomes, world: seen } = ground;
  const { log, kernel, iam } = stage.rehearsal;
  const names = new Set(request.faults);
  const input = await inputOf(request, database, ground, names);
  if (names.has('approval-rejected')) stage.engineer.manner = { ...usualManner, decision: 'reject' };
  const standing = seen.rds.instances.length;
  const checkers = restoreCheckers();
  watchRun(log, checkers);
  log.subscribe((event) => seen.seen(event));
  const startedAt = kernel.now();
  log.write('scenario.began', { database, ...input });
  if (request.watch) log.subscribe(request.watch);
  faults.arm();
  const told = `restores ${database} ${'set' in input ? `from ${input['set']}` : `to ${input['pointInTime']}`}`;
  const execution = nameOf(await stage.during(stage.engineer.start('restore', input, told)));
  await kernel.run({ until: startedAt + deadline, done: () => outcomes.hasEnded(execution) });
  faults.disarm();
  await stage.pass(600);
  const ended = toldBy(log.events, execution);
  const made = seen.rds.instances.length - standing;
  const atEnd = seen.atEnd(outcomes, { verdict: 'none', sound: true, hindered: true, setId: undefined });
  const verdict = conclude(log, checkers, {
    outcome: ended.outcome,
    made,
    claims: claimsOf(ground),
    disturbed: atEnd.disturbed,
    leaks: atEnd.leaks,
    executionsRunning: atEnd.executionsRunning,
  });
  const { platform, seed } = request;
  const virtualSeconds = Math.round((kernel.now() - startedAt) / 1000);
  const rest = { virtualSeconds, wallSeconds: 0, checkers: verdict, logSha256: log.sha256() };
  return {
    log,
    command: commandOf(request),
    grants: iam.ledger.toRecord(),
    result: { workflow: 'restore', platform: platform.name, database, faults: request.faults, seed, ...ended, ...rest },
  };
}

/** What the person enters. */
async function inputOf(
  { point }: RestoreRequest,
  database: string,
  { stage, world: seen }: RestoreGround,
  faults: ReadonlySet<string>,
): Promise<Readonly<Record<string, string>>> {
  const { kernel } = stage.rehearsal;
  const minutes = Number(/\d+/.exec(point ?? '')?.[0] ?? 0);
  if (point !== undefined) return { database, pointInTime: new Date(kernel.now() - minutes * minute).toISOString() };
  const [region = ''] = seen.regions;
  const newest = seen.sets.verified(region).at(-1)?.setId ?? '';
  if (faults.has('key-lost')) {
    stage.engineer.tell('finds that the set was made with a key that is gone');
    seen.sets.editNewest(region, (text) => text.replaceAll(/:key\/[0-9a-f-]+/g, `:key/${'0'.repeat(8)}-gone`));
  }
  if (faults.has('set-unknown')) return { database, set: recoverySetId(stage.environment, Date.UTC(2026, 0, 1)) };
  if (faults.has('set-of-another')) return { database, set: newest.replace(stage.environment, 'twin') };
  if (faults.has('set-incomplete')) return { database, set: takingSet(seen, region) };
  if (faults.has('too-old')) return { database, set: newest, notBefore: new Date(kernel.now()).toISOString() };
  if (faults.has('over-running'))
    return { database, set: newest, as: databaseInstanceName(stage.environment, database) };
  return { database, set: newest };
}

/** A set whose run has not ended; the newest verified one with its record set back where none is being made. */
function takingSet(seen: RestoreGround['world'], region: string): string {
  const taking = seen.sets.entries(region).find(({ state }) => state === 'taking');
  return taking?.setId ?? seen.sets.editNewest(region, (text) => text.replace(/"state":"\w+"/, '"state":"taking"'));
}

function toldBy(
  events: readonly RehearsalEvent[],
  execution: string,
): Pick<RestoreResult, 'outcome' | 'reason' | 'instance'> {
  const ended = events.findLast((event) => event.kind === 'execution.ended' && event['execution'] === execution);
  const last = events.findLast((event) => event.kind === 'state.entered' && event['execution'] === execution);
  if (ended?.['status'] === 'SUCCEEDED') {
    const output = ended['output'] as { readonly instance: string; readonly reason?: string };
    return { outcome: 'restored', reason: output.reason ?? '', instance: output.instance };
  }
  const refused = ['Restore refused', 'Restore rejected', 'Nobody approved in time'].includes(String(last?.['state']));
  const reason = `${ended?.['error'] ?? 'it has not ended'}: ${ended?.['cause'] ?? ''}`;
  return { outcome: refused ? 'refused' : 'failed', reason, instance: null };
}

function claimsOf({ stage }: RestoreGround): string[] {
  const { account, kernel } = stage.rehearsal;
  const now = new Date(kernel.now()).toISOString();
  return account
    .service<DynamoDb>('dynamodb')
    .items(stage.region, interlockTableName(stage.environment))
    .filter((item) => item['work']?.['S'] === 'restore' && String(item['until']?.['S']) > now)
    .map((item) => String(item['subject']?.['S']));
}

/** The world once a person's restore is over. */
interface RestoreAtEnd {
  readonly outcome: RestoreOutcome;
  /** Instances that stand and did not before. */
  readonly made: number;
  readonly claims: readonly string[];
  readonly disturbed: readonly string[];
  readonly leaks: readonly string[];
  readonly executionsRunning: readonly { readonly workflow: string; readonly execution: string }[];
}

function restoreCheckers(): readonly Checker<RestoreAtEnd>[] {
  const saying = (name: string, say: (at: RestoreAtEnd) => readonly string[]) => ({ name, conclude: say });
  return [
    saying('a restored database stands beside the running one, a refused one nowhere', ({ outcome, made }) => {
      const expected = outcome === 'restored' ? 1 : 0;
      return made === expected || outcome === 'failed'
        ? []
        : [`${made} instances were made, the outcome is ${outcome}`];
    }),
    saying('the running database is left alone', ({ disturbed }) => disturbed),
    saying('the claim is given back', ({ claims }) => claims),
    saying('no password stands anywhere', ({ leaks }) => leaks),
    executionsEnd(),
    nothingDenied(),
  ];
}
