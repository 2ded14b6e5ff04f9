import { Duration, Stack } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { backupMetrics, copyDueMinutes, watchExpression } from '../../domain/backup-watch.ts';
import { type Severity, severities, topicName } from '../../domain/names.ts';
import { lateAfterMinutes } from '../../domain/recovery-set-schedule.ts';
import type { TaskFunction } from '../constructs/task-function.ts';
import { type SeverityTopics, WatchingAlarm } from '../constructs/watching-alarm.ts';
import { type Environment, pascalCase } from '../environment.ts';
import { backupSettingsOf } from './settings.ts';

export interface BackupWatchProps {
  readonly environment: Environment;
  /** watch-backups */
  readonly watcher: TaskFunction;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_WarmUpConfiguration.html */
const warmUpMinutesMax = 2880;

/**
 * Looks after each due minute whether the set was begun, and whether it is whole, and alarms: within fifteen minutes of the hour. The same
 * in both regions; one that does not reign judges what it has been sent.
 */
export class BackupWatch extends Construct {
  private readonly environment: Environment;
  private readonly topics: SeverityTopics;

  constructor(scope: Construct, id: string, { environment, watcher }: BackupWatchProps) {
    super(scope, id);
    this.environment = environment;
    this.topics = this.severityTopics();
    const settings = backupSettingsOf(environment);
    new Rule(this, 'Schedule', {
      ruleName: watcher.name,
      description: 'Looks whether the last recovery set was made, in time, and copied',
      schedule: Schedule.expression(watchExpression(settings)),
      targets: [
        new LambdaFunction(watcher.function, {
          event: RuleTargetInput.fromObject({}),
          // A look that comes later says the same.
          maxEventAge: Duration.minutes(10),
          retryAttempts: 3,
        }),
      ],
    });
    const { everyMinutes, copyEvery, copiedToStandby } = settings;
    const first = everyMinutes + lateAfterMinutes;
    this.alarm('backup-missed', 'critical', backupMetrics.missed, 'The last recovery set was not begun', first);
    this.alarm('backup-failed', 'critical', backupMetrics.failed, 'The last recovery set failed', first);
    this.alarm('backup-late', 'warning', backupMetrics.late, 'A recovery set is not whole in time', first);
    if (!copiedToStandby) return;
    const copied = everyMinutes * copyEvery + copyDueMinutes + first;
    this.alarm(
      'backup-not-copied',
      'warning',
      backupMetrics.copies,
      'A recovery set is not verified in the other region an hour after it was due',
      copied,
    );
  }

  /** Nought ends it, silence does not: between two looks nothing has changed. Not evaluated before a first set can have been judged. */
  private alarm(name: string, severity: Severity, metricName: string, description: string, warmUp: number): void {
    const environmentName = this.environment.name;
    new WatchingAlarm(this, {
      environmentName,
      topics: this.topics,
      name,
      severity,
      description,
      metric: new Metric({
        namespace: backupMetrics.namespace,
        metricName,
        dimensionsMap: { Environment: environmentName },
        statistic: 'Maximum',
        period: Duration.minutes(1),
      }),
      missingDataKeepsState: true,
      warmUpMinutes: Math.min(warmUp, warmUpMinutesMax),
    });
  }

  /** Each region's own, by name. */
  private severityTopics(): SeverityTopics {
    const { region, account } = Stack.of(this);
    const entries = severities.map((severity): [Severity, ITopic] => {
      const arn = `arn:aws:sns:${region}:${account}:${topicName(this.environment.name, severity)}`;
      return [severity, Topic.fromTopicArn(this, `${pascalCase(severity)}Topic`, arn)];
    });
    return Object.fromEntries(entries) as Record<Severity, ITopic>;
  }
}
