import {
  clusterFault,
  everydayFaults,
  type FaultDescription,
  knownFaults,
  refusal,
  sabotage,
  world,
} from './described.ts';

/** Every fault that can be named on the command line. */
export const faultCatalogue: readonly FaultDescription[] = [
  ...everydayFaults,
  clusterFault,
  world('denied', 'IAM denies one call of the promotion, as after a policy was changed by hand'),
  world('duplicate-alarm', 'every alarm event arrives twice'),
  world('late-alarm', 'every alarm event arrives 20 seconds late'),
  world('stopped-by-hand', 'somebody stops the promotion in the Step Functions console at 25 %'),
  world('rolled-back-by-hand', 'somebody starts the rollback at 25 %'),
  world('rolled-back-afterwards', 'when all is over, somebody goes back to the previous version'),
  world(
    'goes-bad-afterwards',
    'the release turns bad once its promotion is over; somebody goes back while its alarms fire',
  ),
  refusal('unknown-service', 'nobody knows the service; a rollback of it is asked for as well'),
  refusal('unknown-tag', 'the tag fits the convention, but no image has it'),
  refusal('tag-against-convention', 'the tag is not of the form that the platform asks for'),
  refusal('image-critical', 'the scan found a critical vulnerability that has a fix'),
  refusal('image-unscanned', 'the image was never scanned'),
  refusal('image-not-replicated', 'the image never reached one of the regions'),
  refusal('promoted-too-early', 'the promotion is started before the image has reached every region'),
  refusal('promotion-running', 'a promotion of the same service already runs'),
  refusal(
    'target-groups-renamed',
    'the load balancer controller has just made the target groups anew: the alarms watch the old ones',
  ),
  refusal('alarm-firing', 'an alarm of the service is already firing'),
  refusal('approval-rejected', 'the person who is asked says no'),
  refusal('approval-twice', 'the approval is answered a second time'),
  refusal('approval-late', 'the approval is answered after its deadline'),
  sabotage('break-weights', 'somebody sets the route to 50/50 after the run', 'weights end at 0 or 100 %'),
  sabotage('break-rollback', 'somebody changes the stable image while it rolls back', 'rollback is exact'),
  sabotage('break-speed', 'the load balancer takes two minutes to obey', 'traffic is back within 60 s of the alarm'),
  sabotage('break-deadline', 'an execution is started that nobody ever ends', 'every execution ends or asks a person'),
  sabotage('break-rights', "the judge's right to read metrics is taken away", 'no call is denied'),
  sabotage(
    'break-alarms',
    'the rollback alarms are pointed at target groups that are gone',
    'alarms have data while traffic flows',
  ),
  sabotage('break-leftovers', 'somebody scales the idle slot up after the run', 'nothing is left over'),
];

/** The described faults. Throws UnknownFault, naming every unknown one. */
export function parseFaults(names: readonly string[]): readonly FaultDescription[] {
  return knownFaults(names, faultCatalogue, 'a promotion');
}
