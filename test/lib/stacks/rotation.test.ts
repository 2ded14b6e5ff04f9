import { describe, expect, it } from 'vitest';
import { rotationPlan } from '../../../domain/rotation.ts';
import { aeon } from '../../../platforms/aeon.ts';
import type { Platform, Secret } from '../../../platforms/schema.ts';
import { actionsOf, propertiesWhere, resourcesOf, taskStatements, templates } from '../synthesized.ts';

const all = templates();
const primary = all['AeonRotation'];
const standby = all['AeonStandbyRotation'];
const rotations = ['aeon-dt-postgres', 'aeon-dt-master', 'aeon-dt-heartbeat', 'aeon-dt-manifest'];
const secretOf: Readonly<Record<string, string>> = {
  'aeon-dt-postgres': 'mainstay/aeon/secrets/aeon-dt-postgres',
  'aeon-dt-master': 'mainstay/aeon/databases/aeon-dt/master',
  'aeon-dt-heartbeat': 'mainstay/aeon/databases/aeon-dt/heartbeat',
  'aeon-dt-manifest': 'mainstay/aeon/databases/aeon-dt/manifest',
};
const both = [
  ['us-east-1', primary],
  ['us-west-2', standby],
] as const;

describe('schedules', () => {
  it('rotate every 30 days, within three hours after midnight, and never because of a deployment', () => {
    const schedules = Object.values(resourcesOf(primary, 'AWS::SecretsManager::RotationSchedule'));
    expect(schedules.map(({ Properties }) => Properties['SecretId'])).toEqual(Object.values(secretOf));
    for (const { Properties } of schedules) {
      expect(Properties).toMatchObject({
        RotationRules: { ScheduleExpression: 'rate(30 days)', Duration: '3h' },
        RotateImmediatelyOnUpdate: false,
      });
    }
  });

  it('begin once the function may be invoked and its plan can be read', () => {
    for (const { DependsOn } of Object.values(resourcesOf(primary, 'AWS::SecretsManager::RotationSchedule'))) {
      const types = [DependsOn ?? []].flat().map((id) => resourcesOf(primary)[id]?.Type);
      expect(types).toEqual(expect.arrayContaining(['AWS::Lambda::Permission', 'AWS::SSM::Parameter']));
    }
  });

  it('are none in the standby, where copies cannot rotate', () => {
    expect(resourcesOf(standby, 'AWS::SecretsManager::RotationSchedule')).toEqual({});
  });
});

describe.each(both)('the functions in %s', (region, template) => {
  const functionOf = (task: string) =>
    propertiesWhere(template, 'AWS::Lambda::Function', 'FunctionName', `mainstay-aeon-${task}`);
  const resourcesFor = (task: string, action: string): string[] =>
    taskStatements(template, `mainstay-aeon-${task}`)
      .filter((statement) => [statement.Action].flat().includes(action))
      .flatMap(({ Resource }) => [Resource].flat().map((resource) => JSON.stringify(resource)));

  it.each(rotations)('rotate %s, and Secrets Manager may invoke each for its secret alone', (rotation) => {
    const permissions = Object.values(resourcesOf(template, 'AWS::Lambda::Permission')).map(
      ({ Properties }) => Properties,
    );
    const arn = `arn:aws:secretsmanager:${region}:111111111111:secret:${secretOf[rotation]}-??????`;
    const mine = permissions.filter(({ SourceArn }) => SourceArn === arn);
    expect(mine).toMatchObject([{ Principal: 'secretsmanager.amazonaws.com', SourceAccount: '111111111111' }]);
    expect(functionOf(`rotate-${rotation}`)).toMatchObject({
      Timeout: 120,
      Environment: { Variables: { MAINSTAY_ROTATED_SECRET: rotation } },
    });
  });

  it.each(rotations)('write to the secret of %s alone, and read its superuser', (rotation) => {
    const secret = (name: string) => `"arn:aws:secretsmanager:${region}:111111111111:secret:${name}-??????"`;
    const task = `rotate-${rotation}`;
    const mine = secret(String(secretOf[rotation]));
    for (const action of ['PutSecretValue', 'UpdateSecretVersionStage']) {
      expect(resourcesFor(task, `secretsmanager:${action}`)).toEqual([mine]);
    }
    const superuser = rotation === 'aeon-dt-master' ? [] : [secret('mainstay/aeon/databases/aeon-dt/master')];
    expect(resourcesFor(task, 'secretsmanager:GetSecretValue')).toEqual([mine, ...superuser]);
    expect(resourcesFor(task, 'states:StartExecution')).toEqual([
      `"arn:aws:states:${region}:111111111111:stateMachine:mainstay-aeon-secret-rollout"`,
    ]);
  });

  it('may not start a rotation, but for the watchdog', () => {
    const names = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).map(({ Properties }) =>
      String(Properties['FunctionName']),
    );
    const starting = names.filter((name) =>
      actionsOf(taskStatements(template, name)).includes('secretsmanager:RotateSecret'),
    );
    expect(starting).toEqual(['mainstay-aeon-watch-rotations']);
  });

  it('that look at the cluster read no secret, and those that read secrets are not in the cluster', () => {
    for (const { Properties } of Object.values(resourcesOf(template, 'AWS::Lambda::Function'))) {
      const { Variables } = Properties['Environment'] as { Variables: Record<string, unknown> };
      const reads = actionsOf(taskStatements(template, String(Properties['FunctionName']))).includes(
        'secretsmanager:GetSecretValue',
      );
      expect([Properties['FunctionName'], reads && 'MAINSTAY_CLUSTER_NAME' in Variables]).toEqual([
        Properties['FunctionName'],
        false,
      ]);
    }
  });

  it('reach the database by a way of their own', () => {
    const [into] = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress'));
    expect(into?.Properties).toMatchObject({ IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432 });
    const [group] = Object.keys(resourcesOf(template, 'AWS::EC2::SecurityGroup'));
    expect(JSON.stringify(into?.Properties['SourceSecurityGroupId'])).toContain(group);
  });

  it('are looked after every fifteen minutes', () => {
    const rules = Object.values(resourcesOf(template, 'AWS::Events::Rule')).map(({ Properties }) => [
      Properties['Name'],
      Properties['ScheduleExpression'],
    ]);
    const follows = region === 'us-west-2' ? [['mainstay-aeon-follow-secrets', 'rate(15 minutes)']] : [];
    expect(rules).toEqual([['mainstay-aeon-watch-rotations', 'rate(15 minutes)'], ...follows]);
  });
});

