/**
 * Every error that a workflow of ours can end with or retry on, under the name it has in the state machines (a Lambda function's
 * error reaches Step Functions by its `name`). A message says what happened, what came, what is allowed and what to do next.
 */
import type { Strategy } from './delivery.ts';
import { TagAgainstConvention } from './image-tag.ts';
import type { InterlockClaim, InterlockSubject } from './interlock.ts';

export { DatabaseDown, DatabaseUnavailable } from './database-errors.ts';
export * from './hourly-backup-errors.ts';
export { TagAgainstConvention };

/** The input of a workflow, or of one of its tasks, does not have the form that it must have. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
}

export class UnknownService extends Error {
  override readonly name = 'UnknownService';
  constructor(service: string, environment: string, known: readonly string[]) {
    super(
      `The environment '${environment}' has no service '${service}'. It has ${listed(known)}. Start again with one of these, ` +
        'or deploy the platform definition that has the service.',
    );
  }
}

/** The SSM parameter of a service does not hold a ServiceDelivery. */
export class InvalidPlan extends Error {
  override readonly name = 'InvalidPlan';
  constructor(parameter: string, violations: string) {
    super(
      `The parameter '${parameter}' does not say how the service is delivered: ${violations}. It is written by the stacks from the ` +
        "platform's definition: deploy the delivery stack again instead of editing it.",
    );
  }
}

export class UnknownStrategy extends Error {
  override readonly name = 'UnknownStrategy';
  constructor(service: string, strategy: string, allowed: readonly Strategy[]) {
    super(
      `The strategy '${strategy}' can't release '${service}'. Allowed by the platform's definition: ${listed(allowed)}. ` +
        "Start again with an allowed one, or leave it out for the platform definition's own.",
    );
  }
}

export class UnknownTag extends Error {
  override readonly name = 'UnknownTag';
  constructor(repository: string, tag: string) {
    super(
      `The repository '${repository}' has no image with the tag '${tag}'. Allowed is the tag of an image that was pushed. ` +
        `Push it, or list what there is (aws ecr list-images --repository-name ${repository} --filter tagStatus=TAGGED), and start again.`,
    );
  }
}

export class ImageNotReplicated extends Error {
  override readonly name = 'ImageNotReplicated';
  constructor(image: string, missing: readonly string[]) {
    super(
      `The image ${image} has not reached ${listed(missing)}. An image is promoted once every region of the platform holds it, so that the ` +
        'standby can run it. Wait a few minutes and start again; if it stays so, look at the replication rules of the registry.',
    );
  }
}

export class ImageNotScanned extends Error {
  override readonly name = 'ImageNotScanned';
  constructor(image: string, status: string) {
    super(
      `The image ${image} has no finished scan: its status is ${status}. Allowed: COMPLETE or ACTIVE. Wait until the scan has ended and start ` +
        "again; if it stays so, look at the registry's scanning configuration.",
    );
  }
}

export class ImageBlocked extends Error {
  override readonly name = 'ImageBlocked';
  constructor(image: string, findings: readonly string[]) {
    super(
      `The image ${image} has ${findings.length} finding(s) that the platform's definition lets block: ${listed(findings.slice(0, 10))}. Allowed are none. ` +
        'Build the image with the fixed packages, push it under a new tag and promote that one.',
    );
  }
}

export class ImageTooLarge extends Error {
  override readonly name = 'ImageTooLarge';
  constructor(image: string, megabytes: number, megabytesMax: number) {
    super(
      `The image ${image} has ${megabytes} MB, compressed, in its largest architecture. Allowed are ${megabytesMax} MB: a larger one takes longer to start on a ` +
        'new node. Leave out what it does not need, push it under a new tag and promote that one, or raise sizeMegabytesMax in the definition.',
    );
  }
}

