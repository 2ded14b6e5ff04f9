import { describe, expect, it } from 'vitest';
import { NotYetDeployable } from '../../../lib/not-yet-deployable.ts';
import { aeon } from '../../../platforms/aeon.ts';
import { definedApp, propertiesWhere, resourcesOf, taskStatements, templates } from '../synthesized.ts';

const production = templates();
const database = production['AeonDatabase'];
const standby = production['AeonStandbyDatabase'];
const type = 'AWS::RDS::DBInstance';

function only(stack: typeof database, wanted: string) {
  const found = Object.values(resourcesOf(stack, wanted));
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} ${wanted}`);
  return found[0];
}

describe('the database', () => {
  it('has the figures of the platform', () => {
    expect(only(database, type).Properties).toMatchObject({
      DBInstanceIdentifier: 'aeon-aeon-dt',
      Engine: 'postgres',
      EngineVersion: '18.3',
      DBInstanceClass: 'db.r6i.2xlarge',
      AllocatedStorage: '1000',
      StorageType: 'gp3',
      MultiAZ: true,
      BackupRetentionPeriod: 30,
      PreferredBackupWindow: '03:00-04:00',
      PreferredMaintenanceWindow: 'sun:04:00-sun:05:00',
      DeletionProtection: true,
      EnableCloudwatchLogsExports: ['postgresql'],
    });
  });

  it('is encrypted, private, and leaves a final snapshot', () => {
    const { Properties, DeletionPolicy } = only(database, type);
    expect(Properties).toMatchObject({ StorageEncrypted: true, PubliclyAccessible: false });
    expect(Properties['KmsKeyId']).toEqual({ 'Fn::GetAtt': ['PlaceKey6417FC1B', 'Arn'] });
    expect(DeletionPolicy).toBe('Snapshot');
  });

  it('forces TLS and logs slow statements', () => {
    const { Properties } = only(database, 'AWS::RDS::DBParameterGroup');
    expect(Properties).toMatchObject({
      Family: 'postgres18',
      Parameters: { 'rds.force_ssl': '1', log_min_duration_statement: '1000', password_encryption: 'scram-sha-256' },
    });
  });

  it('has a password that no template shows and RDS does not manage', () => {
    const { Properties } = only(database, type);
    expect(Properties['MasterUserPassword']).toBe(
      '{{resolve:secretsmanager:mainstay/aeon/databases/aeon-dt/master:SecretString:password}}',
    );
    expect(Properties).not.toHaveProperty('ManageMasterUserPassword');
  });

  it('is reached from the nodes and from its own functions, on its port alone', () => {
    const ways = Object.values(resourcesOf(database, 'AWS::EC2::SecurityGroupIngress')).map(
      ({ Properties }) => Properties,
    );
    expect(ways.map(({ Description }) => Description)).toEqual(["The cluster's nodes", 'The functions of this stack']);
    for (const way of ways) expect(way).toMatchObject({ IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432 });
    for (const way of ways) expect(way).not.toHaveProperty('CidrIp');
    for (const { Properties } of Object.values(resourcesOf(database, 'AWS::EC2::SecurityGroup'))) {
      expect(Properties).not.toHaveProperty('SecurityGroupIngress');
    }
  });

  it('writes where it is into every secret that opens it', () => {
    expect(Object.keys(resourcesOf(database, 'AWS::SecretsManager::SecretTargetAttachment'))).toHaveLength(3);
  });
});

describe('the replica', () => {
  it('names its source by an ARN that follows from the definition', () => {
    expect(only(standby, type).Properties).toMatchObject({
      DBInstanceIdentifier: 'aeon-aeon-dt',
      SourceDBInstanceIdentifier: 'arn:aws:rds:us-east-1:111111111111:db:aeon-aeon-dt',
      SourceRegion: 'us-east-1',
      MultiAZ: true,
    });
  });

  it('lies under a key of its own region, and its stack reads nothing of the other', () => {
    expect(only(standby, type).Properties['KmsKeyId']).toEqual({ 'Fn::GetAtt': ['PlaceKey6417FC1B', 'Arn'] });
    const text = JSON.stringify(standby?.toJSON());
    expect(text).not.toMatch(/"Region":"us-east-1"/);
    expect(text).not.toMatch(/"StackName":"Aeon(?!Standby)/);
  });

  it('has no backups, so that it can be promoted at any moment, and stays when its stack goes', () => {
    const { Properties, DeletionPolicy } = only(standby, type);
    expect([Properties['BackupRetentionPeriod'], DeletionPolicy]).toEqual([0, 'Retain']);
  });

  it('has the parameters of its source, TLS forced as well', () => {
    const parametersOf = (stack: typeof database) => only(stack, 'AWS::RDS::DBParameterGroup').Properties['Parameters'];
    expect(parametersOf(standby)).toEqual(parametersOf(database));
  });
});

describe('the heartbeat', () => {
  it('is started each minute and not tried again', () => {
    expect(only(database, 'AWS::Events::Rule').Properties).toMatchObject({
      Name: 'mainstay-aeon-heartbeat-aeon-dt',
      ScheduleExpression: 'rate(1 minute)',
      Targets: [{ RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 } }],
    });
    expect(only(database, 'AWS::Lambda::EventInvokeConfig').Properties).toMatchObject({ MaximumRetryAttempts: 0 });
  });

  it('may read its own secret and use its key through Secrets Manager, and nothing else', () => {
    const statements = taskStatements(database, 'mainstay-aeon-heartbeat-aeon-dt');
    expect(statements.map(({ Action }) => Action)).toEqual(['secretsmanager:GetSecretValue', 'kms:Decrypt']);
    expect(statements[1]?.Condition).toEqual({
      StringEquals: { 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com' },
    });
  });

  it('trusts the authorities of RDS that the runtime brings', () => {
    const properties = propertiesWhere(
      database,
      'AWS::Lambda::Function',
      'FunctionName',
      'mainstay-aeon-heartbeat-aeon-dt',
    );
    expect(properties['Environment']).toMatchObject({ Variables: { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' } });
  });
});

describe('a stage', () => {
  it('without a standby has neither replica, nor heartbeat, nor copies of secrets', () => {
    const staging = templates('staging');
    expect(Object.keys(staging).filter((name) => name.includes('Standby'))).toEqual([]);
    expect(Object.keys(resourcesOf(staging['AeonStagingDatabase'], 'AWS::Events::Rule'))).toEqual([]);
    for (const { Properties } of Object.values(
      resourcesOf(staging['AeonStagingSecrets'], 'AWS::SecretsManager::Secret'),
    )) {
      expect(Properties).not.toHaveProperty('ReplicaRegions');
    }
  });

  it('that is smaller differs by its figures alone', () => {
    expect(only(templates('development')['AeonDevelopmentDatabase'], type).Properties).toMatchObject({
      DBInstanceIdentifier: 'aeon-development-aeon-dt',
      DBInstanceClass: 'db.r6i.large',
      AllocatedStorage: '100',
      MultiAZ: false,
      DeletionProtection: false,
      StorageEncrypted: true,
    });
  });
});

describe('what no stack makes yet', () => {
  it('is refused: a proxy in front of a database', () => {
    const [first, ...others] = aeon.databases;
    if (!first) throw new Error('aeon has a database');
    const pooled = { ...first, connections: { maximum: 200, pooled: true } };
    expect(() => definedApp('production', { ...aeon, databases: [pooled, ...others] })).toThrow(NotYetDeployable);
  });
});
