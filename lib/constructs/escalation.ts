import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { EscalationDelays } from '../../domain/escalation.ts';
import { acknowledgedByTag, alarmPrefix, escalationTopicName, watchingAlarmName } from '../../domain/names.ts';
import { acknowledge } from '../checks/acknowledgements.ts';
import { pascalCase } from '../environment.ts';
import type { EncryptionKey } from './encryption-key.ts';
import type { Grant } from './grant.ts';
import { NoticeTopic } from './notice-topic.ts';
import { TaskFunction } from './task-function.ts';
import { Workflow } from './workflow.ts';

export interface EscalationProps {
  readonly environmentName: string;
  /** ARN of the region's topic for what is critical: an alarm that tells it has to be answered for. */
  readonly criticalTopicArn: string;
  readonly delays: EscalationDelays;
  /** Task → folder with its bundle. */
  readonly functions: ReadonlyMap<string, string>;
  readonly encryptionKey: EncryptionKey;
  readonly logRetention: RetentionDays;
}

/** The tasks of the escalation, with what the function's description says. */
export const escalationTasks = {
  'watch-firing': 'Says whether somebody has to answer for an alarm',
  'escalate-alarm': 'Tells the second contact of an alarm that nobody answers for',
} as const;
type EscalationTask = keyof typeof escalationTasks;

/** Passes a critical alarm of one region on to a second contact when nobody has answered for it in time. */
export class Escalation extends Construct {
  readonly topicArn: string;
  private readonly props: EscalationProps;

  constructor(scope: Construct, id: string, props: EscalationProps) {
    super(scope, id);
    this.props = props;
    const { environmentName, encryptionKey, logRetention } = props;
    const topic = new NoticeTopic(this, 'Topic', { topicName: escalationTopicName(environmentName), encryptionKey });
    const { region, account } = Stack.of(this);
    this.topicArn = `arn:aws:sns:${region}:${account}:${escalationTopicName(environmentName)}`;
    const functions = new Map(
      (Object.keys(escalationTasks) as EscalationTask[]).map((task) => [task, this.taskFunction(task)]),
    );
    const workflow = new Workflow(this, 'Workflow', {
      workflow: 'notification-escalation',
      environmentName,
      functions,
      encryptionKey,
      logRetention,
    });
    this.rule(workflow);
    new CfnOutput(Stack.of(this), 'SubscribeEscalation', {
      value: `aws sns subscribe --region ${region} --protocol email --notification-endpoint … --topic-arn ${topic.topicArn}`,
      description: 'To be told, as second contact, of what nobody answers for',
    });
    new CfnOutput(Stack.of(this), 'AnswerForAnAlarm', {
      value: `aws cloudwatch tag-resource --region ${region} --resource-arn arn:aws:cloudwatch:${region}:${account}:alarm:… --tags 'Key=${acknowledgedByTag},Value=…'`,
      description: 'To answer for a critical alarm, so that it is not passed on',
    });
    new CfnOutput(Stack.of(this), 'EscalationConsole', {
      value: workflow.consoleUrl(),
      description: 'Alarms that wait for an answer',
    });
  }

  private taskFunction(task: EscalationTask): TaskFunction {
    const { environmentName, encryptionKey, functions, logRetention, criticalTopicArn, delays } = this.props;
    const bundle = functions.get(task);
    if (!bundle) throw new RangeError(`There is no handler lambdas/**/${task}.handler.ts to bundle.`);
    return new TaskFunction(this, pascalCase(task), {
      task,
      environmentName,
      description: escalationTasks[task],
      bundle,
      timeoutSeconds: 30,
      memoryMebibytes: 512,
      environment: {
        MAINSTAY_ENVIRONMENT: environmentName,
        MAINSTAY_TOPIC_CRITICAL: criticalTopicArn,
        MAINSTAY_TOPIC_ESCALATION: this.topicArn,
        MAINSTAY_ESCALATION_DELAYS: JSON.stringify(delays),
      },
      grants:
        task === 'watch-firing'
          ? [...this.readAlarms(), ...this.forgetAnswers()]
          : [...this.readAlarms(), ...this.publish()],
      encryptionKey,
      logRetention,
    });
  }

  private readAlarms(): Grant[] {
    const { region, account } = Stack.of(this);
    return [
      {
        actions: ['cloudwatch:DescribeAlarms'],
        resources: [`arn:aws:cloudwatch:${region}:${account}:alarm:*`],
        because: 'allAlarms',
      },
      { actions: ['cloudwatch:ListTagsForResource'], resources: this.ownAlarms(), because: 'environmentAlarms' },
    ];
  }

  private forgetAnswers(): Grant[] {
    return [
      {
        actions: ['cloudwatch:UntagResource'],
        resources: this.ownAlarms(),
        conditions: { 'ForAllValues:StringEquals': { 'aws:TagKeys': [acknowledgedByTag] } },
        because: 'environmentAlarms',
      },
    ];
  }

  private publish(): Grant[] {
    return [
      { actions: ['sns:Publish'], resources: [this.topicArn] },
      {
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
        resources: [this.props.encryptionKey.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `sns.${Stack.of(this).region}.amazonaws.com` } },
      },
    ];
  }

  private ownAlarms(): string[] {
    const { region, account } = Stack.of(this);
    const { environmentName } = this.props;
    return [alarmPrefix(environmentName), watchingAlarmName(environmentName, '')].map(
      (prefix) => `arn:aws:cloudwatch:${region}:${account}:alarm:${prefix}*`,
    );
  }

  /** Of the rollback alarms only those on a whole service are critical; which of the others are, the first task sees. */
  private rule(workflow: Workflow): void {
    const { environmentName } = this.props;
    const undelivered = this.queue();
    new Rule(this, 'AlarmFires', {
      ruleName: `mainstay-${environmentName}-escalation`,
      description: 'An alarm fires: somebody has to answer for it',
      eventPattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm State Change'],
        detail: {
          alarmName: [
            { prefix: watchingAlarmName(environmentName, '') },
            { wildcard: `${alarmPrefix(environmentName)}*/all/errors` },
          ],
          state: { value: ['ALARM'] },
        },
      },
      targets: [
        new SfnStateMachine(StateMachine.fromStateMachineArn(this, 'Target', workflow.stateMachineArn), {
          role: this.startRole(workflow),
          input: RuleTargetInput.fromObject({ alarm: EventField.fromPath('$.detail.alarmName') }),
          deadLetterQueue: undelivered,
          maxEventAge: Duration.hours(1),
          retryAttempts: 20,
        }),
      ],
    });
  }

  private queue(): Queue {
    const queue = new Queue(this, 'Undelivered', {
      queueName: `mainstay-${this.props.environmentName}-undelivered-escalations`,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: this.props.encryptionKey,
      retentionPeriod: Duration.days(14),
      enforceSSL: true,
    });
    acknowledge(queue, 'undeliveredQueue');
    return queue;
  }

  private startRole(workflow: Workflow): Role {
    return new Role(this, 'StartRole', {
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: `EventBridge starts ${workflow.name}`,
    });
  }
}
