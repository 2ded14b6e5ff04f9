import { describe, expect, it } from 'vitest';
import { serviceDelivery } from '../../../domain/delivery.ts';
import { deliveryAccess } from '../../../lib/kubernetes/task-access.ts';
import { actionsOf, propertiesWhere, resourcesOf, taskStatements, templates } from '../synthesized.ts';

const delivery = templates()['AeonDelivery'];
const api = 'aeon/aeon-dt-api';

/** Written down here by hand: a right that is added for no reason fails. */
const actionsByTask: Readonly<Record<string, readonly string[]>> = {
  'answer-approval': ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'kms:Decrypt', 'states:SendTaskSuccess'],
  'check-image': [
    'ecr:DescribeImageReplicationStatus',
    'ecr:DescribeImageScanFindings',
    'inspector2:ListCoverage',
    'inspector2:ListFindings',
  ],
  'claim-work': ['dynamodb:ConditionCheckItem', 'dynamodb:PutItem', 'dynamodb:Scan', 'kms:Decrypt'],
  'delete-images': [
    'dynamodb:Scan',
    'ecr:BatchDeleteImage',
    'ecr:BatchGetImage',
    'ecr:DescribeImages',
    'kms:Decrypt',
    'kms:Decrypt',
    'ssm:GetParameter',
    'ssm:GetParametersByPath',
    'states:DescribeExecution',
    'states:ListExecutions',
  ],
  'list-repositories': ['dynamodb:GetItem', 'ecr:DescribeRepositories', 'kms:Decrypt'],
  'plan-image-retention': [
    'dynamodb:Scan',
    'ecr:BatchGetImage',
    'ecr:DescribeImages',
    'kms:Decrypt',
    'kms:Decrypt',
    'ssm:GetParameter',
    'ssm:GetParametersByPath',
    'states:DescribeExecution',
    'states:ListExecutions',
  ],
  'report-image-retention': ['kms:Decrypt', 'kms:GenerateDataKey', 'sns:Publish'],
  'check-platform': ['cloudwatch:DescribeAlarms', 'elasticloadbalancing:DescribeTargetGroups'],
  'give-back': [],
  'judge-canary': ['cloudwatch:GetMetricData'],
  'keep-alarms': [
    'cloudwatch:DescribeAlarms',
    'cloudwatch:PutMetricAlarm',
    'elasticloadbalancing:DescribeTargetGroups',
    'ssm:GetParametersByPath',
  ],
  'look-at-pods': [],
  'measure-stable': ['cloudwatch:GetMetricData'],
  notify: ['kms:Decrypt', 'kms:GenerateDataKey', 'sns:Publish'],
  'promote-canary': [],
  'raise-canary': [],
  'read-plan': ['ssm:GetParameter', 'ssm:GetParametersByPath'],
  'record-standby': ['ssm:PutParameter'],
  'request-approval': [
    'dynamodb:GetItem',
    'dynamodb:PutItem',
    'kms:Decrypt',
    'kms:Decrypt',
    'kms:GenerateDataKey',
    'sns:Publish',
    'states:SendTaskSuccess',
  ],
  'release-work': ['dynamodb:DeleteItem', 'dynamodb:Scan', 'kms:Decrypt'],
  'resolve-image': ['ecr:BatchGetImage', 'ecr:DescribeImages'],
  'restore-slot': [],
  'retire-slot': [],
  'return-traffic': [],
  'shift-traffic': [],
  'stop-promotion': ['states:StopExecution'],
  'take-over': ['ssm:GetParameter', 'ssm:GetParametersByPath', 'states:DescribeExecution'],
  'take-release': [],
};

function invokedBy(workflow: string): string[] {
  const machine = propertiesWhere(
    delivery,
    'AWS::StepFunctions::StateMachine',
    'StateMachineName',
    `mainstay-aeon-${workflow}`,
  );
  const role = (machine['RoleArn'] as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0];
  const policies = resourcesOf(delivery)[role]?.Properties['Policies'] as {
    PolicyName: string;
    PolicyDocument: { Statement: { Action: string; Resource: string[] | string }[] };
  }[];
  const [invoke] = policies.find((policy) => policy.PolicyName === 'Tasks')?.PolicyDocument.Statement ?? [];
  expect(invoke?.Action).toBe('lambda:InvokeFunction');
  return [invoke?.Resource ?? []]
    .flat()
    .map((arn) => arn.replace('arn:aws:lambda:us-east-1:111111111111:function:mainstay-aeon-', ''));
}

