import { createCloudWatch } from '../../../rehearsal/aws/cloudwatch.ts';
import { createEc2 } from '../../../rehearsal/aws/ec2-inert.ts';
import { createKms } from '../../../rehearsal/aws/kms.ts';
import type { Rds } from '../../../rehearsal/aws/rds.ts';
import { createRds } from '../../../rehearsal/aws/rds.ts';
import { createSecretsManager, type SecretsManager } from '../../../rehearsal/aws/secretsmanager.ts';
import { createRehearsal } from '../../../rehearsal/rehearsal.ts';
import { smallAssembly } from '../assembly/small-assembly.ts';
import { startsAt } from './services-world.ts';

type Resources = Readonly<
  Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
>;

/** A VPC with a subnet group, and a key: what an instance stands on. */
export const ground: Resources = {
  Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
  A: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: { Ref: 'Vpc' }, CidrBlock: '10.0.1.0/24' } },
  B: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: { Ref: 'Vpc' }, CidrBlock: '10.0.2.0/24' } },
  Subnets: { Type: 'AWS::RDS::DBSubnetGroup', Properties: { SubnetIds: [{ Ref: 'A' }, { Ref: 'B' }] } },
  Parameters: {
    Type: 'AWS::RDS::DBParameterGroup',
    Properties: { Family: 'postgres18', Parameters: { 'rds.force_ssl': '1' } },
  },
  Key: { Type: 'AWS::KMS::Key', Properties: {} },
  Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/secrets', TargetKeyId: { Ref: 'Key' } } },
};

export const secret = {
  Type: 'AWS::SecretsManager::Secret',
  Properties: {
    Name: 'master',
    KmsKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] },
    GenerateSecretString: {
      SecretStringTemplate: '{"username":"chief"}',
      GenerateStringKey: 'password',
      PasswordLength: 20,
      ExcludePunctuation: true,
    },
  },
};

export const instance = {
  Type: 'AWS::RDS::DBInstance',
  Properties: {
    DBInstanceIdentifier: 'shop',
    DBSubnetGroupName: { Ref: 'Subnets' },
    DBParameterGroupName: { Ref: 'Parameters' },
    Engine: 'postgres',
    DBName: 'shop',
    MasterUsername: '{{resolve:secretsmanager:master:SecretString:username}}',
    MasterUserPassword: '{{resolve:secretsmanager:master:SecretString:password}}',
    StorageEncrypted: true,
    KmsKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] },
    BackupRetentionPeriod: 7,
  },
  DependsOn: 'Secret',
};

export function replica(more: Readonly<Record<string, unknown>> = {}) {
  return {
    Type: 'AWS::RDS::DBInstance',
    Properties: {
      DBInstanceIdentifier: 'shop',
      DBSubnetGroupName: { Ref: 'Subnets' },
      DBParameterGroupName: { Ref: 'Parameters' },
      SourceDBInstanceIdentifier: 'arn:aws:rds:us-east-1:111111111111:db:shop',
      KmsKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] },
      ...more,
    },
  };
}

/** Databases and secrets with these stacks deployed, one a region. */
export async function databasesWorld(stacks: Readonly<Record<string, object>>) {
  const rehearsal = await createRehearsal({
    assemblyDirectory: smallAssembly(
      Object.entries(stacks).map(([region, resources], index) => ({
        name: `Stack${index}`,
        region,
        template: { Resources: resources },
        dependsOn: index === 0 ? [] : [`Stack${index - 1}`],
      })),
    ),
    seed: 1,
    startsAt,
    modules: [createCloudWatch, createEc2, createKms, createRds, createSecretsManager],
  });
  return {
    rehearsal,
    rds: rehearsal.account.service<Rds>('rds'),
    secrets: rehearsal.account.service<SecretsManager>('secretsmanager'),
  };
}
