import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { loadBalancerControllerGrants } from '../../../lib/constructs/load-balancer-controller-policy.ts';
import { propertiesWhere, resourcesOf, templates } from '../synthesized.ts';

const cluster = templates()['AeonCluster'];

describe('cluster', () => {
  it('has a private endpoint only, encrypts secrets and logs everything that its control plane does', () => {
    cluster?.hasResourceProperties('AWS::EKS::Cluster', {
      Name: 'aeon',
      Version: '1.36',
      ResourcesVpcConfig: { EndpointPrivateAccess: true, EndpointPublicAccess: false },
      EncryptionConfig: [{ Provider: { KeyArn: Match.anyValue() }, Resources: ['secrets'] }],
      Logging: {
        ClusterLogging: {
          EnabledTypes: [
            { Type: 'api' },
            { Type: 'audit' },
            { Type: 'authenticator' },
            { Type: 'controllerManager' },
            { Type: 'scheduler' },
          ],
        },
      },
      AccessConfig: { AuthenticationMode: 'API', BootstrapClusterCreatorAdminPermissions: false },
    });
    cluster?.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: '/aws/eks/aeon/cluster',
      RetentionInDays: 30,
    });
  });

  it.each([
    [
      'api',
      'SPOT',
      ['t3.xlarge', 't3.2xlarge'],
      [3, 5, 100],
      100,
      [{ Key: 'workload', Value: 'api', Effect: 'NO_SCHEDULE' }],
    ],
    ['workers', 'SPOT', ['t3.large', 't3.xlarge'], [2, 5, 50], 50, []],
    [
      'databases',
      'ON_DEMAND',
      ['r6i.2xlarge'],
      [3, 3, 10],
      500,
      [{ Key: 'workload', Value: 'database', Effect: 'NO_SCHEDULE' }],
    ],
  ] as const)(
    'has the node group %s as the platform lists it',
    (name, purchase, types, [minimum, desired, maximum], gibibytes, taints) => {
      const group = propertiesWhere(cluster, 'AWS::EKS::Nodegroup', 'NodegroupName', name);
      expect(group).toMatchObject({
        CapacityType: purchase,
        InstanceTypes: types,
        ScalingConfig: { MinSize: minimum, DesiredSize: desired, MaxSize: maximum },
        Taints: taints,
      });
      const template = propertiesWhere(cluster, 'AWS::EC2::LaunchTemplate', 'LaunchTemplateName', `aeon-${name}`);
      expect(template['LaunchTemplateData']).toMatchObject({
        BlockDeviceMappings: [{ Ebs: { Encrypted: true, VolumeSize: gibibytes, VolumeType: 'gp3' } }],
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      });
    },
  );

  it('stands in the standby as well, with the fewest nodes of each group running', () => {
    const standby = templates()['AeonStandbyCluster'];
    const sizes = Object.values(resourcesOf(standby, 'AWS::EKS::Nodegroup')).map(({ Properties }) => [
      Properties['NodegroupName'],
      Properties['ScalingConfig'],
    ]);
    expect(sizes).toEqual([
      ['api', { MinSize: 3, DesiredSize: 3, MaxSize: 100 }],
      ['workers', { MinSize: 2, DesiredSize: 2, MaxSize: 50 }],
      ['databases', { MinSize: 3, DesiredSize: 3, MaxSize: 10 }],
    ]);
    standby?.hasResourceProperties('AWS::EKS::Cluster', { Name: 'aeon', Version: '1.36' });
  });

  it('lets the volume driver use the volumes’ key, through EC2 alone for what outlives the call', () => {
    const roles = Object.values(resourcesOf(cluster, 'AWS::IAM::Role'));
    const driver = roles.find(({ Properties }) => Properties['Description'] === 'EKS add-on aws-ebs-csi-driver');
    const key = { 'Fn::GetAtt': ['VolumesKey2F247E6D', 'Arn'] };
    expect(driver?.Properties['Policies']).toMatchObject([
      {
        PolicyDocument: {
          Statement: [
            {
              Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
              Resource: key,
              Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
            },
            { Resource: key },
          ],
        },
      },
    ]);
  });

  it('has its add-ons, of which those that call AWS do it with an identity of their own', () => {
    const addOns = Object.values(resourcesOf(cluster, 'AWS::EKS::Addon')).map(({ Properties }) => [
      Properties['AddonName'],
      Properties['PodIdentityAssociations'] !== undefined,
    ]);
    expect(addOns).toEqual([
      ['eks-pod-identity-agent', false],
      ['vpc-cni', true],
      ['coredns', false],
      ['kube-proxy', false],
      ['aws-ebs-csi-driver', true],
      ['metrics-server', false],
      ['kube-state-metrics', false],
      ['aws-secrets-store-csi-driver-provider', false],
    ]);
  });

  it('enforces network policies', () => {
    cluster?.hasResourceProperties('AWS::EKS::Addon', {
      AddonName: 'vpc-cni',
      ConfigurationValues: '{"enableNetworkPolicy":"true"}',
    });
  });

  it('installs the Gateway API and then its controller, both at a pinned version', () => {
    const charts = Object.values(resourcesOf(cluster, 'Custom::AWSCDK-EKS-HelmChart')).map(({ Properties }) => [
      Properties['Chart'],
      Properties['Version'],
    ]);
    expect(charts).toEqual([
      ['gateway-api-crds', '1.2.3'],
      ['aws-load-balancer-controller', '3.5.0'],
    ]);
    const controller = Object.values(resourcesOf(cluster, 'Custom::AWSCDK-EKS-HelmChart'))[1];
    expect(controller?.DependsOn?.toString()).toContain('GatewayApi');
  });

  it('opens its API to the functions of the control plane by their security group alone', () => {
    cluster?.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      FromPort: 443,
      ToPort: 443,
      SourceSecurityGroupId: Match.anyValue(),
      CidrIp: Match.absent(),
    });
  });
});

describe('rights of the load-balancer controller', () => {
  const place = { region: 'us-east-1', account: '111111111111', clusterName: 'aeon' };
  const grants = loadBalancerControllerGrants(place);

  it('change only what carries the tag of this cluster', () => {
    const changing = grants.filter(({ actions }) => actions.some((action) => !/:(Describe|List|Get)/.test(action)));
    const free = changing
      .filter(({ conditions }) => conditions === undefined)
      .map(({ actions, resources }) => [actions, resources]);
    // A security group is made in a VPC, which has no tag of the controller's.
    expect(free).toEqual([[['ec2:CreateSecurityGroup'], ['arn:aws:ec2:us-east-1:111111111111:vpc/*']]]);
  });

  it('do not reach Network Load Balancers, firewalls or user pools', () => {
    const all = JSON.stringify(grants);
    for (const absent of ['/net/', 'waf', 'shield', 'cognito']) expect(all).not.toContain(absent);
  });
});