export class ImageLacksArchitecture extends Error {
  override readonly name = 'ImageLacksArchitecture';
  constructor(image: string, found: readonly string[] | null, missing: readonly string[]) {
    super(
      `The image ${image} is not built for ${listed(missing)}: ${found ? `its index has ${listed(found)}` : 'it is a single image, no index'}. A node of another ` +
        'architecture could not run it. Build it for all of them (docker buildx build --platform), push it under a new tag and promote that one.',
    );
  }
}

export class AlreadyReleased extends Error {
  override readonly name = 'AlreadyReleased';
  constructor(service: string, tag: string, digest: string) {
    super(
      `The release '${tag}' (${digest}) of '${service}' is the stable one already. Allowed is an image other than the stable one. ` +
        'Nothing has to be done; to go back to the release before it, start canary-rollback with {"service", "reason", "requestedBy"}.',
    );
  }
}

export class PromotionAlreadyRunning extends Error {
  override readonly name = 'PromotionAlreadyRunning';
  constructor(service: string, executionArn: string, tag: string) {
    super(
      `The service '${service}' is held by ${executionArn}, which promotes '${tag}'. One promotion or rollback of a service runs at a time. ` +
        'Wait for its end, or roll it back by canary-rollback with {"service", "reason", "requestedBy"}, and start again.',
    );
  }
}

/** Other work holds something that this one would touch. Waiting and claiming again is right, for as long as one can wait. */
export class WorkInProgress extends Error {
  override readonly name = 'WorkInProgress';
  readonly claim: InterlockClaim;
  constructor(wanted: InterlockSubject, claim: InterlockClaim) {
    super(
      `'${wanted}' can't be had: a ${claim.work} (${claim.holder}) holds '${claim.subject}' until ${claim.until} at the latest. Work that touches the ` +
        'same thing runs one after the other. Wait for its end and start again; it gives back what it holds when it ends.',
    );
    this.claim = claim;
  }
}

export class AlarmAlreadyFiring extends Error {
  override readonly name = 'AlarmAlreadyFiring';
  constructor(service: string, alarms: readonly string[]) {
    super(
      `Alarms of '${service}' are in ALARM: ${listed(alarms)}. An alarm that fires already can't tell that a release made things worse, so all ` +
        'have to be OK before a promotion. Mend what they say (docs/runbook.md#rollback-alarms) and start again.',
    );
  }
}

export class StableUnhealthy extends Error {
  override readonly name = 'StableUnhealthy';
  constructor(deployment: string, ready: number, wanted: number, detail: string) {
    super(
      `The stable version of '${deployment}' has ${ready} of ${wanted} pods ready${detail ? ` (${detail})` : ''}. Allowed: three quarters of them at least, and no rollout under way. ` +
        `Look at them with kubectl describe deployment ${deployment}, mend them and start again.`,
    );
  }
}

export class AlarmsNotWatching extends Error {
  override readonly name = 'AlarmsNotWatching';
  constructor(service: string, alarms: readonly string[]) {
    super(
      `Alarms of '${service}' are missing or do not watch the target groups that its route uses now: ${listed(alarms)}. Without them a bad release ` +
        'would not be noticed. The function keep-alarms mends them within five minutes: start again then; if it stays so, read its log.',
    );
  }
}

export class TargetGroupsMissing extends Error {
  override readonly name = 'TargetGroupsMissing';
  constructor(service: string, missing: readonly string[]) {
    super(
      `The load balancer controller has made no target group for ${listed(missing)} of '${service}', or has not put it behind a load balancer. ` +
        'Both slots need one before traffic can shift. Look at the HTTPRoute’s status and the controller’s log, and start again.',
    );
  }
}

export class RouteChangedElsewhere extends Error {
  override readonly name = 'RouteChangedElsewhere';
  constructor(route: string, found: string, expected: string) {
    super(
      `The route '${route}' has ${found}; ${expected} is what the workflows left there. Weights are changed by the workflows alone. ` +
        'Find out who changed it (its managedFields name the manager), put it back, and start again.',
    );
  }
}

