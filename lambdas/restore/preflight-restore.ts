import { DatabaseStillRuns } from '../../domain/backup-errors.ts';
import { databaseInstanceName } from '../../domain/databases.ts';
import { type RecoverySet, refuseForeignSet, refuseRestore } from '../../domain/recovery-set.ts';
import { PointNotReachable, UnknownDatabase, UnknownSet } from '../../domain/restore-errors.ts';
import { medianOf, restoredInstanceName, restoreTags, restoreTimeoutSeconds } from '../../domain/restores.ts';
import {
  type PreflightRestoreInput,
  type RestorePlan,
  type RestoreRequest,
  restoreRequest,
} from '../../domain/workflows/restore.ts';
import { parseInput } from '../handling/task.ts';
import { checksOf } from '../manifest/opened.ts';
import type { Parameters } from '../ports/aws.ts';
import type { KeyStates, RestoredDatabases } from '../ports/restored-databases.ts';
import type { RestorePorts } from './ports.ts';

export interface PreflightPorts extends RestorePorts {
  readonly databases: Pick<RestoredDatabases, 'find' | 'restorable'>;
  readonly keys: KeyStates;
  readonly parameters: Pick<Parameters, 'read'>;
}

/** For what the workflow does after its last look. */
const marginSeconds = 1800;
/** Tests whose middle says how long it will take. */
const testsCounted = 3;

/**
 * Refuses by name, or says what the restore will make, how long that takes and what would be lost. Changes nothing. Throws InvalidInput,
 * UnknownSet, UnknownDatabase, SetIncomplete, SetOfAnotherPlatform, SetKeyMissing, SetTooOld, DatabaseStillRuns, PointNotReachable.
 */
export async function preflightRestore(
  { input, execution }: PreflightRestoreInput,
  ports: PreflightPorts,
): Promise<RestorePlan> {
  const { environment, settings, clock, region } = ports;
  const request = parseInput(restoreRequest, input);
  const { database } = request;
  const instance = request.as ?? restoredInstanceName(environment, execution.name, database);
  const seen = await ports.databases.find(instance);
  const occupied =
    seen && seen.tags[restoreTags.restore] !== execution.arn ? { instance, status: seen.status } : undefined;
  const from = 'set' in request ? await fromSet(request, occupied, ports) : await toPoint(request, occupied, ports);
  const lostSeconds = Math.max(0, Math.round((clock.now().getTime() - from.at) / 1000));
  const expectedSeconds = await expected(ports);
  return {
    setId: from.setId,
    pointInTime: from.pointInTime,
    database,
    instance,
    approval: settings.approval.required,
    approvalSeconds: settings.approval.timeoutSeconds,
    claimSeconds: restoreTimeoutSeconds + marginSeconds,
    checks: await checksOf(environment, database, ports.parameters),
    expectedSeconds,
    lostSeconds,
    summary: summaryOf({ request, instance, region, lostSeconds, expectedSeconds, setId: from.setId }),
  };
}

interface From {
  readonly setId: string | null;
  readonly pointInTime: string | null;
  /** The restored moment, in milliseconds since 1970. */
  readonly at: number;
}

type Occupied = { readonly instance: string; readonly status: string } | undefined;

async function fromSet(
  { set: setId, database, notBefore }: Extract<RestoreRequest, { set: string }>,
  occupied: Occupied,
  { records, region, environment, keys }: PreflightPorts,
): Promise<From> {
  refuseForeignSet(setId, environment);
  const set = await records.find(region, setId);
  if (!set) {
    const entries = [...(await records.entries(region))].sort((a, b) => (a.dueAt < b.dueAt ? 1 : -1));
    throw new UnknownSet(
      setId,
      region,
      entries.slice(0, 5).map((entry) => entry.setId),
    );
  }
  const key = set.copies[region]?.key ?? '';
  refuseRestore(set, {
    environment,
    region,
    usableKeys: (await keys.isUsable(key)) ? [key] : [],
    ...(notBefore === undefined ? {} : { notBefore: Date.parse(notBefore) }),
    ...(occupied ? { occupied } : {}),
  });
  requireMember(set, database, region);
  return { setId, pointInTime: null, at: Date.parse(set.dueAt) };
}

function requireMember(set: RecoverySet, database: string, region: string): void {
  const known = set.databases.map((member) => member.database);
  if (!known.includes(database))
    throw new UnknownDatabase(database, `The recovery set '${set.setId}' in ${region}`, known);
}

async function toPoint(
  { pointInTime, database }: Extract<RestoreRequest, { pointInTime: string }>,
  occupied: Occupied,
  { databases, environment, region }: PreflightPorts,
): Promise<From> {
  const source = databaseInstanceName(environment, database);
  if (!(await databases.find(source)))
    throw new UnknownDatabase(database, `The environment '${environment}' in ${region}`, []);
  const window = await databases.restorable(source);
  const at = Date.parse(pointInTime);
  if (!window) throw new PointNotReachable(source, pointInTime, `none in ${region}, where it has no automated backups`);
  if (at < window.earliest.getTime() || at > window.latest.getTime()) {
    const allowed = `${window.earliest.toISOString()} to ${window.latest.toISOString()}`;
    throw new PointNotReachable(source, pointInTime, allowed);
  }
  if (occupied) throw new DatabaseStillRuns(occupied.instance, occupied.status);
  return { setId: null, pointInTime, at };
}

/** The middle of this region's last tests: their restores are made of the same snapshots. */
async function expected({ records, region }: PreflightPorts): Promise<number | null> {
  const proofs = (await records.entries(region)).flatMap(({ proven }) => proven);
  const mine = proofs.filter((proof) => proof.region === region).sort((a, b) => (a.at < b.at ? -1 : 1));
  return medianOf(mine.slice(-testsCounted).flatMap(({ seconds }) => seconds?.['total'] ?? [])) ?? null;
}

function summaryOf(of: {
  readonly request: RestoreRequest;
  readonly instance: string;
  readonly region: string;
  readonly lostSeconds: number;
  readonly expectedSeconds: number | null;
  readonly setId: string | null;
}): string {
  const { request, instance, region, lostSeconds, expectedSeconds, setId } = of;
  const from = 'set' in request ? `the recovery set ${setId}` : request.pointInTime;
  const long =
    expectedSeconds === null
      ? 'Nobody knows how long it takes: no test has ended yet.'
      : `It takes about ${expectedSeconds} seconds.`;
  return (
    `${request.database} is restored from ${from} in ${region}, beside the running database, as the instance ${instance}. ${long} ` +
    `What was written since then, ${lostSeconds} seconds of it, is not in it. Nothing that runs is touched; the switch-over is left to you.`
  );
}
