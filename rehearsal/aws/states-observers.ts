import type { Execution, ExecutionResult, HistoryEvent } from '../asl/index.ts';
import type { Json } from '../kernel/log.ts';
import type { EventBus, MetricSink } from './module.ts';
import type { AccountServices, SimulatedService } from './service.ts';
import type { StateMachine } from './states-machine.ts';

/** An execution and what started it. */
export interface RunningExecution {
  readonly machine: StateMachine;
  readonly arn: string;
  readonly name: string;
  /** JSON text. */
  readonly input: string;
  readonly startedAt: number;
  readonly execution: Execution;
  ended?: { readonly at: number; readonly result: ExecutionResult };
}

/** JSON text as the value it holds, for the log. */
export function parsed(text: string | undefined): Json | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Json);
}

/** Writes state.entered and state.exited from the history's events. */
export function logHistoryEvent(
  account: AccountServices,
  workflow: string,
  execution: string,
  event: HistoryEvent,
): void {
  const [, stateType, step] = /^([A-Za-z]+)State(Entered|Exited)$/.exec(event.type) ?? [];
  if (!stateType) return;
  if (step === 'Entered') {
    const details = event.stateEnteredEventDetails ?? {};
    account.log.write('state.entered', { workflow, execution, state: details['name'], stateType });
    return;
  }
  const details = event.stateExitedEventDetails ?? {};
  const output = parsed(details['output'] as string | undefined);
  account.log.write('state.exited', { workflow, execution, state: details['name'], stateType, output });
}

const metricOfStatus = {
  SUCCEEDED: 'ExecutionsSucceeded',
  FAILED: 'ExecutionsFailed',
  TIMED_OUT: 'ExecutionsTimedOut',
  ABORTED: 'ExecutionsAborted',
} as const;

/**
 * Tells the world that an execution has begun or ended: the log, the default event bus (Standard executions only), and
 * CloudWatch. https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html,
 * https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
 */
export function tellStatus(account: AccountServices, running: RunningExecution): void {
  const { machine, ended } = running;
  const named = { workflow: machine.name, execution: running.name };
  if (ended) {
    const { status, output, error, cause } = ended.result;
    account.log.write('execution.ended', { ...named, status, output: parsed(output), error, cause });
  } else {
    account.log.write('execution.started', { ...named, input: parsed(running.input) });
  }
  if (machine.type === 'STANDARD') {
    account.service<SimulatedService & EventBus>('events').publish({
      source: 'aws.states',
      detailType: 'Step Functions Execution Status Change',
      detail: statusDetail(running),
      resources: [running.arn],
      region: machine.region,
    });
  }
  putMetrics(account, running);
}

function putMetrics(account: AccountServices, { machine, startedAt, ended }: RunningExecution): void {
  const sink = account.service<SimulatedService & MetricSink>('cloudwatch');
  const put = (name: string, value: number, unit: string): void =>
    sink.putMetric({
      namespace: 'AWS/States',
      name,
      dimensions: { StateMachineArn: machine.arn },
      value,
      unit,
      region: machine.region,
    });
  if (!ended) {
    put('ExecutionsStarted', 1, 'Count');
    return;
  }
  put(metricOfStatus[ended.result.status], 1, 'Count');
  put('ExecutionTime', ended.at - startedAt, 'Milliseconds');
}

function statusDetail({ machine, arn, name, input, startedAt, ended }: RunningExecution): Record<string, Json> {
  return {
    executionArn: arn,
    stateMachineArn: machine.arn,
    name,
    status: ended?.result.status ?? 'RUNNING',
    startDate: startedAt,
    stopDate: ended?.at ?? null,
    input,
    output: ended?.result.output ?? null,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    redriveCount: 0,
    redriveDate: null,
    redriveStatus: ended && ended.result.status !== 'SUCCEEDED' ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
    inputDetails: { included: true },
    outputDetails: ended?.result.output === undefined ? null : { included: true },
    error: ended?.result.error ?? null,
    cause: ended?.result.cause ?? null,
  };
}
