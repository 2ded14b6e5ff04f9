import { SetIncomplete } from '../../domain/backup-errors.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { missingMembers, type RecoverySet, refuseForeignSet, refuseRestore } from '../../domain/recovery-set.ts';
import { restoreTestRegion } from '../../domain/recovery-set-schedule.ts';
import { NoSetToRestore, UnknownSet } from '../../domain/restore-errors.ts';
import { databasesOfTurn, isTestDue, testInstanceName } from '../../domain/restores.ts';
import { type ChooseSetInput, type ChooseSetOutput, restoreTestRequest } from '../../domain/workflows/restore-test.ts';
import { parseInput } from '../handling/task.ts';
import { checksOf } from '../manifest/opened.ts';
import type { Parameters } from '../ports/aws.ts';
import type { RecoverySetEntry } from '../ports/recovery-sets.ts';
import type { KeyStates } from '../ports/restored-databases.ts';
import { type RestorePorts, withUse } from './ports.ts';

export interface ChooseSetPorts extends RestorePorts {
  readonly parameters: Pick<Parameters, 'read'>;
  readonly keys: KeyStates;
}

/** Sets whose whole record is read before it is said that none will do: two days of hourly ones. */
const setsLookedAt = 48;
const day = 86_400_000;

/**
 * The newest whole set of the region, or the one that is named, bound for this test. Delivered again it finds what it has bound. Throws
 * InvalidInput, NoSetToRestore, UnknownSet, SetIncomplete, SetOfAnotherPlatform, SetKeyMissing, AwsUnavailable, AwsRefused.
 */
export async function chooseSet(
  { input, execution, startedAt }: ChooseSetInput,
  ports: ChooseSetPorts,
): Promise<ChooseSetOutput> {
  const { region, settings, clock, environment } = ports;
  const request = parseInput(restoreTestRequest, input);
  if (request.region !== undefined && request.region !== region) {
    throw new InvalidInput(
      `The region '${request.region}' came; this workflow tests in ${region}. Start the restore-test of ${request.region} instead.`,
    );
  }
  if (request.set !== undefined) refuseForeignSet(request.set, environment);
  const scheduledAt = request.dueAt === undefined ? undefined : Date.parse(request.dueAt);
  const turnAt = scheduledAt ?? Date.parse(startedAt);
  if (scheduledAt !== undefined) {
    if (!isTestDue(settings.everyDays, scheduledAt))
      return idle(region, `A test is due every ${settings.everyDays} days.`);
    const turn = restoreTestRegion(settings.regions, settings.everyDays, scheduledAt);
    if (turn !== region) return idle(region, `It is the turn of ${turn}.`);
  }
  const entries = await ports.records.entries(region);
  const busy = scheduledAt === undefined ? undefined : testOf(entries, region, execution.arn, scheduledAt, clock.now());
  if (busy !== undefined) return idle(region, busy);
  const set = await choose(entries, request.set, execution.arn, ports);
  const key = set.copies[region]?.key ?? '';
  refuseRestore(set, { environment, region, usableKeys: (await ports.keys.isUsable(key)) ? [key] : [] });
  await bind(set, execution.arn, ports);
  const chosen = databasesOfTurn(set.databases, Math.floor(turnAt / (settings.everyDays * day)));
  return {
    verdict: 'go',
    reason: `${set.setId} is the ${request.set === undefined ? 'newest whole set' : 'set asked for'} in ${region}.`,
    setId: set.setId,
    region,
    databases: await Promise.all(
      chosen.map(async ({ database, engine }) => ({
        database,
        engine,
        instance: testInstanceName(environment, execution.name, database),
        checks: await checksOf(environment, database, ports.parameters),
      })),
    ),
    volumes: set.volumes.map(({ store, replica, gibibytes }) => {
      const member = `${store}/${replica}`;
      return { member, snapshot: set.copies[region]?.volumes[member] ?? '', gibibytes };
    }),
  };
}

function idle(region: string, reason: string): ChooseSetOutput {
  return { verdict: 'idle', reason, setId: '', region, databases: [], volumes: [] };
}

/** Why a scheduled test has nothing to do: its twin runs, or has ended well. Schedules come at least once, sometimes twice. */
function testOf(
  entries: readonly RecoverySetEntry[],
  region: string,
  mine: string,
  dueAt: number,
  now: Date,
): string | undefined {
  const at = now.toISOString();
  const uses = entries.flatMap(({ inUse }) => inUse).filter((use) => use.region === region && use.until > at);
  const other = uses.find(({ by, execution }) => by === 'restore-test' && execution !== mine);
  if (other) return `Another test runs: ${other.execution}.`;
  const done = entries
    .flatMap(({ proven }) => proven)
    .find((proof) => proof.region === region && proof.execution !== mine && Date.parse(proof.at) >= dueAt);
  return done && `It was tested already by ${done.execution}.`;
}

async function choose(
  entries: readonly RecoverySetEntry[],
  asked: string | undefined,
  execution: string,
  { records, region, environment }: ChooseSetPorts,
): Promise<RecoverySet> {
  const newestFirst = [...entries].sort((a, b) => (a.dueAt < b.dueAt ? 1 : -1));
  const bound = newestFirst.find(({ inUse }) => inUse.some((use) => use.execution === execution));
  const wanted = asked ?? bound?.setId;
  if (wanted !== undefined) {
    const found = await records.find(region, wanted);
    if (found) return found;
    const newest = newestFirst.slice(0, 5).map(({ setId }) => setId);
    throw new UnknownSet(wanted, region, newest);
  }
  const candidates = newestFirst.filter(({ state }) => state === 'complete' || state === 'verified');
  for (const { setId } of candidates.slice(0, setsLookedAt)) {
    const found = await records.find(region, setId);
    if (found && missingMembers(found, region).length === 0) return found;
  }
  throw new NoSetToRestore(region, environment, entries.length);
}

/** Not over one that is being deleted: the planner has decided then. */
async function bind(
  { setId }: RecoverySet,
  execution: string,
  { records, region, clock }: ChooseSetPorts,
): Promise<void> {
  await records.change(region, setId, (record) => {
    if (record.state === 'deleting') throw new SetIncomplete(setId, region, ['its state is deleting']);
    return withUse(record, { by: 'restore-test', execution, region }, clock.now());
  });
}
