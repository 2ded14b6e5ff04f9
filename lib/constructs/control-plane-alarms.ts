import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Severity } from '../../domain/names.ts';
import type { ControlPlane, ScheduledRule } from '../watching/discovery.ts';
import { longestPauseSeconds, missedRunWindow } from '../watching/schedule-interval.ts';
import type { TaskFunction } from './task-function.ts';
import { type SeverityTopics, WatchingAlarm, type WatchingAlarmProps } from './watching-alarm.ts';
import type { Workflow } from './workflow.ts';

export interface ControlPlaneAlarmsProps {
  readonly environmentName: string;
  readonly topics: SeverityTopics;
  readonly controlPlane: ControlPlane;
}

/** Workflows whose failure leaves customers or the night's watch in the lurch. A refused promotion fails as well: who asked for it hears. */
const criticalWhenFailed = new Set([
  'canary-rollback',
  'notification-escalation',
  'secret-rollout',
  'restore-test',
  'region-failover',
  'region-failback',
  'database-failover',
]);

/**
 * Functions that fail each time for as long as something stands against them, too seldom for five errors in five minutes: heard after
 * three failed runs in a row.
 */
const standsStill: Readonly<
  Record<string, { readonly alarm: string; readonly description: string; readonly everyMinutes: number }>
> = {
  'follow-releases': {
    alarm: 'standby-cannot-follow',
    description: 'The standby has not run what the primary runs for fifteen minutes',
    everyMinutes: 5,
  },
  'watch-rotations': {
    alarm: 'rotations-unwatched',
    description: 'Nobody has looked after the rotations of secrets for three quarters of an hour',
    everyMinutes: 15,
  },
  'watch-backups': {
    alarm: 'backups-unwatched',
    description: 'Nobody has looked for three hours whether recovery sets are made',
    everyMinutes: 60,
  },
  'follow-secrets': {
    alarm: 'standby-reads-former-secrets',
    description: "The standby's pods have not followed the rotations of the primary for three quarters of an hour",
    everyMinutes: 15,
  },
};

/** Tells when the control plane itself fails: whatever workflow, function, schedule or queue there is in the region. */
export class ControlPlaneAlarms extends Construct {
  private readonly props: ControlPlaneAlarmsProps;

  constructor(scope: Construct, id: string, props: ControlPlaneAlarmsProps) {
    super(scope, id);
    this.props = props;
    const { workflows, functions, schedules, deadLetterQueues } = props.controlPlane;
    for (const workflow of workflows) this.watchWorkflow(workflow);
    for (const taskFunction of functions) this.watchFunction(taskFunction);
    for (const schedule of schedules) this.watchSchedule(schedule);
    for (const queue of deadLetterQueues) this.watchQueue(queue);
  }

  private watchWorkflow(workflow: Workflow): void {
    const short = this.shortNameOf(workflow.name);
    for (const [ending, metricName] of [
      ['failed', 'ExecutionsFailed'],
      ['timed-out', 'ExecutionsTimedOut'],
    ] as const) {
      const severity: Severity = criticalWhenFailed.has(short) || ending === 'timed-out' ? 'critical' : 'warning';
      this.alarm(`${short}-${ending}`, severity, `An execution of ${workflow.name} ${ending.replace('-', ' ')}`, {
        metric: new Metric({
          namespace: 'AWS/States',
          metricName,
          dimensionsMap: { StateMachineArn: workflow.stateMachineArn },
          statistic: 'Sum',
          period: Duration.minutes(1),
        }),
      });
    }
  }

  /**
   * Five in five minutes: a refusal is an error of its function too, and a retried throttle is nobody's business. One that works for workflows alone is heard
   * by how they end, unless one goes on without it; each alarm costs as much as any other.
   */
  private watchFunction(taskFunction: TaskFunction): void {
    const { name } = taskFunction;
    const still = standsStill[this.shortNameOf(name)];
    if (still) {
      const metric = this.errorsOf(name, still.everyMinutes);
      this.alarm(still.alarm, 'warning', still.description, { metric, evaluationPeriods: 3 });
      return;
    }
    if (this.isHeardByWorkflows(taskFunction)) return;
    this.alarm(`${this.shortNameOf(name)}-errors`, 'warning', `${name} fails again and again`, {
      metric: this.errorsOf(name),
      threshold: 5,
      // One entry for all functions, with a line for each: what to do hardly differs.
      runbookEntry: 'function-errors',
    });
  }

  private isHeardByWorkflows(taskFunction: TaskFunction): boolean {
    const { workflows, schedules } = this.props.controlPlane;
    const scheduled = schedules.some(({ name }) => name === taskFunction.name);
    const unheard = workflows.some(({ unheardTasks }) => unheardTasks.includes(taskFunction));
    return !scheduled && !unheard && workflows.some(({ tasks }) => tasks.includes(taskFunction));
  }

  private errorsOf(functionName: string, periodMinutes = 5): Metric {
    return new Metric({
      namespace: 'AWS/Lambda',
      metricName: 'Errors',
      dimensionsMap: { FunctionName: functionName },
      statistic: 'Sum',
      period: Duration.minutes(periodMinutes),
    });
  }

  private watchSchedule({ name, expression }: ScheduledRule): void {
    const short = this.shortNameOf(name);
    const { periodSeconds, evaluationPeriods, warmUpMinutes } = missedRunWindow(longestPauseSeconds(expression));
    this.alarm(`${short}-missed`, 'warning', `The schedule ${name}, ${expression}, has not run`, {
      metric: new Metric({
        namespace: 'AWS/Events',
        metricName: 'Invocations',
        dimensionsMap: { RuleName: name },
        statistic: 'Sum',
        period: Duration.seconds(periodSeconds),
      }),
      breaches: 'below',
      evaluationPeriods,
      missingDataBreaches: true,
      warmUpMinutes,
      runbookEntry: 'schedule-missed',
    });
  }

  private watchQueue(name: string): void {
    this.alarm(this.shortNameOf(name), 'critical', 'An event did not reach its workflow or function', {
      metric: new Metric({
        namespace: 'AWS/SQS',
        metricName: 'ApproximateNumberOfMessagesVisible',
        dimensionsMap: { QueueName: name },
        statistic: 'Maximum',
        period: Duration.minutes(1),
      }),
      runbookEntry: 'undelivered',
    });
  }

  private shortNameOf(name: string): string {
    return name.replace(`mainstay-${this.props.environmentName}-`, '');
  }

  private alarm(
    name: string,
    severity: Severity,
    description: string,
    watched: Omit<WatchingAlarmProps, 'environmentName' | 'name' | 'severity' | 'description' | 'topics'>,
  ): void {
    const { environmentName, topics } = this.props;
    new WatchingAlarm(this, { environmentName, topics, name, severity, description, ...watched });
  }
}