describe('functions', () => {
  it('are those of the workflows and no others', () => {
    const names = Object.values(resourcesOf(delivery, 'AWS::Lambda::Function')).map(
      ({ Properties }) => Properties['FunctionName'],
    );
    expect(names.sort()).toEqual(
      Object.keys(actionsByTask)
        .map((task) => `mainstay-aeon-${task}`)
        .sort(),
    );
  });

  it.each(Object.entries(actionsByTask))('%s may do exactly what its task does', (task, actions) => {
    expect(actionsOf(taskStatements(delivery, `mainstay-aeon-${task}`))).toEqual(actions);
  });

  it('run Node 24 on arm64 and encrypt their settings', () => {
    for (const { Properties } of Object.values(resourcesOf(delivery, 'AWS::Lambda::Function'))) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler' });
      expect(Properties['KmsKeyArn']).toBeDefined();
      expect(Properties['LoggingConfig']).toBeDefined();
    }
  });

  it('stand in the private network where they talk to the cluster, and nowhere else', () => {
    for (const { Properties } of Object.values(resourcesOf(delivery, 'AWS::Lambda::Function'))) {
      const { Variables } = Properties['Environment'] as { Variables: Record<string, unknown> };
      expect([Properties['FunctionName'], Properties['VpcConfig'] !== undefined]).toEqual([
        Properties['FunctionName'],
        Variables['MAINSTAY_CLUSTER_ENDPOINT'] !== undefined,
      ]);
    }
  });

  it('of which each that talks to the cluster is in the group of its own task, and nothing more', () => {
    const entries = Object.values(resourcesOf(delivery, 'AWS::EKS::AccessEntry'));
    const groups = entries.map(({ Properties }) => Properties['KubernetesGroups'] as string[]);
    expect(groups.flat().sort()).toEqual(
      Object.keys(deliveryAccess)
        .map((task) => `mainstay:${task}`)
        .sort(),
    );
    for (const { Properties } of entries) {
      expect(Properties['ClusterName']).toBe('aeon');
      expect(Properties['AccessPolicies']).toBeUndefined();
    }
  });

  it('read only the images of this platform', () => {
    const [statement] = taskStatements(delivery, 'mainstay-aeon-resolve-image');
    expect(statement?.Resource).toContain(`arn:aws:ecr:us-east-1:111111111111:repository/${api}`);
  });

  it('delete images of this platform alone, and one of them only, in every region that holds images', () => {
    const deleting = Object.keys(actionsByTask).flatMap((task) =>
      taskStatements(delivery, `mainstay-aeon-${task}`).filter((s) =>
        [s.Action].flat().includes('ecr:BatchDeleteImage'),
      ),
    );
    expect(deleting.map((statement) => statement.Resource)).toEqual([
      ['eu-west-1', 'us-east-1', 'us-west-2'].map((region) => `arn:aws:ecr:${region}:111111111111:repository/aeon/*`),
    ]);
  });

  it('write the standby in its own region and below its own path', () => {
    const [statement] = taskStatements(delivery, 'mainstay-aeon-record-standby');
    expect(statement?.Resource).toBe('arn:aws:ssm:us-west-2:111111111111:parameter/mainstay/aeon/services/*/release');
  });

  it('put rollback alarms of this environment and no other alarm', () => {
    const put = taskStatements(delivery, 'mainstay-aeon-keep-alarms').find(
      (s) => s.Action === 'cloudwatch:PutMetricAlarm',
    );
    expect(put?.Resource).toBe('arn:aws:cloudwatch:us-east-1:111111111111:alarm:mainstay/aeon/*');
  });
});

describe('workflows', () => {
  it('invoke the functions that their files name, and no others', () => {
    expect(invokedBy('approval-answer')).toEqual(['answer-approval']);
    expect(invokedBy('image-retention')).toEqual([
      'delete-images',
      'list-repositories',
      'plan-image-retention',
      'report-image-retention',
    ]);
    expect(invokedBy('canary-rollback').sort()).toEqual([
      'give-back',
      'look-at-pods',
      'notify',
      'promote-canary',
      'raise-canary',
      'record-standby',
      'release-work',
      'restore-slot',
      'retire-slot',
      'return-traffic',
      'shift-traffic',
      'stop-promotion',
      'take-over',
    ]);
  });

  it('log every event and trace', () => {
    for (const { Properties } of Object.values(resourcesOf(delivery, 'AWS::StepFunctions::StateMachine'))) {
      expect(Properties).toMatchObject({
        StateMachineType: 'STANDARD',
        LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: true },
        TracingConfiguration: { Enabled: true },
      });
    }
  });

  it('keep their query language, comment and time limit', () => {
    for (const { Properties } of Object.values(resourcesOf(delivery, 'AWS::StepFunctions::StateMachine'))) {
      const definition = JSON.parse(Properties['DefinitionString'] as string);
      expect(definition.QueryLanguage).toBe('JSONata');
      expect(definition.Comment).not.toBe('');
      expect(definition.TimeoutSeconds).toBeGreaterThan(0);
    }
  });

  it('have each placeholder resolved', () => {
    for (const { Properties } of Object.values(resourcesOf(delivery, 'AWS::StepFunctions::StateMachine'))) {
      const asked = new Set((Properties['DefinitionString'] as string).match(/\$\{[A-Za-z]+\}/g));
      const given = Object.keys(Properties['DefinitionSubstitutions'] as object).map((name) => `\${${name}}`);
      expect([...asked].sort()).toEqual(given.sort());
    }
  });
});

describe('delivery parameters', () => {
  it.each(['aeon-dt-api', 'aeon-dt-worker', 'aeon-dt-openspg'])(
    'say how %s is delivered, in the contract of the functions',
    (service) => {
      const { Value } = propertiesWhere(
        delivery,
        'AWS::SSM::Parameter',
        'Name',
        `/mainstay/aeon/services/${service}/delivery`,
      );
      expect(serviceDelivery.parse(JSON.parse(Value as string)).service).toBe(service);
      // A standard parameter: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
      expect((Value as string).length).toBeLessThanOrEqual(4096);
    },
  );
});
