import { describe, expect, it } from 'vitest';
import { restoreSettings } from '../../../domain/restores.ts';
import { aeon } from '../../../platforms/aeon.ts';
import { actionsOf, propertiesWhere, resourcesOf, type Statement, taskStatements, templates } from '../synthesized.ts';

const all = templates();
const both = [
  ['us-east-1', all['AeonRestore']],
  ['us-west-2', all['AeonStandbyRestore']],
] as const;
const deleting = ['rds:DeleteDBInstance', 'ec2:DeleteVolume'];

describe.each(both)('restores in %s', (region, template) => {
  const functions = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).map(({ Properties }) => Properties);
  const names = functions.map(({ FunctionName }) => String(FunctionName));
  const statementsWith = (name: string, action: string): Statement[] =>
    taskStatements(template, name).filter(({ Action }) => [Action].flat().includes(action));

  it('stand in a network that no route leads out of', () => {
    for (const type of ['InternetGateway', 'NatGateway', 'Route', 'VPCPeeringConnection', 'TransitGatewayAttachment']) {
      expect(resourcesOf(template, `AWS::EC2::${type}`)).toEqual({});
    }
    const subnets = Object.values(resourcesOf(template, 'AWS::EC2::Subnet')).map(({ Properties }) => Properties);
    expect(subnets.map(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch)).toEqual([false, false]);
    expect(new Set(subnets.map(({ AvailabilityZone }) => AvailabilityZone)).size).toBe(2);
    const endpoints = Object.values(resourcesOf(template, 'AWS::EC2::VPCEndpoint')).map(({ Properties }) => [
      Properties['VpcEndpointType'],
      JSON.stringify(Properties['ServiceName']),
    ]);
    expect(endpoints).toHaveLength(3);
    for (const service of ['s3', 'dynamodb', 'secretsmanager']) expect(JSON.stringify(endpoints)).toContain(service);
  });

  it('remove what carries the tag of a test, and nothing else may remove anything', () => {
    const removing = names.filter((name) =>
      actionsOf(taskStatements(template, name)).some((action) => /:(Delete|Terminate|Modify|Stop)/.test(action)),
    );
    expect(removing.sort()).toEqual(['mainstay-aeon-clean-up', 'mainstay-aeon-sweep-restore-tests']);
    for (const name of removing) {
      for (const action of deleting) {
        for (const { Condition, Resource } of statementsWith(name, action)) {
          expect(Condition).toEqual({
            StringEquals: { 'aws:ResourceTag/mainstay.dev/environment': 'aeon' },
            Null: { 'aws:ResourceTag/mainstay.dev/restore-test': 'false' },
          });
          if (action === 'rds:DeleteDBInstance') {
            expect(Resource).toBe(`arn:aws:rds:${region}:111111111111:db:mst-aeon-*`);
          }
        }
        expect(statementsWith(name, action)).toHaveLength(1);
      }
    }
  });

  it('make nothing without the tag of the environment', () => {
    for (const [name, action] of [
      ['restore-database', 'rds:RestoreDBInstanceFromDBSnapshot'],
      ['restore-database', 'rds:AddTagsToResource'],
    ] as const) {
      for (const { Condition } of statementsWith(`mainstay-aeon-${name}`, action)) {
        expect(Condition).toEqual({ StringEquals: { 'aws:RequestTag/mainstay.dev/environment': 'aeon' } });
      }
    }
  });

  it('read secrets only where they log in, once in the isolated network and once beside the running databases', () => {
    const reading = names.filter((name) => statementsWith(name, 'secretsmanager:GetSecretValue').length > 0);
    const tasks = ['compare-database', 'warm-database'];
    const expected = tasks.flatMap((task) => [`mainstay-aeon-${task}-beside`, `mainstay-aeon-${task}-isolated`]);
    expect(reading.sort()).toEqual(expected);
    const subnetsOf = (name: string) =>
      JSON.stringify(propertiesWhere(template, 'AWS::Lambda::Function', 'FunctionName', name)['VpcConfig']);
    expect(subnetsOf('mainstay-aeon-warm-database-isolated')).toContain('Isolated');
    expect(subnetsOf('mainstay-aeon-warm-database-beside')).not.toContain('Isolated');
    const inNetwork = functions.filter(({ VpcConfig }) => VpcConfig !== undefined);
    expect(inNetwork.map(({ FunctionName }) => String(FunctionName)).sort()).toEqual(expected);
  });

  it('run without the scheduled jobs of the database, with all its other parameters', () => {
    const [group] = Object.values(resourcesOf(template, 'AWS::RDS::DBParameterGroup'));
    expect(group?.Properties['Parameters']).toMatchObject({ 'cron.database_name': 'postgres', 'rds.force_ssl': '1' });
  });

  it('are tested on Mondays by the turn that both regions tell alike, and swept each hour', () => {
    const rules = Object.values(resourcesOf(template, 'AWS::Events::Rule')).map(({ Properties }) => [
      Properties['Name'],
      Properties['ScheduleExpression'],
    ]);
    expect(rules).toEqual([
      ['mainstay-aeon-restore-test', 'cron(30 4 * * ? *)'],
      ['mainstay-aeon-sweep-restore-tests', 'rate(1 hour)'],
    ]);
  });

  it('are told what the definition says', () => {
    const { Environment } = propertiesWhere(
      template,
      'AWS::Lambda::Function',
      'FunctionName',
      'mainstay-aeon-choose-set',
    );
    const { Variables } = Environment as { Variables: Record<string, { 'Fn::Join': [string, (string | object)[]] }> };
    const parts = Variables['MAINSTAY_RESTORES']?.['Fn::Join'][1] ?? [];
    const text = parts.map((part) => (typeof part === 'string' ? part : 'sg-1')).join('');
    expect(restoreSettings.parse(JSON.parse(text))).toMatchObject({
      regions: ['us-east-1', 'us-west-2'],
      everyDays: 7,
      recoveryTimeSeconds: 900,
      approval: { required: true },
      isolated: { subnetGroup: 'mainstay-aeon-restores', zone: `${region}a` },
      beside: { subnetGroup: 'aeon' },
    });
  });

  it('alarm when something is left, and when nothing was proven for two periods and a day', () => {
    const alarms = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map(({ Properties }) => [
      Properties['AlarmName'],
      Properties['Threshold'],
      Properties['TreatMissingData'],
    ]);
    expect(alarms).toEqual([
      ['mainstay-aeon-restore-test-left-behind', 1, 'ignore'],
      ['mainstay-aeon-restore-test-aborted', 1, 'notBreaching'],
      ['mainstay-aeon-no-proven-restore', 360, 'ignore'],
    ]);
  });
});

it('a question that is asked in the standby is answered there', () => {
  const standby = all['AeonStandby'];
  expect(resourcesOf(standby, 'AWS::DynamoDB::Table')).not.toEqual({});
  propertiesWhere(standby, 'AWS::StepFunctions::StateMachine', 'StateMachineName', 'mainstay-aeon-approval-answer');
  const answering = taskStatements(standby, 'mainstay-aeon-answer-approval');
  expect(JSON.stringify(answering)).toContain('stateMachine:mainstay-aeon-restore');
});

it('a definition without tests has no schedule for them, and can be restored all the same', () => {
  const { restoreTest: _none, ...backups } = aeon.backups;
  const template = templates('production', { ...aeon, backups })['AeonRestore'];
  const rules = Object.values(resourcesOf(template, 'AWS::Events::Rule')).map(({ Properties }) => Properties['Name']);
  expect(rules).toEqual(['mainstay-aeon-sweep-restore-tests']);
  expect(Object.keys(resourcesOf(template, 'AWS::StepFunctions::StateMachine'))).toHaveLength(2);
});