export class ReleaseRecordMissing extends Error {
  override readonly name = 'ReleaseRecordMissing';
  constructor(namespace: string, configMap: string, found: string) {
    super(
      `The release record (ConfigMap '${configMap}' in the namespace '${namespace}') ${found}. It must hold the key 'record' with the JSON that ` +
        'the platform creates and the workflows keep. Deploy the workloads stack again if it is gone; do not edit it.',
    );
  }
}

export class ApprovalRejected extends Error {
  override readonly name = 'ApprovalRejected';
}

export class UnknownApproval extends Error {
  override readonly name = 'UnknownApproval';
  constructor(approval: string) {
    super(
      `There is no approval '${approval}'. Allowed is the id that the notification names. Copy it from there and answer again.`,
    );
  }
}

export class ApprovalAlreadyAnswered extends Error {
  override readonly name = 'ApprovalAlreadyAnswered';
  constructor(approval: string, decision: string, by: string) {
    super(
      `The approval '${approval}' has its answer: '${decision}' by ${by}. The first answer counts. To stop what was approved, start canary-rollback ` +
        'with {"service", "reason", "requestedBy"}.',
    );
  }
}

export class ApprovalExpired extends Error {
  override readonly name = 'ApprovalExpired';
  constructor(approval: string, expiredAt: string) {
    super(
      `The approval '${approval}' is no longer waited for: its time was over at ${expiredAt}, or its workflow has ended. An answer counts while the workflow ` +
        'waits. Start the promotion again and answer in time.',
    );
  }
}

/** A rollback took the release over: whatever held it before must change nothing any more. */
export class PromotionSuperseded extends Error {
  override readonly name = 'PromotionSuperseded';
  constructor(service: string, mine: string, found: string) {
    super(
      `'${service}' was held by ${mine} and is now held by ${found}. Only the holder changes a service. Nothing has to be done here: the new ` +
        'holder finishes.',
    );
  }
}

export class EndStateNotExact extends Error {
  override readonly name = 'EndStateNotExact';
  constructor(service: string, differences: readonly string[]) {
    super(
      `'${service}' does not stand as it should after its workflow: ${listed(differences)}. The release stays held, so that nothing else changes it. ` +
        'Look at who changed it meanwhile, then start canary-rollback with {"service", "reason", "requestedBy"}.',
    );
  }
}

/** Some repositories could not be reviewed: nothing of them was deleted by this run. The others are done. */
export class RetentionIncomplete extends Error {
  override readonly name = 'RetentionIncomplete';
  constructor(failures: readonly string[]) {
    super(
      `Not every repository could be reviewed: ${listed(failures)}. Where it can't be seen what is needed, nothing is deleted. The next run ` +
        'tries again; if it stays so, read the failed task in the execution.',
    );
  }
}

/** AWS throttled, failed or did not answer, also after the client's own attempts. Trying again later is right. */
export class AwsUnavailable extends Error {
  override readonly name = 'AwsUnavailable';
}

/** The Kubernetes API throttled, failed or did not answer. Trying again later is right. */
export class ClusterUnavailable extends Error {
  override readonly name = 'ClusterUnavailable';
}

/** An object changed between reading and writing it, each of several times. Trying again from the start is right. */
export class ObjectChanged extends Error {
  override readonly name = 'ObjectChanged';
}

/** AWS refused a call for good: a right, a resource or a value is missing. Not expected of a deployed app. */
export class AwsRefused extends Error {
  override readonly name = 'AwsRefused';
}

/** The Kubernetes API refused a request for good. Not expected of a deployed app. */
export class ClusterRefused extends Error {
  override readonly name = 'ClusterRefused';
}

/** Errors that every task may throw, and after which it is right to deliver it again. */
export const retryableErrors = [AwsUnavailable, ClusterUnavailable, ObjectChanged] as const;

/** Errors that show a defect of the deployment; the state machines meet them as `States.ALL` only. */
export const unexpectedErrors = [AwsRefused, ClusterRefused] as const;

function listed(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.map((item) => `'${item}'`).join(', ');
}
