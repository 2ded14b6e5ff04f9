import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { propertiesWhere, resourcesOf, templates } from '../synthesized.ts';

const production = templates();
const delivery = production['AeonDelivery'];
const watching = production['AeonWatching'];

describe('what starts a rollback', () => {
  it('is an alarm of this environment that fires', () => {
    delivery?.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.cloudwatch'],
        'detail-type': ['CloudWatch Alarm State Change'],
        detail: { alarmName: [{ prefix: 'mainstay/aeon/' }], state: { value: ['ALARM'] } },
      },
      Targets: [
        Match.objectLike({
          Arn: 'arn:aws:states:us-east-1:111111111111:stateMachine:mainstay-aeon-canary-rollback',
          InputTransformer: {
            InputPathsMap: {
              'detail-alarmName': '$.detail.alarmName',
              'detail-state-value': '$.detail.state.value',
              'detail-state-reason': '$.detail.state.reason',
              time: '$.time',
            },
            InputTemplate:
              '{"alarmName":<detail-alarmName>,"state":<detail-state-value>,"reason":<detail-state-reason>,"time":<time>}',
          },
          DeadLetterConfig: { Arn: Match.anyValue() },
        }),
      ],
    });
  });

  it('is a promotion that ended without ending its release', () => {
    delivery?.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: ['arn:aws:states:us-east-1:111111111111:stateMachine:mainstay-aeon-canary-promotion'],
          status: ['ABORTED', 'FAILED', 'TIMED_OUT'],
        },
      },
    });
  });

  it('may start its own workflow and nothing else, as may the schedule of the images', () => {
    const policies = Object.values(resourcesOf(delivery, 'AWS::IAM::Policy'));
    const starting = (workflow: string) => ({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'states:StartExecution',
          Resource: `arn:aws:states:us-east-1:111111111111:stateMachine:mainstay-aeon-${workflow}`,
        },
      ],
    });
    expect(policies.map(({ Properties }) => Properties['PolicyDocument'])).toEqual([
      starting('canary-rollback'),
      starting('image-retention'),
    ]);
  });

  it('lets the images be reviewed every night', () => {
    expect(propertiesWhere(delivery, 'AWS::Events::Rule', 'Name', 'mainstay-aeon-image-retention')).toMatchObject({
      ScheduleExpression: 'cron(40 2 * * ? *)',
      Targets: [{ Input: '{}' }],
    });
  });

  it('is never one of the alarms on the control plane itself', () => {
    const alarms = Object.values(resourcesOf(watching, 'AWS::CloudWatch::Alarm'));
    expect(alarms.length).toBeGreaterThan(30);
    for (const { Properties } of alarms) expect(Properties['AlarmName']).toMatch(/^mainstay-aeon-/);
  });
});

describe('notifications, approvals, schedule', () => {
  it.each(['critical', 'warning', 'information'])('has a topic %s under a key of ours', (severity) => {
    delivery?.hasResourceProperties('AWS::SNS::Topic', {
      TopicName: `mainstay-aeon-${severity}`,
      KmsMasterKeyId: Match.anyValue(),
    });
  });

  it('lets alarms and rules use the key', () => {
    delivery?.hasResourceProperties('AWS::KMS::Key', {
      EnableKeyRotation: true,
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Principal: { Service: ['aps.amazonaws.com', 'cloudwatch.amazonaws.com', 'events.amazonaws.com'] },
            Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
            Condition: { StringEquals: { 'aws:SourceAccount': '111111111111' } },
          }),
        ]),
      },
    });
  });

  it('keeps approvals encrypted, recoverable and protected, and removes them in time', () => {
    delivery?.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      Properties: {
        TableName: 'mainstay-aeon-approvals',
        KeySchema: [{ AttributeName: 'approvalId', KeyType: 'HASH' }],
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'removeAt', Enabled: true },
        DeletionProtectionEnabled: true,
      },
    });
  });

  it('keeps the alarms every five minutes', () => {
    delivery?.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(5 minutes)', State: 'ENABLED' });
  });

  it('tells when a rollback fails, louder than when a promotion is refused', () => {
    const topicOf = (name: string): unknown =>
      propertiesWhere(watching, 'AWS::CloudWatch::Alarm', 'AlarmName', name)['AlarmActions'];
    const topic = (severity: string) => [`arn:aws:sns:us-east-1:111111111111:mainstay-aeon-${severity}`];
    expect(topicOf('mainstay-aeon-canary-rollback-failed')).toEqual(topic('critical'));
    expect(topicOf('mainstay-aeon-canary-promotion-failed')).toEqual(topic('warning'));
    expect(topicOf('mainstay-aeon-undelivered')).toEqual(topic('critical'));
  });
});
