import { withInput, withOutput } from '../history.ts';
import type { HistoryEventDetails, HistoryEventType } from '../history-event.ts';

/** How a Task state waits for its answer. */
export type IntegrationPattern = 'request-response' | 'sync' | 'token';

/** What a Task's Resource says, taken apart. */
export interface Resource {
  readonly arn: string;
  readonly family: 'lambda' | 'activity' | 'task';
  /** `lambda`, `aws-sdk:dynamodb`: `resourceType` in the history. */
  readonly type: string;
  /** `invoke`, `sendMessage.waitForTaskToken`: `resource` in the history. */
  readonly action: string;
  readonly pattern: IntegrationPattern;
}

const integration = /^arn:[^:]+:states:[^:]*:[^:]*:(?!activity:)(.+):([^:]+)$/;

/** Takes a Resource ARN apart; undefined where it is none that a Task state takes. */
export function parseResource(arn: string): Resource | undefined {
  if (/^arn:[^:]+:lambda:[^:]+:[^:]*:function:.+$/.test(arn)) {
    return { arn, family: 'lambda', type: 'lambda', action: 'invoke', pattern: 'request-response' };
  }
  if (/^arn:[^:]+:states:[^:]+:[^:]+:activity:.+$/.test(arn)) {
    return { arn, family: 'activity', type: 'activity', action: 'activity', pattern: 'token' };
  }
  const match = integration.exec(arn);
  if (!match) return undefined;
  const action = match[2] as string;
  const pattern = action.endsWith('.waitForTaskToken')
    ? 'token'
    : /\.sync(:2)?$/.test(action)
      ? 'sync'
      : 'request-response';
  return { arn, family: 'task', type: match[1] as string, action, pattern };
}

/** `.sync:2` has a colon of its own, which is not the one before the action. */
export function parseTaskResource(arn: string): Resource | undefined {
  if (!arn.endsWith('.sync:2')) return parseResource(arn);
  const resource = parseResource(arn.slice(0, -2));
  return resource && { ...resource, arn, action: `${resource.action}:2` };
}

/** An event's type, its details' member and the details. */
export type EventParts = readonly [
  HistoryEventType,
  `${string}EventDetails` | undefined,
  HistoryEventDetails | undefined,
];

/** What is scheduled. */
export interface Scheduled {
  readonly parameters: string;
  readonly region: string;
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
  readonly credentials: { readonly RoleArn: string } | undefined;
}

/** `TaskScheduled`, `LambdaFunctionScheduled` or `ActivityScheduled`. */
export function scheduledEvent(resource: Resource, scheduled: Scheduled): EventParts {
  const limits = {
    ...(scheduled.timeoutSeconds === undefined ? {} : { timeoutInSeconds: scheduled.timeoutSeconds }),
    ...(scheduled.heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: scheduled.heartbeatSeconds }),
    ...(scheduled.credentials === undefined ? {} : { taskCredentials: { roleArn: scheduled.credentials.RoleArn } }),
  };
  if (resource.family === 'task') {
    const { parameters, region } = scheduled;
    const details = { parameters, region, resource: resource.action, resourceType: resource.type, ...limits };
    return ['TaskScheduled', 'taskScheduledEventDetails', details];
  }
  const details = { ...withInput(scheduled.parameters), resource: resource.arn, ...limits };
  return resource.family === 'lambda'
    ? ['LambdaFunctionScheduled', 'lambdaFunctionScheduledEventDetails', details]
    : ['ActivityScheduled', 'activityScheduledEventDetails', details];
}

/** `TaskStarted` and its like. */
export function startedEvent(resource: Resource): EventParts {
  if (resource.family === 'lambda') return ['LambdaFunctionStarted', undefined, undefined];
  if (resource.family === 'activity') return ['ActivityStarted', 'activityStartedEventDetails', {}];
  return ['TaskStarted', 'taskStartedEventDetails', naming(resource)];
}

/** `TaskSubmitted`: the job was accepted, or the token handed on. Only integrations have it. */
export function submittedEvent(resource: Resource, output: string): EventParts {
  return ['TaskSubmitted', 'taskSubmittedEventDetails', { ...withOutput(output), ...naming(resource) }];
}

/** `TaskSucceeded` and its like. */
export function succeededEvent(resource: Resource, output: string): EventParts {
  if (resource.family === 'lambda')
    return ['LambdaFunctionSucceeded', 'lambdaFunctionSucceededEventDetails', withOutput(output)];
  if (resource.family === 'activity') return ['ActivitySucceeded', 'activitySucceededEventDetails', withOutput(output)];
  return ['TaskSucceeded', 'taskSucceededEventDetails', { ...withOutput(output), ...naming(resource) }];
}

/** `TaskFailed`, `TaskTimedOut` and their like. */
export function endedBadlyEvent(
  resource: Resource,
  how: 'Failed' | 'TimedOut',
  failure: HistoryEventDetails,
): EventParts {
  if (resource.family === 'lambda') return [`LambdaFunction${how}`, `lambdaFunction${how}EventDetails`, failure];
  if (resource.family === 'activity') return [`Activity${how}`, `activity${how}EventDetails`, failure];
  return [`Task${how}`, `task${how}EventDetails`, { ...failure, ...naming(resource) }];
}

function naming(resource: Resource): HistoryEventDetails {
  return { resource: resource.action, resourceType: resource.type };
}
