import { UnknownFault } from '../errors.ts';

/**
 * `world`: something real goes wrong and Mainstay has to cope: every checker must hold.
 * `refusal`: the request is one that Mainstay has to refuse.
 * `sabotage`: breaks a promise on purpose, so that its checker is seen to go red.
 */
export type FaultClass = 'world' | 'refusal' | 'sabotage';

export interface FaultDescription {
  readonly name: string;
  readonly class: FaultClass;
  readonly meaning: string;
  /** For sabotage: the checker that has to go red. */
  readonly breaks?: string;
}

const world = (name: string, meaning: string) => ({ name, class: 'world', meaning }) as const;
const refusal = (name: string, meaning: string) => ({ name, class: 'refusal', meaning }) as const;
const sabotage = (name: string, breaks: string, meaning: string) =>
  ({ name, class: 'sabotage', meaning, breaks }) as const;

/** Every fault that can be named on the command line. */
export const faultCatalogue: readonly FaultDescription[] = [
  world('throttle', 'AWS throttles one call in ten'),
  world('server-error', 'AWS answers one call in ten with a 5xx'),
  world('timeout', 'one call in twenty-five never gets an answer'),
  world('lost-answer', 'one call in twenty-five has its effect, and its answer is lost'),
  world('denied', 'IAM denies one call of the promotion, as after a policy was changed by hand'),
  world('kubernetes-errors', 'the cluster answers one call in ten with 429, 500 or 503'),
  world('crash-before', 'one invocation in ten dies before it did anything'),
  world('crash-after-side-effect', 'one invocation in ten dies after its work, before its answer'),
  world('deliver-twice', 'one invocation in ten is delivered a second time'),
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
  sabotage('break-weights', 'weights end at 0 or 100 %', 'somebody sets the route to 50/50 after the run'),
  sabotage('break-rollback', 'rollback is exact', 'somebody changes the stable image while it rolls back'),
  sabotage('break-speed', 'traffic is back within 60 s of the alarm', 'the load balancer takes two minutes to obey'),
  sabotage('break-deadline', 'every execution ends or asks a person', 'an execution is started that nobody ever ends'),
  sabotage('break-rights', 'no call is denied', "the judge's right to read metrics is taken away"),
  sabotage(
    'break-alarms',
    'alarms have data while traffic flows',
    'the rollback alarms are pointed at target groups that are gone',
  ),
  sabotage('break-leftovers', 'nothing is left over', 'somebody scales the idle slot up after the run'),
];

/** The described faults. Throws UnknownFault, naming every unknown one. */
export function parseFaults(names: readonly string[]): readonly FaultDescription[] {
  const unknown = names.filter((name) => !faultCatalogue.some((fault) => fault.name === name));
  if (unknown.length > 0) {
    throw new UnknownFault(
      `There is no fault ${unknown.map((name) => `'${name}'`).join(', ')}. Known: ${faultCatalogue.map(({ name }) => name).join(', ')}. ` +
        "Choose from these; 'npx mainstay rehearse list' says what each does.",
    );
  }
  return faultCatalogue.filter((fault) => names.includes(fault.name));
}
