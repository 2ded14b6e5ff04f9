import type { WorkflowName } from '../../domain/names.ts';
import type { Grant } from '../constructs/grant.ts';
import type { Rights } from './rights.ts';
import type { Setting } from './settings.ts';

/** One function of the control plane. */
export interface TaskDefinition<Of extends Rights = Rights> {
  /** Of the handler; of the function as well unless that has a name of its own. */
  readonly task: string;
  /** Where one handler is deployed twice. */
  readonly name?: string;
  readonly description: string;
  /** As the workflow's own limit for the task, so that a slow call ends as a timeout there and here. */
  readonly timeoutSeconds: number;
  readonly memoryMebibytes: number;
  /** With `cluster` it talks to the Kubernetes API, from inside the VPC. */
  readonly settings: readonly Setting[];
  readonly grants: (rights: Of) => readonly Grant[];
}

interface Options<Of extends Rights> {
  readonly settings?: readonly Setting[];
  readonly timeoutSeconds?: number;
  readonly rights?: TaskDefinition<Of>['grants'];
}

/** arm64 gets a full CPU at 1,769 MB; 512 MB imports a bundle of 400 KB in about 50 ms. */
const memoryMebibytes = 512;

/** A task with what it needs; 30 seconds and no rights unless told. */
export function define<Of extends Rights = Rights>(
  task: string,
  description: string,
  options: Options<Of> = {},
): TaskDefinition<Of> {
  return {
    task,
    description,
    timeoutSeconds: options.timeoutSeconds ?? 30,
    memoryMebibytes,
    settings: options.settings ?? [],
    grants: options.rights ?? (() => []),
  };
}

const cluster: readonly Setting[] = ['cluster'];

/** Starts the promotion of what was pushed: in stages alone that release by themselves. */
export const releaseTask = define('release-pushed', 'Promotes what was pushed for this stage, once it is checked', {
  settings: ['cluster', 'promotion'],
  timeoutSeconds: 120,
  rights: (r) => [...r.readAllPlans(), ...r.resolveImages(), ...r.reviewImages(), ...r.startPromotions()],
});

/** What `approval-answer` runs, in each region: for these workflows, which ask. */
export function answerTask(...waiting: readonly WorkflowName[]): TaskDefinition {
  return define('answer-approval', 'Passes the answer of a person on to the workflow that waits', {
    settings: ['approvals'],
    rights: (r) => [...r.approvals('dynamodb:GetItem', 'dynamodb:UpdateItem'), ...r.answerTasks(...waiting)],
  });
}

/** Of every workflow that must not run beside others, in each region. */
export const interlockTasks: readonly TaskDefinition[] = [
  define('claim-work', 'Claims what a piece of work touches', {
    settings: ['interlock'],
    rights: (r) => r.interlock('claim'),
  }),
  define('release-work', 'Gives back what a piece of work has claimed', {
    settings: ['interlock'],
    rights: (r) => r.interlock('release'),
  }),
];

/** Every task of the workflows, with exactly the rights that its code uses. */
export const tasks: readonly TaskDefinition[] = [
  define('read-plan', 'Reads how the service is delivered', { rights: (r) => r.readPlan() }),
  define('resolve-image', 'Finds the digest behind a tag', { rights: (r) => r.resolveImages() }),
  define('check-image', 'Asks whether the image is replicated, scanned and sound', { rights: (r) => r.reviewImages() }),
  define('check-platform', 'Asks whether the service may be promoted now', {
    settings: cluster,
    rights: (r) => [...r.describeAlarms(), ...r.describeTargetGroups()],
  }),
  define('request-approval', 'Asks a person and lets the workflow wait', {
    settings: ['topics', 'approvals'],
    rights: (r) => [
      ...r.approvals('dynamodb:GetItem', 'dynamodb:PutItem'),
      ...r.publish('warning'),
      ...r.answerTasks('canary-promotion'),
    ],
  }),
  answerTask('canary-promotion', 'restore', 'region-failover', 'region-failback'),
  ...interlockTasks,
  define('take-release', 'Takes the release record for this promotion', { settings: cluster }),
  define('raise-canary', 'Gives a slot its image and replicas', { settings: cluster }),
  define('look-at-pods', 'Sees whether the pods of a slot are ready', { settings: cluster }),
  define('keep-alarms', 'Keeps the alarms on the target groups that there are', {
    settings: ['cluster', 'topics'],
    timeoutSeconds: 60,
    rights: (r) => [...r.readAllPlans(), ...r.describeTargetGroups(), ...r.describeAlarms(), ...r.putAlarms()],
  }),
  define('measure-stable', 'Measures what is slow for the stable version', {
    settings: cluster,
    rights: (r) => r.readMetrics(),
  }),
  define('shift-traffic', 'Sets the weights of the route', { settings: cluster }),
  define('judge-canary', 'Judges the canary against stable', { settings: cluster, rights: (r) => r.readMetrics() }),
  define('promote-canary', 'Swaps the roles of the slots', { settings: cluster }),
  define('record-standby', 'Tells the standby which release to run', {
    settings: cluster,
    rights: (r) => r.recordStandby(),
  }),
  define('retire-slot', 'Scales the idle slot down', { settings: cluster }),
  define('give-back', 'Gives the release record back', { settings: cluster }),
  define('notify', 'Publishes a message', { settings: ['topics'], rights: (r) => r.publish() }),
  define('take-over', 'Fences the promotion that is rolled back', {
    settings: cluster,
    timeoutSeconds: 15,
    rights: (r) => [...r.readPlan(), ...r.describeExecutions()],
  }),
  define('return-traffic', 'Gives all requests back to stable', { settings: cluster, timeoutSeconds: 15 }),
  define('stop-promotion', 'Stops the execution of the promotion', {
    settings: cluster,
    rights: (r) => r.stopExecutions(),
  }),
  define('list-repositories', "Lists the platform's image repositories", {
    settings: ['retention', 'reign'],
    timeoutSeconds: 60,
    rights: (r) => [...r.listRepositories(), ...r.readReign()],
  }),
  define('plan-image-retention', 'Decides which images nobody needs any more', {
    settings: ['cluster', 'retention'],
    timeoutSeconds: 120,
    rights: (r) => [...r.readNeeds(), ...r.readAllImages()],
  }),
  define('delete-images', 'Deletes images that nobody needs any more', {
    settings: ['cluster', 'retention'],
    timeoutSeconds: 120,
    rights: (r) => [...r.readNeeds(), ...r.readAllImages(), ...r.deleteImages()],
  }),
  define('report-image-retention', 'Tells which images went, and why', {
    settings: ['topics'],
    rights: (r) => r.publish('information', 'warning'),
  }),
  define('restore-slot', 'Puts a slot back as it was', { settings: cluster }),
];
