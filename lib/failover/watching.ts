import { Duration, Stack } from 'aws-cdk-lib';
import { AlarmRule, CompositeAlarm, type IAlarmRule, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { failoverMetrics } from '../../domain/failover-settings.ts';
import { type Signal, signals } from '../../domain/failover-signals.ts';
import { runbookLink, type Severity, severities, topicName, watchingAlarmName } from '../../domain/names.ts';
import { readinessMetrics } from '../../domain/readiness.ts';
import { type SeverityTopics, WatchingAlarm } from '../constructs/watching-alarm.ts';
import { pascalCase } from '../environment.ts';

/** Alarm of a region's traffic switch, without the environment. Route 53 reads it by its name and region. */
export const servesAlarm = 'serves';
/** Composite alarm over the signals that a region is lost. */
export const regionLostAlarm = 'region-lost';

const lostWords: Readonly<Record<Signal, string>> = {
  public: "Route 53's checkers get no answer from the primary's way in",
  lease: 'The primary has not renewed its lease here',
  stream: 'The replica has no heartbeat of the primary any more',
};

/** What the guard and the watch of a region measure each minute. That they run has alarms of its own. */
export class FailoverWatch extends Construct {
  private readonly environmentName: string;
  private readonly topics: SeverityTopics;

  constructor(scope: Construct, id: string, environmentName: string) {
    super(scope, id);
    this.environmentName = environmentName;
    this.topics = this.severityTopics();
    const { serves, guarded, stale, silentDatabases } = failoverMetrics;
    this.alarm(servesAlarm, 'information', serves, 'This region has taken the traffic over');
    this.alarm('stale-primary', 'critical', stale, 'This region was primary, and another has taken over');
    this.alarm('database-silent', 'critical', silentDatabases, 'A database does not answer its guard');
    new WatchingAlarm(this, {
      ...this.common('lease-not-renewed', 'critical', 'No place has taken the renewal of the lease for two minutes'),
      metric: this.metric(guarded, 'Minimum'),
      threshold: 1,
      breaches: 'below',
      evaluationPeriods: 2,
    });
    // Of five minutes: a minute in which the guard writes at both ends of its period must not end it.
    new WatchingAlarm(this, {
      ...this.common('no-standby', 'warning', 'This region serves, and no standby could take over from it'),
      metric: this.metric(failoverMetrics.noStandby, 'Maximum').with({ period: Duration.minutes(5) }),
    });
    new WatchingAlarm(this, {
      ...this.common('standby-not-ready', 'warning', 'A failover to this region would fail, or nobody knows'),
      // Written once a day. In between the alarm stays as it is; that nobody looks has an alarm of its own.
      metric: this.metric(readinessMetrics.blocking, 'Maximum'),
      missingDataKeepsState: true,
    });
    this.regionLost();
  }

  /** Two of three, for a minute more than the watch itself needs: it starts the workflow where the watch did not. */
  private regionLost(): void {
    const lost = signals.map((signal) => {
      const { alarm } = new WatchingAlarm(this, {
        ...this.common(`signal-lost-${signal}`, 'warning', lostWords[signal]),
        metric: this.metric(failoverMetrics.lost, 'Maximum', { Signal: signal }),
        evaluationPeriods: 2,
        runbookEntry: 'signal-lost',
      });
      return alarm;
    });
    const pairs = lost.flatMap((one, index) =>
      lost.slice(index + 1).map((other): IAlarmRule => AlarmRule.allOf(one, other)),
    );
    const composite = new CompositeAlarm(this, 'RegionLost', {
      compositeAlarmName: watchingAlarmName(this.environmentName, regionLostAlarm),
      alarmDescription: `Two signals say that the primary region is lost. ${runbookLink(regionLostAlarm)}`,
      alarmRule: AlarmRule.anyOf(...pairs),
    });
    composite.addAlarmAction(new SnsAction(this.topics.critical));
  }

  private alarm(name: string, severity: Severity, metricName: string, description: string): void {
    new WatchingAlarm(this, {
      ...this.common(name, severity, description),
      metric: this.metric(metricName, 'Maximum'),
      missingDataKeepsState: true,
    });
  }

  private common(name: string, severity: Severity, description: string) {
    return { environmentName: this.environmentName, topics: this.topics, name, severity, description };
  }

  /** Of a minute: Route 53 takes no shorter period. */
  private metric(metricName: string, statistic: string, dimensions: Readonly<Record<string, string>> = {}): Metric {
    return new Metric({
      namespace: failoverMetrics.namespace,
      metricName,
      dimensionsMap: { Environment: this.environmentName, ...dimensions },
      statistic,
      period: Duration.minutes(1),
    });
  }

  /** Each region's own, by name. */
  private severityTopics(): SeverityTopics {
    const { region, account } = Stack.of(this);
    const entries = severities.map((severity): [Severity, ITopic] => {
      const arn = `arn:aws:sns:${region}:${account}:${topicName(this.environmentName, severity)}`;
      return [severity, Topic.fromTopicArn(this, `${pascalCase(severity)}Topic`, arn)];
    });
    return Object.fromEntries(entries) as Record<Severity, ITopic>;
  }
}
