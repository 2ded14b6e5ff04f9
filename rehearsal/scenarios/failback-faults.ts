import {
  clusterFault,
  everydayFaults,
  type FaultDescription,
  knownFaults,
  refusal,
  sabotage,
  world,
} from '../faults/described.ts';

/** States of the workflow at which the other region is lost again, by the fault. */
export const lostWhile = {
  'lost-while-rebuilding': 'Wait for the replica',
  'lost-while-waiting': 'Wait for the moment',
  'lost-while-scaling': 'Begin to scale',
  'lost-while-quiet': 'Wait for the end of the lease',
  'lost-while-replaying': 'Look at the replay',
  'lost-while-promoting': 'Wait for the promotion',
  'lost-before-the-reign': 'Take the secrets',
  'lost-in-the-reign': 'Validate the region',
} as const;

/** States at which somebody stops the execution. */
export const stoppedWhile = {
  'stopped-while-waiting': 'Wait for the moment',
  'stopped-while-quiet': 'Wait for the end of the lease',
  'stopped-while-promoting': 'Wait for the promotion',
} as const;

/** Every fault that can be named for a failback. */
export const failbackFaults: readonly FaultDescription[] = [
  ...everydayFaults,
  clusterFault,
  world('clocks-apart', 'the clocks of the regions are up to two seconds off, each its own way'),
  world('replica-lags', 'the new replica stops replaying when the writes stop: it never reaches their end'),
  world('promotion-slow', 'a promotion takes a minute longer than usual'),
  world('promotion-hangs', 'the promotion never ends: the writes come back'),
  world('lost-while-rebuilding', 'the other region is lost again while its replica is built, for ten minutes'),
  world('lost-while-waiting', 'it is lost again while the moment is waited for'),
  world('lost-while-scaling', 'it is lost again before the writes stop'),
  world('lost-while-quiet', 'it is lost again when the writes have stopped'),
  world('lost-while-replaying', 'it is lost again before it is seen that all is replayed'),
  world('lost-while-promoting', 'it is lost again while it promotes'),
  world('lost-before-the-reign', 'it is lost again when it has promoted, before its reign'),
  world('lost-in-the-reign', 'it is lost again when its reign has begun, for ten minutes'),
  world('stopped-while-waiting', 'somebody stops the execution while the moment is waited for'),
  world('stopped-while-quiet', 'somebody stops the execution when the writes have stopped'),
  world('stopped-while-promoting', 'somebody stops the execution while the other region promotes'),
  refusal('just-returned', 'the region has answered for ten minutes only'),
  refusal('stale-unfenced', 'somebody has given the application its right back in the region that was left'),
  refusal('failover-running', 'something else holds the platform'),
  refusal('in-the-left-region', 'a person starts it in the region that was left'),
  refusal('another-platform', 'a person starts it for another platform'),
  sabotage(
    'break-fence',
    'somebody gives the application its right to log in back, in the region that is left, when the other lets it in',
    'never two writable primaries',
  ),
  sabotage(
    'break-traffic',
    'somebody turns the traffic switch by hand before anything is promoted',
    'no traffic to a region that can not serve',
  ),
  sabotage('break-loss', 'somebody writes as master while the writes stand still', 'no acknowledged write is lost'),
  sabotage(
    'break-again',
    'somebody closes the lease when the failback has let in again',
    'the application writes at the end',
  ),
  sabotage(
    'break-evidence',
    'somebody takes the protection from what was set aside',
    'what was left is kept as evidence',
  ),
  sabotage('break-claim', 'somebody claims the platform and forgets it', 'nothing is claimed at the end'),
  sabotage('break-reign', 'somebody counts the reigns anew by hand', 'one reign at the end, and its number'),
  sabotage(
    'break-after',
    'somebody switches the automated backups of the new primary off',
    'the region that reigns backs up, rotates and alarms',
  ),
];

/** Throws UnknownFault. */
export function requireFailbackFaults(names: readonly string[]): void {
  knownFaults(names, failbackFaults, 'a failback');
}
