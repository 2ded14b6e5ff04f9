import { databaseInstanceName } from '../../domain/databases.ts';
import type { RecoverySet } from '../../domain/recovery-set.ts';
import { RestoreNameTaken, UnknownDatabase, UnknownSet } from '../../domain/restore-errors.ts';
import { pauseSeconds, restoreTags, stepSecondsMax } from '../../domain/restores.ts';
import type { LookedAtOutput, RestoredInput, RestoredOutput } from '../../domain/workflows/restore-test.ts';
import type { InstanceSeen, RestoreAnswer, RestoredDatabases, RestoredInstance } from '../ports/restored-databases.ts';
import { type RestorePorts, withUse } from './ports.ts';

export interface RestoreDatabasePorts extends RestorePorts {
  readonly databases: RestoredDatabases;
}

/**
 * Asks RDS for the instance, once: a second delivery finds it by its name and tag. `waiting` where RDS has no room for it now. Throws RestoreNameTaken,
 * UnknownSet, UnknownDatabase, AwsUnavailable, AwsRefused.
 */
export async function restoreDatabase(input: RestoredInput, ports: RestoreDatabasePorts): Promise<RestoredOutput> {
  const standing = await ports.databases.find(input.instance);
  if (standing) return found(standing, input);
  const answer = await (input.setId === null ? toPoint(input, ports) : fromSet(input, input.setId, ports));
  if (answer === 'asked') return { state: 'ready', reason: `RDS makes ${input.instance}.`, waitSeconds: 30 };
  if (answer === 'exists') {
    const other = await ports.databases.find(input.instance);
    if (other) return found(other, input);
  }
  return waitingFor('accept', `RDS has no room for ${input.instance} now.`, input, ports);
}

/** Whether the restored instance takes connections, and where. Throws AwsUnavailable, AwsRefused. */
export async function lookAtRestoredDatabase(
  input: RestoredInput,
  ports: RestoreDatabasePorts,
): Promise<LookedAtOutput> {
  const nowhere = { host: null, port: null };
  const seen = await ports.databases.find(input.instance);
  if (!seen) return { ...nowhere, state: 'broken', reason: `${input.instance} is gone.`, waitSeconds: 0 };
  const { status, host, port } = seen;
  if (usableStatuses.includes(status) && host !== undefined && port !== undefined) {
    return { state: 'ready', reason: `${input.instance} is ${status}.`, waitSeconds: 0, host, port };
  }
  if (brokenStatuses.test(status)) {
    return { ...nowhere, state: 'broken', reason: `${input.instance} is ${status}.`, waitSeconds: 0 };
  }
  return { ...nowhere, ...waitingFor('restore', `${input.instance} is ${status}.`, input, ports) };
}

/** It takes connections. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html */
const usableStatuses = ['available', 'backing-up', 'storage-optimization'];
/** It does not come out of these by itself. The same page. */
const brokenStatuses = /^(failed|incompatible-|inaccessible-|restore-error|storage-full|deleting|stopped)/;

/** `waiting` until the step's time is up, `broken` then. */
export function waitingFor(
  step: keyof typeof stepSecondsMax,
  reason: string,
  { since }: { readonly since: string },
  { clock }: Pick<RestorePorts, 'clock'>,
): RestoredOutput {
  const seconds = (clock.now().getTime() - Date.parse(since)) / 1000;
  if (seconds < stepSecondsMax[step]) return { state: 'waiting', reason, waitSeconds: pauseSeconds(seconds) };
  return { state: 'broken', reason: `${reason} So for ${Math.round(seconds / 60)} minutes.`, waitSeconds: 0 };
}

function found(seen: InstanceSeen, { instance, purpose, execution }: RestoredInput): RestoredOutput {
  const owner = seen.tags[restoreTags[purpose]];
  if (owner !== execution.arn) throw new RestoreNameTaken(instance, owner ?? seen.tags[restoreTags.test] ?? '');
  return { state: 'ready', reason: `${instance} was asked for before.`, waitSeconds: 30 };
}

async function fromSet(input: RestoredInput, setId: string, ports: RestoreDatabasePorts): Promise<RestoreAnswer> {
  const { records, region, databases, clock } = ports;
  const by = input.purpose === 'test' ? 'restore-test' : 'restore';
  const set = await records.change(region, setId, (record) =>
    withUse(record, { by, execution: input.execution.arn, region }, clock.now()),
  );
  if (!set) throw new UnknownSet(setId, region, []);
  const { snapshot, instanceClass } = memberOf(set, input.database, region);
  return databases.fromSnapshot({ ...(await placed(input, ports)), snapshot, instanceClass });
}

async function toPoint(input: RestoredInput, ports: RestoreDatabasePorts): Promise<RestoreAnswer> {
  const source = databaseInstanceName(ports.environment, input.database);
  return ports.databases.toPoint({
    ...(await placed(input, ports)),
    source,
    at: new Date(input.pointInTime ?? Number.NaN),
  });
}

function memberOf(set: RecoverySet, database: string, region: string): { snapshot: string; instanceClass: string } {
  const member = set.databases.find((each) => each.database === database);
  const snapshot = set.copies[region]?.databases[database];
  if (member && snapshot) return { snapshot, instanceClass: member.instanceClass };
  const known = set.databases.map((each) => each.database);
  throw new UnknownDatabase(database, `The recovery set '${set.setId}' in ${region}`, known);
}

/** A test where no route leads; a person's beside the running instance, behind the same doors. */
async function placed(input: RestoredInput, ports: RestoreDatabasePorts): Promise<RestoredInstance> {
  const { settings, environment, databases } = ports;
  const tags = {
    [restoreTags.environment]: environment,
    [restoreTags.member]: input.database,
    [restoreTags.set]: input.setId ?? `to ${input.pointInTime}`,
    [restoreTags[input.purpose]]: input.execution.arn,
  };
  const { instance } = input;
  if (input.purpose === 'test') {
    const { subnetGroup, securityGroup, parameterGroups } = settings.isolated;
    const parameterGroup = parameterGroups[input.database] ?? parameterGroups['*'];
    const securityGroupIds = [securityGroup];
    const small = { multipleZones: false, deletionProtection: false };
    return { instance, subnetGroup, securityGroupIds, parameterGroup, ...small, tags };
  }
  const running = await databases.find(databaseInstanceName(environment, input.database));
  const { subnetGroup, securityGroup } = settings.beside;
  return {
    instance,
    subnetGroup,
    securityGroupIds: [...(running?.securityGroupIds ?? []), securityGroup],
    parameterGroup: running?.parameterGroup,
    multipleZones: running?.multipleZones ?? false,
    deletionProtection: true,
    tags,
  };
}
