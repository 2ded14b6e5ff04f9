import { tasksOfOtherRegion } from '../../domain/workflows/region-failback.ts';
import { define, type TaskDefinition } from '../delivery/tasks.ts';
import type { FailbackRights } from './failback-rights.ts';

/** Of a platform's way back, in each region: it starts where the platform is, and asks the other. The rest is the failover's own. */
export const failbackTasks: readonly TaskDefinition<FailbackRights>[] = [
  define('begin-failback', 'Reads where the platform goes back to, and whether it may begin', {
    settings: ['reign'],
    timeoutSeconds: 60,
    rights: (r) => [...r.readWholePlan(), ...r.readReign(), ...r.listClaims(), ...r.ask('look-at-left-region')],
  }),
  define('ask-other-region', 'Invokes a task of the other region', {
    timeoutSeconds: 130,
    rights: (r) => [
      ...r.ask(...tasksOfOtherRegion.filter((task) => task !== 'look-at-left-region')),
      ...r.ownLeases('dynamodb:DeleteItem'),
    ],
  }),
  define('look-at-left-region', 'Says whether this region answers, knows who reigns, and is fenced', {
    settings: ['reign', 'authorities'],
    rights: (r) => [
      ...r.readWholePlan(),
      ...r.readReign(),
      ...r.listClaims(),
      ...r.readMetrics(),
      ...r.seeInstances(),
      ...r.logIn('master'),
    ],
  }),
  define('share-secrets', 'Gives the other region copies of the secrets', {
    timeoutSeconds: 60,
    rights: (r) => r.shareSecrets(),
  }),
  define('rebuild-database', 'Sets an instance aside and has RDS build a replica under its name', {
    rights: (r) => [...r.readPartsOfPlan(), ...r.rebuild()],
  }),
  define('arm-standby', 'Gives the other region the right to take over', {
    settings: ['reign'],
    rights: (r) => [...r.readReign(), ...r.ownLeases('dynamodb:PutItem')],
  }),
  define('look-at-followers', 'Says what stands against the switch to this region now', {
    settings: ['authorities'],
    rights: (r) => [
      ...r.readWholePlan(),
      ...r.readReadiness(),
      ...r.seeInstances(),
      ...r.logIn('heartbeat'),
      ...r.ownLeases('dynamodb:GetItem'),
    ],
  }),
  define('quiesce-primary', 'Stops the writes and reads up to where they went', {
    settings: ['authorities'],
    rights: (r) => [
      ...r.readWholePlan(),
      ...r.logIn('master'),
      ...r.ownLeases('dynamodb:GetItem', 'dynamodb:PutItem'),
      ...r.renewLeases('dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'),
    ],
  }),
  define('look-at-replay', 'Says whether all that was written has been replayed here', {
    settings: ['authorities'],
    rights: (r) => [...r.readPartsOfPlan(), ...r.logIn('master')],
  }),
  define('let-in-again', 'Opens the lease of the primary that goes on', {
    rights: (r) => [
      ...r.readPlan(),
      ...r.ownLeases('dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'),
      ...r.renewLeases('dynamodb:UpdateItem'),
      ...r.ask('claim-platform'),
    ],
  }),
  define('end-failback', 'Ends a failback that was stopped', {
    settings: ['interlock', 'topics'],
    rights: (r) => [
      ...r.readPlan(),
      ...r.ownLeases('dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'),
      ...r.renewLeases('dynamodb:UpdateItem'),
      ...r.ask('claim-platform', 'release-work'),
      ...r.interlock('release'),
      ...r.publish('critical'),
    ],
  }),
  define('tell-failback', 'Tells people where a failback is', { settings: ['topics'], rights: (r) => r.publish() }),
];
