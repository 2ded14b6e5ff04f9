import { Duration, Stack } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { alarmPrefix } from '../../domain/names.ts';
import { acknowledge } from '../checks/acknowledgements.ts';
import type { EncryptionKey } from './encryption-key.ts';
import type { TaskFunction } from './task-function.ts';
import type { Workflow } from './workflow.ts';

export interface TriggersProps {
  readonly environmentName: string;
  readonly promotion: Workflow;
  readonly rollback: Workflow;
  readonly imageRetention: Workflow;
  readonly keepAlarms: TaskFunction;
  /** Present in a stage that releases by itself. */
  readonly releasePushed?: TaskFunction;
  readonly encryptionKey: EncryptionKey;
}

/** What starts workflows by itself: an alarm, a promotion that ended badly, the clock. What could not be delivered waits in a queue. */
export class Triggers extends Construct {
  readonly undelivered: Queue;

  constructor(scope: Construct, id: string, props: TriggersProps) {
    super(scope, id);
    this.undelivered = this.queue(props);
    const role = this.startRole(props.rollback);
    this.alarmRule(props, role);
    this.endingRule(props, role);
    const { keepAlarms, releasePushed } = props;
    // The controller makes target groups anew when it likes; five minutes is how long an alarm can watch an old one.
    this.everyFiveMinutes('KeepAlarms', keepAlarms, 'Keeps the alarms on the target groups that there are');
    // By the clock, not by ECR's event of a push: the image has still to be replicated and scanned then, and what one run misses the next one does.
    if (releasePushed) {
      this.everyFiveMinutes('ReleasePushed', releasePushed, 'Promotes what was pushed for this stage');
    }
    this.daily(props);
  }

  private queue(props: TriggersProps): Queue {
    const queue = new Queue(this, 'Undelivered', {
      queueName: `mainstay-${props.environmentName}-undelivered`,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: props.encryptionKey,
      retentionPeriod: Duration.days(14),
      enforceSSL: true,
    });
    acknowledge(queue, 'undeliveredQueue');
    return queue;
  }

  /** Any rollback alarm of this environment. EventBridge tries for a day; a rollback an hour late would only surprise. */
  private alarmRule(props: TriggersProps, role: Role): void {
    new Rule(this, 'AlarmFires', {
      ruleName: `mainstay-${props.environmentName}-alarm-fires`,
      description: 'A rollback alarm fires: roll the service back',
      eventPattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm State Change'],
        detail: {
          alarmName: [{ prefix: alarmPrefix(props.environmentName) }],
          state: { value: ['ALARM'] },
        },
      },
      targets: [
        this.rollbackTarget(props, role, {
          alarmName: EventField.fromPath('$.detail.alarmName'),
          state: EventField.fromPath('$.detail.state.value'),
          reason: EventField.fromPath('$.detail.state.reason'),
          time: EventField.fromPath('$.time'),
        }),
      ],
    });
  }

  /** A promotion that ended without ending its release: the rollback finds what is left, or nothing. */
  private endingRule(props: TriggersProps, role: Role): void {
    new Rule(this, 'PromotionEndsBadly', {
      ruleName: `mainstay-${props.environmentName}-promotion-ends-badly`,
      description: 'A promotion failed, was stopped or ran out of time: roll back what it holds',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [props.promotion.stateMachineArn],
          status: ['ABORTED', 'FAILED', 'TIMED_OUT'],
        },
      },
      targets: [
        this.rollbackTarget(props, role, {
          executionArn: EventField.fromPath('$.detail.executionArn'),
          status: EventField.fromPath('$.detail.status'),
        }),
      ],
    });
  }

  private rollbackTarget(props: TriggersProps, role: Role, input: Record<string, string>): SfnStateMachine {
    const rollback = StateMachine.fromStateMachineArn(
      this,
      `Rollback${Object.keys(input).length}`,
      props.rollback.stateMachineArn,
    );
    return new SfnStateMachine(rollback, {
      role,
      input: RuleTargetInput.fromObject(input),
      deadLetterQueue: this.undelivered,
      maxEventAge: Duration.hours(1),
      retryAttempts: 20,
    });
  }

  private everyFiveMinutes(id: string, started: TaskFunction, description: string): void {
    new Rule(this, id, {
      ruleName: started.name,
      description,
      schedule: Schedule.rate(Duration.minutes(5)),
      targets: [
        new LambdaFunction(started.function, {
          event: RuleTargetInput.fromObject({}),
          deadLetterQueue: this.undelivered,
          maxEventAge: Duration.minutes(5),
          retryAttempts: 2,
        }),
      ],
    });
  }

  /** At night, so that who reads the report in the morning finds it; a day missed is made up for by the next. */
  private daily(props: TriggersProps): void {
    const { imageRetention } = props;
    new Rule(this, 'RetainImages', {
      ruleName: `mainstay-${props.environmentName}-image-retention`,
      description: 'Deletes images that nobody needs any more, every day at 02:40 UTC',
      schedule: Schedule.cron({ hour: '2', minute: '40' }),
      targets: [
        new SfnStateMachine(StateMachine.fromStateMachineArn(this, 'ImageRetention', imageRetention.stateMachineArn), {
          role: this.startRole(imageRetention, 'RetentionStartRole'),
          input: RuleTargetInput.fromObject({}),
          deadLetterQueue: this.undelivered,
          maxEventAge: Duration.hours(1),
          retryAttempts: 20,
        }),
      ],
    });
  }

  /** The target gives it the right to start this workflow, and nothing else. */
  private startRole(workflow: Workflow, id = 'StartRole'): Role {
    return new Role(this, id, {
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: `EventBridge starts ${workflow.name}`,
    });
  }
}
