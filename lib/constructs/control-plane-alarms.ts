import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { runbookLink, type Severity } from '../../domain/names.ts';
import { pascalCase } from '../environment.ts';
import type { TaskFunction } from './task-function.ts';
import type { Workflow } from './workflow.ts';

export interface ControlPlaneAlarmsProps {
  readonly environmentName: string;
  readonly topics: Readonly<Record<Severity, Topic>>;
  readonly workflows: readonly Workflow[];
  readonly functions: readonly TaskFunction[];
  readonly undelivered: Queue;
}

/**
 * Tells when the control plane itself fails. Their names lie outside the rollback alarms' prefix: none of them rolls a
 * service back.
 */
export class ControlPlaneAlarms extends Construct {
  private readonly props: ControlPlaneAlarmsProps;

  constructor(scope: Construct, id: string, props: ControlPlaneAlarmsProps) {
    super(scope, id);
    this.props = props;
    for (const workflow of props.workflows) this.watchWorkflow(workflow);
    for (const taskFunction of props.functions) this.watchFunction(taskFunction);
    this.alarm('undelivered', 'critical', 'An event did not reach its workflow or function', {
      metric: props.undelivered.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: 'Maximum',
      }),
    });
  }

  private watchWorkflow(workflow: Workflow): void {
    for (const [ending, metricName] of [
      ['failed', 'ExecutionsFailed'],
      ['timed-out', 'ExecutionsTimedOut'],
    ] as const) {
      const short = workflow.name.replace(`mainstay-${this.props.environmentName}-`, '');
      // A refused promotion fails as well; the one who asked for it should hear, nobody else be woken.
      const severity = short === 'canary-rollback' || ending === 'timed-out' ? 'critical' : 'warning';
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

  /** Five in five minutes: a refusal is an error of its function too, and a retried throttle is nobody's business. */
  private watchFunction(taskFunction: TaskFunction): void {
    const short = taskFunction.name.replace(`mainstay-${this.props.environmentName}-`, '');
    this.alarm(`${short}-errors`, 'warning', `${taskFunction.name} fails again and again`, {
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'Errors',
        dimensionsMap: { FunctionName: taskFunction.name },
        statistic: 'Sum',
        period: Duration.minutes(5),
      }),
      threshold: 5,
      // One entry for all functions, with a line for each: what to do hardly differs.
      runbookEntry: 'function-errors',
    });
  }

  private alarm(
    name: string,
    severity: Severity,
    description: string,
    watched: { readonly metric: IMetric; readonly threshold?: number; readonly runbookEntry?: string },
  ): void {
    const alarm = new Alarm(this, pascalCase(name), {
      alarmName: `mainstay-${this.props.environmentName}-${name}`,
      alarmDescription: `${description}. ${runbookLink(watched.runbookEntry ?? name)}`,
      metric: watched.metric,
      threshold: watched.threshold ?? 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.props.topics[severity]));
  }
}