describe('plans', () => {
  const plansOf = (template: typeof primary) =>
    Object.values(resourcesOf(template, 'AWS::SSM::Parameter')).map(({ Properties }) => [
      Properties['Name'],
      rotationPlan.parse(JSON.parse(String(Properties['Value']))),
    ]);

  it('are the same in both regions: what they name has the same name in each', () => {
    expect(plansOf(standby)).toEqual(plansOf(primary));
    expect(plansOf(primary).map(([name]) => name)).toEqual(
      rotations.map((rotation) => `/mainstay/aeon/secrets/${rotation}/rotation`),
    );
  });
});

describe('the interlock', () => {
  it.each(['AeonDelivery', 'AeonStandby'])(
    'of %s is a table of its region, under our key, which forgets by itself',
    (stack) => {
      const table = propertiesWhere(all[stack], 'AWS::DynamoDB::Table', 'TableName', 'mainstay-aeon-interlock');
      expect(table).toMatchObject({
        KeySchema: [{ AttributeName: 'subject', KeyType: 'HASH' }],
        TimeToLiveSpecification: { AttributeName: 'removeAt', Enabled: true },
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
        DeletionProtectionEnabled: true,
      });
    },
  );
});

describe('a key', () => {
  const [login] = aeon.secrets.entries;
  const key: Secret = {
    name: 'tokens',
    kind: 'jwt',
    consumers: ['aeon-dt-api'],
    overlapHours: 48,
    rotateEveryDays: 90,
  };
  const platform: Platform = {
    ...aeon,
    secrets: { ...aeon.secrets, entries: [...(login ? [login] : []), key] },
  };
  const template = templates('production', platform)['AeonRotation'];

  it('rotates by its own days', () => {
    const name = 'mainstay/aeon/secrets/tokens';
    const schedule = propertiesWhere(template, 'AWS::SecretsManager::RotationSchedule', 'SecretId', name);
    expect(schedule['RotationRules']).toEqual({ ScheduleExpression: 'rate(90 days)', Duration: '3h' });
  });

  it('needs no way into the network and no superuser', () => {
    const name = 'mainstay-aeon-rotate-tokens';
    const rotating = propertiesWhere(template, 'AWS::Lambda::Function', 'FunctionName', name);
    expect(rotating).not.toHaveProperty('VpcConfig');
    const read = taskStatements(template, name).filter(({ Action }) =>
      [Action].flat().includes('secretsmanager:GetSecretValue'),
    );
    expect(read).toHaveLength(1);
    expect(
      propertiesWhere(template, 'AWS::Lambda::Function', 'FunctionName', 'mainstay-aeon-rotate-aeon-dt-postgres'),
    ).toHaveProperty('VpcConfig');
  });
});
