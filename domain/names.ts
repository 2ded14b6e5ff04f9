/**
 * Every name that more than one part relies on: the stacks create under it, the functions look for it, an alarm or a person
 * is told it. Names are deterministic so that the standby, a person at the console and a second delivery of a task find the
 * same thing without asking anything of another region.
 */

export const stages = ['development', 'staging', 'production'] as const;
export type Stage = (typeof stages)[number];

/** The two slots of a routed service. Which one is stable and which the canary is a role, kept in the release record. */
export const slots = ['blue', 'green'] as const;
export type Slot = (typeof slots)[number];

/** The slot that is not this one. */
export function otherSlot(slot: Slot): Slot {
  return slot === 'blue' ? 'green' : 'blue';
}

/** Field manager of server-side apply for what a promotion owns: image, replicas, weights, the release record. */
export const deliveryFieldManager = 'mainstay-delivery';
/** Field manager for what the platform's definition owns: everything else. */
export const platformFieldManager = 'mainstay-platform';
/** The Kubernetes group that the access entry of a task's function maps to; RBAC gives it its rights, and nobody else. */
export function taskKubernetesGroup(task: string): string {
  return `mainstay:${task}`;
}
/** Field manager of what a rotation writes: the version of the secrets that a Deployment's pods run with. */
export const rotationFieldManager = 'mainstay-rotation';
/** Annotation on a Deployment's pod template, one a secret: `secret-version.mainstay.dev/<secret>`; a new value replaces the pods. */
export function secretVersionAnnotation(secret: string): string {
  return `secret-version.mainstay.dev/${secret}`;
}
/** Labels on every object of ours. */
export const labels = {
  service: 'app.kubernetes.io/name',
  partOf: 'app.kubernetes.io/part-of',
  managedBy: 'app.kubernetes.io/managed-by',
  slot: 'mainstay.dev/slot',
} as const;
/** Annotation on a route and on a slot's Deployment: the epoch of the last write by a promotion or rollback. */
export const epochAnnotation = 'mainstay.dev/epoch';

/** What signals an alarm on a slot or on the whole service carries. */
export const alarmSignals = ['errors', 'latency'] as const;
export type AlarmSignal = (typeof alarmSignals)[number];

export interface AlarmName {
  readonly environment: string;
  readonly service: string;
  /** `all`: both slots together, the platform's own service level. */
  readonly scope: Slot | 'all';
  readonly signal: AlarmSignal;
}

/** `aeon` in production, `aeon-staging` elsewhere: prefix of every name, and the Kubernetes namespace. */
export function environmentName(platform: string, stage: Stage): string {
  return stage === 'production' ? platform : `${platform}-${stage}`;
}

/** Name of a slot's Deployment, Service and HorizontalPodAutoscaler. */
export function slotName(service: string, slot: Slot): string {
  return `${service}-${slot}`;
}

/** Name of the ConfigMap that says which slot is stable, at which digest, and which promotion holds the service. */
export function releaseRecordName(service: string): string {
  return `${service}-release`;
}

/** ECR repository of a service: one for all stages of a platform; the tag carries the stage. */
export function repositoryName(platform: string, service: string): string {
  return `${platform}/${service}`;
}

/** Rollback alarms: `mainstay/aeon/aeon-dt-api/blue/errors`. EventBridge selects them by the prefix. */
export function alarmName(name: AlarmName): string {
  return `${alarmPrefix(name.environment)}${name.service}/${name.scope}/${name.signal}`;
}

export function alarmPrefix(environment: string): string {
  return `mainstay/${environment}/`;
}

/** The parts of a rollback alarm's name, or undefined when it is not one of ours. */
export function parseAlarmName(name: string): AlarmName | undefined {
  const [root, environment, service, scope, signal, ...rest] = name.split('/');
  if (root !== 'mainstay' || !environment || !service || rest.length > 0) return undefined;
  if (scope !== 'all' && !slots.includes(scope as Slot)) return undefined;
  if (!alarmSignals.includes(signal as AlarmSignal)) return undefined;
  return { environment, service, scope: scope as AlarmName['scope'], signal: signal as AlarmSignal };
}

/** SSM parameter, primary region: how this service is delivered (`ServiceDelivery`). */
export function deliveryParameterName(environment: string, service: string): string {
  return `${deliveryParameterPath(environment)}${service}/delivery`;
}

export function deliveryParameterPath(environment: string): string {
  return `/mainstay/${environment}/services/`;
}

/** SSM parameter, standby region: the release (`{digest, tag, promotedAt}`) that the standby has to run. */
export function standbyReleaseParameterName(environment: string, service: string): string {
  return `/mainstay/${environment}/services/${service}/release`;
}

/** The workflows that bring releases to traffic and back. */
export const deliveryWorkflows = ['canary-promotion', 'canary-rollback', 'approval-answer', 'image-retention'] as const;
/** Every workflow: each has a file in `step-functions/`, alarms on its ends and an entry in the runbook. */
export const workflows = [
  ...deliveryWorkflows,
  'notification-escalation',
  'secret-rollout',
  'hourly-backup',
  'restore-test',
  'restore',
  'region-failover',
  'region-failback',
  'database-failover',
] as const;
export type WorkflowName = (typeof workflows)[number];

export function stateMachineName(environment: string, workflow: WorkflowName): string {
  return `mainstay-${environment}-${workflow}`;
}

export function functionName(environment: string, task: string): string {
  return `mainstay-${environment}-${task}`;
}

export function approvalsTableName(environment: string): string {
  return `mainstay-${environment}-approvals`;
}

export const severities = ['critical', 'warning', 'information'] as const;
export type Severity = (typeof severities)[number];

export function topicName(environment: string, severity: Severity): string {
  return `mainstay-${environment}-${severity}`;
}

/** Whom nobody's answer to a critical alarm is passed on to; in each region that has alarms. */
export function escalationTopicName(environment: string): string {
  return `mainstay-${environment}-escalation`;
}

/** An alarm that is not a rollback alarm: `mainstay-aeon-replication-lag`. No rule rolls a service back for it. */
export function watchingAlarmName(environment: string, alarm: string): string {
  return `mainstay-${environment}-${alarm}`;
}

/** Tag on an alarm: who answers for it. Holds until the alarm fires anew. */
export const acknowledgedByTag = 'mainstay:acknowledged-by';

export function clusterName(environment: string): string {
  return environment;
}

/** Last words of an alarm's description: where `docs/runbook.md` says what to do. A test holds that the entry exists. */
export function runbookLink(entry: string): string {
  return `Runbook: docs/runbook.md#${entry}`;
}
