import { Alarm, type CfnAlarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { runbookLink, type Severity, watchingAlarmName } from '../../domain/names.ts';
import { pascalCase } from '../environment.ts';

export type SeverityTopics = Readonly<Record<Severity, ITopic>>;

export interface WatchingAlarmProps {
  readonly environmentName: string;
  /** Without the environment: `replication-lag`. */
  readonly name: string;
  readonly severity: Severity;
  /** A sentence without its full stop. */
  readonly description: string;
  readonly metric: IMetric;
  /** 1 unless told. */
  readonly threshold?: number;
  /** `at-least` unless told. */
  readonly breaches?: 'above' | 'at-least' | 'below';
  /** 1 unless told. */
  readonly evaluationPeriods?: number;
  /** Whether silence is as bad as a bad value. */
  readonly missingDataBreaches?: boolean;
  /** Whether silence leaves it as it is: for what is measured now and then. */
  readonly missingDataKeepsState?: boolean;
  /** How long after its creation it is not evaluated. */
  readonly warmUpMinutes?: number;
  /** Entry in the runbook; the alarm's own name unless several share one. */
  readonly runbookEntry?: string;
  readonly topics: SeverityTopics;
}

const comparisons = {
  above: ComparisonOperator.GREATER_THAN_THRESHOLD,
  'at-least': ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  below: ComparisonOperator.LESS_THAN_THRESHOLD,
} as const;

/**
 * An alarm that tells people by its severity and whose description leads to the runbook. Its name lies outside the rollback alarms'
 * prefix: none of these rolls a service back.
 */
export class WatchingAlarm extends Construct {
  readonly alarm: Alarm;

  constructor(scope: Construct, props: WatchingAlarmProps) {
    super(scope, pascalCase(props.name));
    this.alarm = new Alarm(this, 'Alarm', {
      alarmName: watchingAlarmName(props.environmentName, props.name),
      alarmDescription: `${props.description}. ${runbookLink(props.runbookEntry ?? props.name)}`,
      metric: props.metric,
      threshold: props.threshold ?? 1,
      comparisonOperator: comparisons[props.breaches ?? 'at-least'],
      evaluationPeriods: props.evaluationPeriods ?? 1,
      treatMissingData: silenceOf(props),
    });
    this.alarm.addAlarmAction(new SnsAction(props.topics[props.severity]));
    if (props.warmUpMinutes !== undefined) {
      // The CDK's alarm does not know it yet.
      (this.alarm.node.defaultChild as CfnAlarm).warmUpConfiguration = {
        warmUpPeriodDurationInMinutes: props.warmUpMinutes,
        onlyStartEvaluatingAfterWarmUpPeriodEnds: true,
      };
    }
  }
}

function silenceOf({ missingDataBreaches, missingDataKeepsState }: WatchingAlarmProps): TreatMissingData {
  if (missingDataKeepsState) return TreatMissingData.IGNORE;
  return missingDataBreaches ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING;
}
