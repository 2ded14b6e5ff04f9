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
    expect(Object.keys(resourcesOf(database, 'AWS::SecretsManager::SecretTargetAttachment'))).toHaveLength(4);
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
  const parameters = {
    shared_preload_libraries: 'pg_stat_statements,pg_tle,pg_cron',
    'cron.database_name': 'aeon_dt',
    'cron.log_run': 'off',
    'cron.log_statement': 'off',
  };

  it('is written by a scheduler inside the database, which keeps no record of its runs', () => {
    expect(only(database, 'AWS::RDS::DBParameterGroup').Properties['Parameters']).toMatchObject(parameters);
  });

  it('goes on in the replica when that is promoted', () => {
    expect(only(standby, 'AWS::RDS::DBParameterGroup').Properties['Parameters']).toMatchObject(parameters);
  });

  it('is scheduled anew when its period changes', () => {
    expect(only(database, 'Custom::MainstayDatabaseUsers').Properties).toMatchObject({
      Heartbeat: 'mainstay/aeon/databases/aeon-dt/heartbeat',
      HeartbeatPeriodSeconds: 2,
      FencePeriodSeconds: 2,
    });
  });

  it('has beside it the user that reads manifests', () => {
    expect(only(database, 'Custom::MainstayDatabaseUsers').Properties).toMatchObject({
      Manifest: 'mainstay/aeon/databases/aeon-dt/manifest',
    });
  });

  it('is started by no rule', () => {
    expect(Object.keys(resourcesOf(database, 'AWS::Events::Rule'))).toEqual([]);
  });
});

describe('the function that makes users', () => {
  const name = 'mainstay-aeon-prepare-database-aeon-dt';

  it('may read the secrets of the database and use their key through Secrets Manager, and nothing else', () => {
    const statements = taskStatements(database, name);
    expect(statements.map(({ Action }) => Action)).toEqual(['secretsmanager:GetSecretValue', 'kms:Decrypt']);
    expect(statements[1]?.Condition).toEqual({
      StringEquals: { 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com' },
    });
  });

  it('trusts the authorities of RDS that the runtime brings', () => {
    const properties = propertiesWhere(database, 'AWS::Lambda::Function', 'FunctionName', name);
    expect(properties['Environment']).toMatchObject({ Variables: { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' } });
  });
});

describe('a stage', () => {
  it('without a standby has neither replica, nor heartbeat, nor copies of secrets', () => {
    const staging = templates('staging');
    expect(Object.keys(staging).filter((name) => name.includes('Standby'))).toEqual([]);
    const users = only(staging['AeonStagingDatabase'], 'Custom::MainstayDatabaseUsers').Properties;
    expect([users['Heartbeat'], users['HeartbeatPeriodSeconds'], users['FencePeriodSeconds']]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
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
