import { Stack } from 'aws-cdk-lib';
import { CfnPolicy } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { stages } from '../../domain/names.ts';
import { NotYetDeployable } from '../../lib/platform-app.ts';
import { aeon } from '../../platforms/aeon.ts';
import { losses, type StatefulResources, statefulIn } from './stateful.ts';
import { definedApp, resourcesOf, type Statement, templates } from './synthesized.ts';

const production = templates();

/** Renaming one of these deletes what it holds: data, keys, images, addresses that others know. */
const stateful: StatefulResources = {
  AeonImages: {
    Key961B73FD: 'AWS::KMS::Key',
    AeonDtApi: 'AWS::ECR::Repository',
    AeonDtWorker: 'AWS::ECR::Repository',
    AeonDtOpenspg: 'AWS::ECR::Repository',
    AeonDtBackup: 'AWS::ECR::Repository',
  },
  'AeonImagesReplica-us-west-2': { Key961B73FD: 'AWS::KMS::Key' },
  'AeonImagesReplica-eu-west-1': { Key961B73FD: 'AWS::KMS::Key' },
  AeonNetwork: { Key961B73FD: 'AWS::KMS::Key', Vpc8378EB38: 'AWS::EC2::VPC' },
  AeonCluster: {
    Key961B73FD: 'AWS::KMS::Key',
    VolumesKey2F247E6D: 'AWS::KMS::Key',
    ClusterEB0386A7: 'AWS::EKS::Cluster',
  },
  AeonWorkloads: { Key961B73FD: 'AWS::KMS::Key' },
  AeonDelivery: {
    Key961B73FD: 'AWS::KMS::Key',
    Approvals8537C562: 'AWS::DynamoDB::Table',
    InterlockB92E26AA: 'AWS::DynamoDB::Table',
    NotificationsCritical45E4AD13: 'AWS::SNS::Topic',
    NotificationsWarningDF69F716: 'AWS::SNS::Topic',
    NotificationsInformation7E8758DC: 'AWS::SNS::Topic',
  },
  AeonStandbyNetwork: { Key961B73FD: 'AWS::KMS::Key', Vpc8378EB38: 'AWS::EC2::VPC' },
  AeonStandbyCluster: {
    Key961B73FD: 'AWS::KMS::Key',
    VolumesKey2F247E6D: 'AWS::KMS::Key',
    ClusterEB0386A7: 'AWS::EKS::Cluster',
  },
  AeonStandbyWorkloads: { Key961B73FD: 'AWS::KMS::Key' },
  AeonStandby: {
    Key961B73FD: 'AWS::KMS::Key',
    Approvals8537C562: 'AWS::DynamoDB::Table',
    InterlockB92E26AA: 'AWS::DynamoDB::Table',
    NotificationsCritical45E4AD13: 'AWS::SNS::Topic',
    NotificationsWarningDF69F716: 'AWS::SNS::Topic',
    NotificationsInformation7E8758DC: 'AWS::SNS::Topic',
  },
  AeonSecrets: {
    Key961B73FD: 'AWS::KMS::Key',
    AeonDtMasterSecret6B9D2511: 'AWS::SecretsManager::Secret',
    AeonDtHeartbeatSecret3AFA3872: 'AWS::SecretsManager::Secret',
    AeonDtManifestSecret6BC8A727: 'AWS::SecretsManager::Secret',
    AeonDtPostgresSecretCD82D4ED: 'AWS::SecretsManager::Secret',
  },
  AeonStandbySecrets: { Key961B73FD: 'AWS::KMS::Key' },
  AeonBackups: {
    Key961B73FD: 'AWS::KMS::Key',
    RecoverySetsB672C2F4: 'AWS::DynamoDB::Table',
    SetsC8638706: 'AWS::S3::Bucket',
    Exports25637AFB: 'AWS::S3::Bucket',
    ArchiveDA4CB258: 'AWS::S3::Bucket',
  },
  AeonStandbyBackups: {
    Key961B73FD: 'AWS::KMS::Key',
    RecoverySetsB672C2F4: 'AWS::DynamoDB::Table',
    SetsC8638706: 'AWS::S3::Bucket',
    Exports25637AFB: 'AWS::S3::Bucket',
    ArchiveDA4CB258: 'AWS::S3::Bucket',
  },
  AeonRestore: { IsolatedVpcB985E05F: 'AWS::EC2::VPC' },
  AeonStandbyRestore: { IsolatedVpcB985E05F: 'AWS::EC2::VPC' },
  AeonFailover: { LeasesEBFF46EF: 'AWS::DynamoDB::Table' },
  AeonStandbyFailover: { LeasesEBFF46EF: 'AWS::DynamoDB::Table' },
  AeonWitness: { Key961B73FD: 'AWS::KMS::Key', LeasesEBFF46EF: 'AWS::DynamoDB::Table' },
  AeonTraffic: { Key961B73FD: 'AWS::KMS::Key' },
  AeonDatabase: { PlaceKey6417FC1B: 'AWS::KMS::Key', AeonDtInstance9E131CD4: 'AWS::RDS::DBInstance' },
  AeonWatching: {
    Key961B73FD: 'AWS::KMS::Key',
    EscalationTopicF4635DE5: 'AWS::SNS::Topic',
    PrometheusWorkspaceF3098DB6: 'AWS::APS::Workspace',
  },
  AeonStandbyWatching: {
    Key961B73FD: 'AWS::KMS::Key',
    EscalationTopicF4635DE5: 'AWS::SNS::Topic',
    PrometheusWorkspaceF3098DB6: 'AWS::APS::Workspace',
  },
  AeonStandbyDatabase: { PlaceKey6417FC1B: 'AWS::KMS::Key', AeonDtInstance9E131CD4: 'AWS::RDS::DBInstance' },
};

