import { Duration, Stack } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type Severity, severities, topicName } from '../../domain/names.ts';
import { restoreMetrics } from '../../domain/restores.ts';
import { type SeverityTopics, WatchingAlarm } from '../constructs/watching-alarm.ts';
import type { Workflow } from '../constructs/workflow.ts';
import { type Environment, pascalCase } from '../environment.ts';

/** What the sweeper measures each hour. A failed test alarms by its workflow, and tells in words. */
export class RestoreWatch extends Construct {
  private readonly environmentName: string;
  private readonly topics: SeverityTopics;

  constructor(scope: Construct, id: string, { name, platform }: Environment, test: Workflow) {
    super(scope, id);
    this.environmentName = name;
    this.topics = this.severityTopics();
    const left = 'Something that a restore test has made is still there two hours after it was made';
    this.alarm('restore-test-left-behind', 'warning', restoreMetrics.leftBehind, left, 1);
    new WatchingAlarm(this, {
      environmentName: name,
      topics: this.topics,
      name: 'restore-test-aborted',
      severity: 'warning',
      description: 'A restore test was stopped before its verdict',
      metric: new Metric({
        namespace: 'AWS/States',
        metricName: 'ExecutionsAborted',
        dimensionsMap: { StateMachineArn: test.stateMachineArn },
        statistic: 'Sum',
        period: Duration.minutes(1),
      }),
      runbookEntry: 'restore-test-timed-out',
    });
    const { restoreTest } = platform.backups;
    if (!restoreTest) return;
    // Regions take turns, and one test may fail: two periods and a day.
    const hours = 2 * 24 * restoreTest.everyDays + 24;
    const old = `No recovery set was restored and proven for ${Math.round(hours / 24)} days`;
    this.alarm('no-proven-restore', 'critical', restoreMetrics.provenAge, old, hours);
  }

  /** Silence changes nothing: that the sweeper runs has its own alarm. */
  private alarm(name: string, severity: Severity, metricName: string, description: string, threshold: number): void {
    new WatchingAlarm(this, {
      environmentName: this.environmentName,
      topics: this.topics,
      name,
      severity,
      description,
      threshold,
      metric: new Metric({
        namespace: restoreMetrics.namespace,
        metricName,
        dimensionsMap: { Environment: this.environmentName },
        statistic: 'Maximum',
        period: Duration.minutes(1),
      }),
      missingDataKeepsState: true,
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
