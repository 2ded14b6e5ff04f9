import { guardTimeoutSeconds, watchTimeoutSeconds } from '../../domain/failover-settings.ts';
import { define, type TaskDefinition } from '../delivery/tasks.ts';
import type { FailoverRights } from './rights.ts';

type Task = TaskDefinition<FailoverRights>;

/** Of a region's failover: by name, what each asks of AWS and whom it logs in to. */
export const regionTasks: readonly Task[] = [
  define('begin-failover', 'Reads how the platform moves, and whether it may begin here', {
    settings: ['reign'],
    rights: (r) => [...r.readWholePlan(), ...r.readReign(), ...r.ownLeases('dynamodb:GetItem')],
  }),
  define('claim-platform', 'Claims the platform for a failover', {
    settings: ['interlock'],
    rights: (r) => [...r.overrideClaims(), ...r.describeFailovers()],
  }),
  define('assess-failover', 'Looks at the primary once more and decides', {
    settings: ['authorities'],
    rights: (r) => [...r.look(), ...r.readReadiness()],
  }),
  define('ask-for-failover', 'Asks a person and lets the workflow wait', {
    settings: ['topics', 'approvals'],
    rights: (r) => [
      ...r.approvals('dynamodb:GetItem', 'dynamodb:PutItem'),
      ...r.publish('critical'),
      ...r.answerTasks('region-failover', 'region-failback'),
    ],
  }),
  define('fence-primary', 'Closes the lease of the primary and says whether it is fenced', {
    rights: (r) => [...r.readWholePlan(), ...r.leases('dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem')],
  }),
  define('open-lease', 'Opens the lease of the primary again', {
    rights: (r) => [...r.readPartsOfPlan(), ...r.leases('dynamodb:UpdateItem')],
  }),
  define('measure-loss', 'Reads how much a promotion would lose', {
    settings: ['authorities'],
    rights: (r) => [...r.readWholePlan(), ...r.logIn('heartbeat'), ...r.readSets()],
  }),
  define('promote-database', 'Has RDS promote a replica', {
    settings: ['authorities'],
    rights: (r) => [...r.readPartsOfPlan(), ...r.logIn('master'), ...r.promote()],
  }),
  define('restore-newest-set', 'Has RDS restore the newest set where there is no replica', {
    timeoutSeconds: 60,
    rights: (r) => [...r.readPartsOfPlan(), ...r.restore()],
  }),
  define('scale-compute', 'Has nodes and pods grow to what serves, or go back', {
    settings: ['cluster'],
    rights: (r) => [...r.readWholePlan(), ...r.scale()],
  }),
  define('take-secrets', 'Makes copies of secrets secrets of this region', {
    timeoutSeconds: 120,
    rights: (r) => r.takeSecrets(),
  }),
  define('enter-reign', 'Writes the new reign into databases and records', {
    settings: ['reign', 'authorities'],
    rights: (r) => [...r.readWholePlan(), ...r.logIn('master'), ...r.enterReign(), ...r.leases('dynamodb:PutItem')],
  }),
  define('admit-application', 'Lets the application log in again', {
    settings: ['authorities'],
    rights: (r) => [...r.readWholePlan(), ...r.logIn('master')],
  }),
  define('validate-region', 'Sees whether the region can serve', {
    settings: ['cluster', 'authorities'],
    // Queries of the platform's own may take 30 seconds each.
    timeoutSeconds: 60,
    rights: (r) => [...r.readWholePlan(), ...r.logIn('master'), ...r.logIn('manifest'), ...r.readChecks()],
  }),
  define('open-traffic', 'Turns the traffic switch, and sees whether resolvers follow', {
    settings: ['reign'],
    rights: (r) => [
      ...r.readPartsOfPlan(),
      ...r.readReign(),
      ...r.ownLeases('dynamodb:GetItem', 'dynamodb:PutItem'),
      ...r.measure(),
    ],
  }),
  define('tell-failover', 'Tells people where a failover is, and keeps what was decided', {
    settings: ['topics'],
    rights: (r) => [...r.ownLeases('dynamodb:PutItem'), ...r.publish()],
  }),
];

/** Of a database's failover within its region. */
export const databaseTasks: readonly Task[] = [
  define('begin-database-failover', 'Reads which database is to move, and whether the region reigns', {
    settings: ['reign'],
    rights: (r) => [...r.readWholePlan(), ...r.readReign()],
  }),
  define('look-at-failed-database', 'Writes a beat, or has RDS move the instance', {
    settings: ['reign', 'authorities'],
    rights: (r) => [...r.readPartsOfPlan(), ...r.logIn('master'), ...r.readReign(), ...r.reboot()],
  }),
  define('tell-database-failover', "Tells how a database's failover ended", {
    settings: ['topics'],
    rights: (r) => r.publish(),
  }),
];

/**
 * Node with the clients of five services and PostgreSQL's takes 83 MB after a hundred seconds of rounds (Node 24 on x86-64, measured), and Lambda's runtime some
 * more. A round computes for 35 ms of a whole processor, the first of an environment for 0.2 s with loading: with the fourteenth that 128 MB have (1,769 MB have one:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html), half a second of ten and three at the start. A function that is there nearly always is paid by its size.
 */
const stayingMebibytes = 128;

/** Started each minute, for nearly as long. */
export const guardTask: Task = {
  ...define<FailoverRights>(
    'guard-primary',
    "Renews the primary's lease and its databases' right to let the application in",
    {
      settings: ['reign', 'authorities'],
      timeoutSeconds: guardTimeoutSeconds,
      rights: (r) => [
        ...r.readWholePlan(),
        ...r.logIn('master'),
        ...r.enterReign(),
        ...r.renewLeases(),
        ...r.ownLeases('dynamodb:GetItem'),
        ...r.measure(),
        ...r.start('database-failover'),
      ],
    },
  ),
  memoryMebibytes: stayingMebibytes,
};

export const watchTask: Task = {
  ...define<FailoverRights>('watch-primary', 'Looks whether the region that reigns is lost', {
    settings: ['reign', 'authorities'],
    timeoutSeconds: watchTimeoutSeconds,
    rights: (r) => [...r.look(), ...r.readReign(), ...r.measure(), ...r.start('region-failover')],
  }),
  memoryMebibytes: stayingMebibytes,
};
