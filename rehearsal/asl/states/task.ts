import type { Json } from '../../kernel/log.ts';
import type { Behaviour, DataFlow, Evaluable } from '../compiled.ts';
import type { TaskCall } from '../environment.ts';
import { dataLimitExceeded, runtimeFault, StateError, taskResultTooLong } from '../errors.ts';
import { failureDetails } from '../history.ts';
import { exceedsBytes, textOf } from '../json-text.ts';
import type { Soon } from '../moment.ts';
import { maximumPayloadBytes } from '../perform.ts';
import type { Visit } from '../visit.ts';
import {
  type EventParts,
  endedBadlyEvent,
  type Resource,
  scheduledEvent,
  startedEvent,
  submittedEvent,
  succeededEvent,
} from './resource.ts';
import { type AttemptOutcome, TaskAttempt } from './task-attempt.ts';

/** The fields of a Task state beside its data flow. */
export interface TaskFields {
  readonly resource: Resource;
  readonly timeoutSeconds: ((visit: Visit) => Soon<number>) | undefined;
  readonly heartbeatSeconds: ((visit: Visit) => Soon<number>) | undefined;
  readonly credentials: Evaluable | undefined;
}

/** Has the environment do one piece of work and waits for its answer, its token, its timeout or its missed heartbeat. */
export function taskBehaviour(flow: DataFlow, next: string | undefined, fields: TaskFields): Behaviour {
  return {
    async perform(visit) {
      const call = await prepare(visit, flow, fields);
      const result = await attempt(visit, fields.resource, call);
      return { ...(await flow.finish(visit, result)), next };
    },
  };
}

type Prepared = Omit<TaskCall, 'abandoned' | 'submitted'>;

/** Evaluates the fields; a token is given out first, because the arguments name it. */
async function prepare(visit: Visit, flow: DataFlow, fields: TaskFields): Promise<Prepared> {
  const { run } = visit.strand;
  const { resource } = fields;
  // A job that is waited for has a token too: SendTaskSuccess with it ends the task before the job does.
  if (resource.pattern !== 'request-response') {
    visit.taskToken = run.environment.newId('task-token');
    visit.renewContext();
  }
  const parameters = await flow.arguments(visit);
  const timeoutSeconds = fields.timeoutSeconds && (await fields.timeoutSeconds(visit));
  const heartbeatSeconds = fields.heartbeatSeconds && (await fields.heartbeatSeconds(visit));
  const credentials = fields.credentials && credentialsOf(await fields.credentials.evaluate(visit));
  return {
    resource: resource.arn,
    arguments: parameters,
    stateName: visit.state.name,
    executionArn: run.options.arn,
    rootExecutionArn: run.root.options.arn,
    roleArn: run.options.roleArn,
    ...(credentials ? { credentials } : {}),
    ...(visit.taskToken === undefined ? {} : { taskToken: visit.taskToken }),
    ...(timeoutSeconds === undefined ? {} : { timeoutMilliseconds: timeoutSeconds * 1000 }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatMilliseconds: heartbeatSeconds * 1000 }),
  };
}

function credentialsOf(value: Json): { readonly RoleArn: string } {
  const roleArn = typeof value === 'object' && value !== null && !Array.isArray(value) ? value['RoleArn'] : undefined;
  if (typeof roleArn !== 'string') throw runtimeFault('The Credentials field must contain a RoleArn that is a string.');
  return { RoleArn: roleArn };
}

async function attempt(visit: Visit, resource: Resource, prepared: Prepared): Promise<Json> {
  const { strand } = visit;
  const { run } = strand;
  const write = (parts: EventParts) => strand.write(...parts);
  const parameters = textOf(prepared.arguments);
  if (exceedsBytes(parameters, maximumPayloadBytes)) throw dataLimitExceeded(visit.state.name);
  const seconds = (milliseconds: number | undefined) => (milliseconds === undefined ? undefined : milliseconds / 1000);
  write(
    scheduledEvent(resource, {
      parameters,
      region: run.options.arn.split(':')[3] ?? '',
      timeoutSeconds: seconds(prepared.timeoutMilliseconds),
      heartbeatSeconds: seconds(prepared.heartbeatMilliseconds),
      credentials: prepared.credentials,
    }),
  );
  const waiting = new TaskAttempt(strand, resource, prepared);
  // Siblings schedule their tasks before any of them starts.
  await undefined;
  strand.check();
  write(startedEvent(resource));
  const outcome = await waiting.outcome((answer) => {
    if (resource.family === 'task') write(submittedEvent(resource, textOf(answer)));
  });
  strand.check();
  return settle(resource, outcome, write);
}

function settle(resource: Resource, outcome: AttemptOutcome, write: (parts: EventParts) => void): Json {
  if (outcome === 'timed-out' || outcome === 'heartbeat-missed') {
    const alias = outcome === 'heartbeat-missed' ? { alias: 'States.HeartbeatTimeout' } : {};
    const failure = new StateError('States.Timeout', undefined, alias);
    write(endedBadlyEvent(resource, 'TimedOut', failureDetails(failure)));
    throw failure;
  }
  if ('output' in outcome) {
    const text = textOf(outcome.output);
    if (exceedsBytes(text, maximumPayloadBytes)) throw tooLong(resource, write);
    write(succeededEvent(resource, text));
    return outcome.output;
  }
  const failure = new StateError(outcome.error ?? undefined, outcome.cause ?? undefined);
  write(endedBadlyEvent(resource, outcome.error === 'States.Timeout' ? 'TimedOut' : 'Failed', failureDetails(failure)));
  throw failure;
}

function tooLong(resource: Resource, write: (parts: EventParts) => void): StateError {
  const failure = taskResultTooLong(resource.family === 'task' ? resource.type : resource.arn);
  write(endedBadlyEvent(resource, 'Failed', failureDetails(failure)));
  return failure;
}
