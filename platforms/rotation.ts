import {
  applicationSecretName,
  databaseEndpointParameterName,
  heartbeatSecretName,
  manifestSecretName,
  masterSecretName,
} from '../domain/databases.ts';
import { heartbeatRotation, manifestRotation, masterRotation, type RotationPlan } from '../domain/rotation.ts';
import type { Database, Platform, Secret } from './schema.ts';

const secondsPerHour = 3600;

/** The parts of a definition that rotations come from: a whole platform, or one at a stage. */
type Rotating = Pick<Platform, 'databases' | 'secrets'>;

/**
 * What rotates, in the order of the definition: its secrets, then each database's master, heartbeat and reader of manifests with the platform's days. The
 * same in both regions: what a plan names has the same name in each.
 */
export function rotationsOf({ databases, secrets }: Rotating, environment: string): RotationPlan[] {
  const entries = secrets.entries.flatMap((entry): RotationPlan[] => {
    const everyDays = entry.rotateEveryDays ?? secrets.rotateEveryDays;
    return everyDays === undefined ? [] : [planOf(entry, everyDays, { databases, secrets }, environment)];
  });
  const { rotateEveryDays } = secrets;
  if (rotateEveryDays === undefined) return entries;
  const schedule = { everyDays: rotateEveryDays, ...windowOf(secrets) };
  return [...entries, ...databases.flatMap((database) => ownPlans(database, schedule, environment))];
}

function planOf(entry: Secret, everyDays: number, { databases, secrets }: Rotating, environment: string): RotationPlan {
  const database = databases.find(({ name }) => name === entry.opens);
  const superuser =
    database === undefined
      ? entry.superuser && applicationSecretName(environment, entry.superuser)
      : masterSecretName(environment, database.name);
  return {
    environment,
    secret: entry.name,
    secretName: applicationSecretName(environment, entry.name),
    kind: entry.kind,
    users: entry.users ?? 'single',
    everyDays,
    ...windowOf(secrets),
    ...(entry.opens === undefined ? {} : { opens: entry.opens }),
    ...(database ? { endpointParameter: databaseEndpointParameterName(environment, database.name) } : {}),
    ...(superuser ? { superuserSecretName: superuser } : {}),
    consumers: entry.consumers,
    overlapSeconds: (entry.overlapHours ?? 0) * secondsPerHour,
  };
}

function windowOf({ rotationWindowHours }: Rotating['secrets']): Pick<RotationPlan, 'windowHours'> {
  return rotationWindowHours === undefined ? {} : { windowHours: rotationWindowHours };
}

/** Nobody is restarted for these: the functions read them each time. The master changes its own password. */
function ownPlans(
  { name, engine, replicas }: Database,
  schedule: Pick<RotationPlan, 'everyDays' | 'windowHours'>,
  environment: string,
): RotationPlan[] {
  const shared: Omit<RotationPlan, 'secret' | 'secretName'> = {
    environment,
    kind: engine,
    users: 'single',
    ...schedule,
    opens: name,
    endpointParameter: databaseEndpointParameterName(environment, name),
    consumers: [],
    overlapSeconds: 0,
  };
  const master = masterSecretName(environment, name);
  const heartbeat: RotationPlan = {
    ...shared,
    secret: heartbeatRotation(name),
    secretName: heartbeatSecretName(environment, name),
    superuserSecretName: master,
  };
  const manifest: RotationPlan = {
    ...shared,
    secret: manifestRotation(name),
    secretName: manifestSecretName(environment, name),
    superuserSecretName: master,
  };
  return [
    { ...shared, secret: masterRotation(name), secretName: master },
    ...(replicas.crossRegion ? [heartbeat] : []),
    ...(engine === 'postgres' ? [manifest] : []),
  ];
}
