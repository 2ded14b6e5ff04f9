import type { Severity } from '../../domain/names.ts';
import type { RotationFinding, RotationState, WatchDeed } from '../../domain/rotation-watch.ts';
import type { Notifications } from '../ports/aws.ts';

const severities: Readonly<Record<WatchDeed, Severity | undefined>> = {
  finished: 'information',
  released: 'information',
  started: 'information',
  mended: 'warning',
  undone: 'warning',
  'needs-a-person': 'critical',
  // Told once it is more than a passing thing: then it is found as something else.
  waits: undefined,
};

const states: Readonly<Record<RotationState, string>> = {
  'empty-pending-version': 'a rotation that was refused or died had left an empty AWSPENDING',
  'pending-left': 'a rotation that died had left AWSPENDING',
  'current-does-not-log-in': 'AWSCURRENT did not log in',
  overdue: 'the rotation was overdue',
  'claim-left': 'a rollout that ended had left its claim',
  'no-current-version': 'AWSCURRENT has no value',
  'no-such-secret': 'there is no such secret',
  'cannot-be-looked-at': 'it could not be looked at',
};

const deeds: Readonly<Record<WatchDeed, string>> = {
  finished: 'finished it: the new version is current and its consumers are restarted',
  undone: 'undid it: the former version is current and logs in',
  mended: 'set the password at the server to what AWSCURRENT holds',
  started: 'started it',
  released: 'released it',
  waits: 'looks again in 15 minutes',
  'needs-a-person': 'could not mend it: see docs/runbook.md#rotations',
};

/** Tells each thing that was found and done, by its severity. */
export async function tellFindings(
  environment: string,
  findings: readonly RotationFinding[],
  notifications: Notifications,
): Promise<void> {
  for (const { secret, found, did, why, versionId } of findings) {
    const severity = severities[did];
    if (!severity) continue;
    const message = [
      `Secret '${secret}': ${states[found]}. The watchdog ${deeds[did]}.`,
      `Why: ${why}.`,
      ...(versionId === undefined ? [] : [`Version: ${versionId}`]),
    ].join('\n');
    await notifications.publish(severity, `${environment}: rotation of ${secret} ${did}`, message);
  }
}
