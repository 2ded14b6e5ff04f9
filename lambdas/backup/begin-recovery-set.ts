import {
  type BackedUpDatabase,
  backedUpDatabases,
  backedUpDatabasesPath,
  duePartsOf,
  lastDue,
} from '../../domain/backups.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { databaseSnapshotName, type RecoverySet } from '../../domain/recovery-set.ts';
import { leftoverHours } from '../../domain/retention.ts';
import {
  type BeginRecoverySetInput,
  type BeginRecoverySetOutput,
  hourlyBackupRequest,
} from '../../domain/workflows/hourly-backup.ts';
import { parseInput } from '../handling/task.ts';
import type { Parameters } from '../ports/aws.ts';
import type { RecoverySetRecords } from '../ports/recovery-sets.ts';
import type { BackupPorts } from './ports.ts';
import { rightOfWay } from './way.ts';

export interface BeginPorts extends BackupPorts {
  readonly parameters: Parameters;
  readonly records: RecoverySetRecords;
}

/**
 * Says what of a set is due at its minute, and writes its record. Found, it is another's and nothing is to be done, or this run's own, which goes
 * on. Where the region does not reign, nothing is written. Throws InvalidInput.
 */
export async function beginRecoverySet(
  { input, startedAt, execution }: BeginRecoverySetInput,
  ports: BeginPorts,
): Promise<BeginRecoverySetOutput> {
  const { environment, region, settings } = ports;
  const dueAt = dueAtOf(input, Date.parse(startedAt), ports);
  const due = duePartsOf(environment, settings, dueAt);
  const way = await rightOfWay(ports);
  const databases = way.verdict === 'idle' ? [] : await databasesOf(environment, ports.parameters);
  const output = {
    ...way,
    setId: due.setId,
    region,
    databases: databases.map(({ name }) => name),
    volumes: due.volumes,
    clusterState: due.clusterState,
    applicationData: due.applicationData,
    copyTo: (due.copied && settings.regions.find((other) => other !== region)) || null,
    full: due.full,
  };
  if (way.verdict === 'idle') return output;
  const stands = await ports.records.begin(region, {
    setId: due.setId,
    environment,
    dueAt: new Date(dueAt).toISOString(),
    startedAt,
    execution: execution.arn,
    state: 'taking',
    databases: [],
    volumes: [],
    images: [],
    secrets: [],
    copies: { [region]: { state: 'making', key: '', databases: snapshotsOf(due.setId, databases), volumes: {} } },
    proven: [],
    inUse: [],
  } satisfies RecoverySet);
  if (stands.execution === execution.arn) return output;
  return { ...output, verdict: 'idle', reason: `${stands.execution} made it or makes it; it is ${stands.state}` };
}

function dueAtOf(input: unknown, startedAt: number, { settings }: BeginPorts): number {
  const request = parseInput(hourlyBackupRequest, input);
  const asked = request.dueAt === undefined ? startedAt : Date.parse(request.dueAt);
  const oldest = startedAt - leftoverHours * 3_600_000;
  if (asked > startedAt || asked < oldest) {
    throw new InvalidInput(
      `A recovery set of ${request.dueAt} was asked for at ${new Date(startedAt).toISOString()}. Allowed is a minute of the last ${leftoverHours} ` +
        'hours: a set holds what is there now, and its id would say otherwise. Start again with another dueAt, or without one.',
    );
  }
  return lastDue(settings, asked);
}

async function databasesOf(environment: string, parameters: Parameters): Promise<readonly BackedUpDatabase[]> {
  const found = await parameters.readUnder(backedUpDatabasesPath(environment));
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, text]) => backedUpDatabases.parse(JSON.parse(text)));
}

function snapshotsOf(setId: string, databases: readonly BackedUpDatabase[]): Record<string, string> {
  return Object.fromEntries(databases.map(({ name }) => [name, databaseSnapshotName(setId, name)]));
}