function identityStatements(stack: string): Statement[] {
  return Object.values(resourcesOf(production[stack])).flatMap(({ Type, Properties }): Statement[] => {
    const inline = (Properties['Policies'] ?? []) as { PolicyDocument: { Statement: Statement[] } }[];
    const own = Properties['PolicyDocument'] as { Statement: Statement[] } | undefined;
    if (Type === 'AWS::IAM::Role') return inline.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    return Type === 'AWS::IAM::Policy' ? (own?.Statement ?? []) : [];
  });
}

describe('the checks', () => {
  it.each(stages)('find nothing in %s that is not accepted with its reason', (stage) => {
    const report = new AwsSolutionsChecks().validateScope(definedApp(stage));
    expect(report.violations.map(({ ruleName, violatingResources }) => [ruleName, violatingResources])).toEqual([]);
  });

  it('find a wildcard that nobody has given a reason for', () => {
    const app = definedApp();
    const [stack] = app.node.children.filter((child) => child instanceof Stack);
    new CfnPolicy(stack as Stack, 'Unexplained', {
      policyName: 'unexplained',
      policyDocument: { Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }] },
    });
    const report = new AwsSolutionsChecks().validateScope(app);
    expect(report.violations.map(({ ruleName }) => ruleName)).toEqual(['AwsSolutions-IAM5[Resource::*]']);
  });

  it('need no account: nothing is looked up', () => {
    expect(definedApp().synth().manifest.missing ?? []).toEqual([]);
  });

  it('leave a definition that no stack can make to no surprise', () => {
    const limited = {
      ...aeon,
      gateway: { ...aeon.gateway, requestLimit: { requests: 100, perSeconds: 1, by: 'address' as const } },
    };
    expect(() => definedApp('production', limited)).toThrow(NotYetDeployable);
  });
});

describe('every stack', () => {
  it('of an environment is there, in its region', () => {
    expect(Object.keys(production)).toEqual([
      'AeonImagesReplica-us-west-2',
      'AeonImagesReplica-eu-west-1',
      'AeonImages',
      'AeonNetwork',
      'AeonCluster',
      'AeonStandbyNetwork',
      'AeonStandbyCluster',
      'AeonSecrets',
      'AeonDatabase',
      'AeonStandbySecrets',
      'AeonStandbyDatabase',
      'AeonWorkloads',
      'AeonDelivery',
      'AeonRotation',
      'AeonBackups',
      'AeonStandbyWorkloads',
      'AeonStandby',
      'AeonStandbyRotation',
      'AeonStandbyBackups',
      'AeonStandbyRestore',
      'AeonStandbyFailover',
      'AeonStandbyWatching',
      'AeonRestore',
      'AeonFailover',
      'AeonWitness',
      'AeonTraffic',
      'AeonWatching',
    ]);
  });

  it.each(Object.keys(production))('%s stays below the limits of CloudFormation', (stack) => {
    const template = production[stack]?.toJSON() ?? {};
    expect(Object.keys(template['Resources']).length).toBeLessThan(450);
    expect(JSON.stringify(template).length).toBeLessThan(900_000);
  });

  it('keeps the logical ids of what holds state: a changed one loses it', () => {
    expect(losses(stateful, statefulIn(production))).toEqual([]);
  });

  it('says what would be lost when a logical id changes', () => {
    const { Key961B73FD: type, ...others } = stateful['AeonImages'] ?? {};
    const renamed = { ...stateful, AeonImages: { ...others, KeyRenamed: String(type) } };
    expect(losses(stateful, renamed)).toEqual([
      'AeonImages/Key961B73FD (AWS::KMS::Key) is gone or renamed. Lost would be: the key: what it encrypted stays with a key that no stack manages any more, until its deletion makes it unreadable.',
      "AeonImages/KeyRenamed (AWS::KMS::Key) holds state and is not listed: add it, so that it can't be lost unseen.",
    ]);
  });

  it.each(Object.keys(stateful))(
    '%s leaves keys, images, tables and the cluster behind when it is deleted',
    (stack) => {
      const kept = ['AWS::KMS::Key', 'AWS::ECR::Repository', 'AWS::DynamoDB::Table', 'AWS::EKS::Cluster'];
      for (const { Type, DeletionPolicy } of Object.values(resourcesOf(production[stack]))) {
        if (kept.includes(Type)) expect([Type, DeletionPolicy]).toEqual([Type, 'Retain']);
      }
    },
  );

  it.each(Object.keys(production))('%s allows no action by a wildcard', (stack) => {
    const actions = identityStatements(stack).flatMap(({ Action }) => Action);
    // The CDK's Helm provider lets its framework invoke every version of its own function, by resource.
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it.each(stages)('is defined for the stage %s', (stage) => {
    const expected =
      stage === 'production' ? 'AeonDelivery' : `Aeon${stage[0]?.toUpperCase()}${stage.slice(1)}Delivery`;
    expect(Object.keys(templates(stage))).toContain(expected);
  });

  it('uses no custom resource but the charts, our objects, our databases and the load balancers that are found by name', () => {
    const types = Object.values(production).flatMap((template) =>
      Object.values(resourcesOf(template)).map(({ Type }) => Type),
    );
    const custom = new Set(types.filter((type) => type.startsWith('Custom::') || type.includes('CustomResource')));
    expect([...custom].sort()).toEqual([
      'Custom::AWSCDK-EKS-HelmChart',
      'Custom::MainstayDatabaseUsers',
      'Custom::MainstayEntrance',
      'Custom::MainstayKubernetesObjects',
    ]);
  });

  it('has a standby only where the stage has one', () => {
    expect(Object.keys(templates('staging')).some((name) => name.endsWith('Standby'))).toBe(false);
  });
});
