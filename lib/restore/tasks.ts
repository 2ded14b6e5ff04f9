import { define, type TaskDefinition } from '../delivery/tasks.ts';
import type { RestoreRights } from './rights.ts';

type Task = TaskDefinition<RestoreRights>;

const find = (r: RestoreRights) => r.describeInstances();

/** Of tests and of a person's restores; none talks to a database. */
export const restoreTasks: readonly Task[] = [
  define('choose-set', 'Chooses the recovery set that a test restores, and binds it', {
    settings: ['restores'],
    timeoutSeconds: 60,
    rights: (r) => [...r.changeRecords(), ...r.listRecords(), ...r.readChecks(), ...r.describeKeys()],
  }),
  define('restore-database', 'Has RDS make an instance of a set, or of a point in time', {
    settings: ['restores'],
    timeoutSeconds: 60,
    rights: (r) => [...r.changeRecords(), ...find(r), ...r.restoreInstances()],
  }),
  define('look-at-restored-database', 'Sees whether a restored instance takes connections', {
    settings: ['restores'],
    rights: find,
  }),
  define('restore-volume', 'Has EBS make a volume of a snapshot of a set', {
    settings: ['restores'],
    rights: (r) => r.restoreVolumes(),
  }),
  define('look-at-restored-volume', 'Sees whether a restored volume can be used', {
    settings: ['restores'],
    rights: (r) => r.describeVolumes(),
  }),
  define('clean-up', 'Removes what a restore test has made', {
    timeoutSeconds: 120,
    rights: (r) => [...find(r), ...r.removeInstances(), ...r.describeVolumes(), ...r.removeVolumes()],
  }),
  define('record-verdict', 'Marks a set proven, or tells that it is not', {
    settings: ['restores', 'topics'],
    timeoutSeconds: 60,
    rights: (r) => [...r.changeRecordsEverywhere(), ...r.listRecords(), ...r.publish(), ...r.putMeasurements()],
  }),
  define('preflight-restore', 'Says what a restore would make, take and lose, or refuses it', {
    settings: ['restores'],
    timeoutSeconds: 60,
    rights: (r) => [
      ...r.readRecord(),
      ...r.listRecords(),
      ...find(r),
      ...r.describePoints(),
      ...r.readChecks(),
      ...r.describeKeys(),
    ],
  }),
  define('ask-for-restore', 'Asks a person whether a database may be restored, and lets the workflow wait', {
    settings: ['topics', 'approvals'],
    rights: (r) => [
      ...r.approvals('dynamodb:GetItem', 'dynamodb:PutItem'),
      ...r.publish('warning'),
      ...r.answerTasks('restore'),
    ],
  }),
  define('tell-restore', 'Tells where a restored database answers, and what is left to do', {
    settings: ['restores', 'topics'],
    rights: (r) => [...r.changeRecords(), ...r.publish()],
  }),
];

/** Started by schedule. */
export const sweepTask: Task = define('sweep-restore-tests', 'Removes what ended restore tests have left behind', {
  settings: ['restores'],
  timeoutSeconds: 120,
  rights: (r) => [
    ...find(r),
    ...r.removeInstances(),
    ...r.describeVolumes(),
    ...r.removeVolumes(),
    ...r.describeTests(),
    ...r.changeRecords(),
    ...r.listRecords(),
    ...r.putMeasurements(),
  ],
});

/** Log in to a restored database: once in the isolated network, once beside the running ones. */
export const networks = ['isolated', 'beside'] as const;

export function loginTasks(network: (typeof networks)[number]): readonly Task[] {
  const where = network === 'isolated' ? 'in the network of tests' : 'beside the running one';
  return [
    {
      ...define<RestoreRights>('warm-database', `Reads a restored database ${where} until it is warm`, {
        settings: ['restores', 'authorities'],
        timeoutSeconds: 900,
        rights: (r) => [...r.readRecord(), ...r.readLogins()],
      }),
      name: `warm-database-${network}`,
    },
    {
      ...define<RestoreRights>('compare-database', `Compares a restored database ${where} with what its set held`, {
        settings: ['restores', 'authorities'],
        timeoutSeconds: 900,
        rights: (r) => [...r.readRecord(), ...r.readLogins(), ...r.readObjects('sets', undefined, 'manifests/')],
      }),
      name: `compare-database-${network}`,
    },
  ];
}
