import { installKinds } from '../kubernetes/cluster.ts';
import { secretsStoreDefinitions } from '../kubernetes/definitions.ts';
import type { Taint } from '../kubernetes/nodes.ts';
import type { AccessPolicy } from '../kubernetes/rbac.ts';
import type { Eks } from './eks.ts';
import { capabilityProvider } from './eks-capabilities.ts';
import { assertModelled } from './modelled.ts';
import type { World } from './module.ts';
import { AwsError, type ResourceProvider, type ResourceRequest, type SimulatedService, Unmodelled } from './service.ts';

interface Subnets {
  vpcOfSubnet(subnetId: string): string;
}

type Loose = Record<string, unknown>;

const textOf = (properties: Readonly<Loose>, name: string): string => String(properties[name] ?? '');
const isTrue = (value: unknown): boolean => value === true || value === 'true';

/** The CloudFormation types of EKS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EKS.html */
export function clusterProviders(eks: Eks, world: World): ResourceProvider[] {
  return [
    clusterProvider(eks, world),
    nodegroup(eks),
    addon(eks),
    accessEntry(eks),
    podIdentity(eks),
    capabilityProvider(eks, world),
  ];
}

function clusterProvider(eks: Eks, world: World): ResourceProvider {
  return {
    type: 'AWS::EKS::Cluster',
    modelled: ['Name', 'ResourcesVpcConfig', 'Version', 'AccessConfig'],
    inert: {
      RoleArn: 'the control plane is trusted; what its role may do is not asked',
      KubernetesNetworkConfig: 'addresses within the cluster play no part',
      EncryptionConfig: 'etcd is memory here',
      Logging: 'control-plane logs are the event log',
      BootstrapSelfManagedAddons: 'add-ons are counted as load of the nodes',
      ComputeConfig: 'nodes are those of node groups',
      StorageConfig: 'volumes are those of claims',
      DeletionProtection: 'nothing is deleted in a rehearsal',
      UpgradePolicy: 'no upgrade is rehearsed',
      ZonalShiftConfig: 'no zone fails yet',
      Tags: 'tags of clusters play no part',
    },
    create: (request) => createCluster(eks, world, request),
  };
}

function createCluster(eks: Eks, world: World, request: ResourceRequest) {
  const { properties, region, account } = request;
  const name = textOf(properties, 'Name') || `${request.stackName}-${request.logicalId}`;
  const network = (properties['ResourcesVpcConfig'] ?? {}) as Loose;
  assertModelled(
    network,
    ['SubnetIds', 'SecurityGroupIds', 'EndpointPrivateAccess', 'EndpointPublicAccess', 'PublicAccessCidrs'],
    `ResourcesVpcConfig of ${name}`,
  );
  const access = (properties['AccessConfig'] ?? {}) as Loose;
  if (access['AuthenticationMode'] === 'CONFIG_MAP')
    throw new Unmodelled('AuthenticationMode CONFIG_MAP: the rehearsal models access entries (API).');
  const subnet = ((network['SubnetIds'] ?? []) as string[])[0];
  const cidrs = (network['PublicAccessCidrs'] ?? ['0.0.0.0/0']) as string[];
  const vpcId =
    subnet === undefined ? undefined : world.account.service<SimulatedService & Subnets>('ec2').vpcOfSubnet(subnet);
  const cluster = eks.createCluster({
    name,
    region,
    account,
    ...(vpcId === undefined ? {} : { vpcId }),
    privateAccess: isTrue(network['EndpointPrivateAccess']),
    // A function's public address is not known here: only an endpoint open to all is open to it.
    publicAccess:
      (network['EndpointPublicAccess'] === undefined || isTrue(network['EndpointPublicAccess'])) &&
      cidrs.includes('0.0.0.0/0'),
  });
  const id = cluster.host.split('.')[0] ?? '';
  return {
    ref: name,
    attributes: {
      Arn: `arn:aws:eks:${region}:${account}:cluster/${name}`,
      Endpoint: `https://${cluster.host}`,
      CertificateAuthorityData: Buffer.from(cluster.certificateAuthority).toString('base64'),
      ClusterSecurityGroupId: `sg-0${id.toLowerCase().slice(0, 16)}`,
      OpenIdConnectIssuerUrl: `https://oidc.eks.${region}.amazonaws.com/id/${id}`,
      EncryptionConfigKeyArn: '',
      Id: name,
      KubernetesNetworkConfig: {},
    },
  };
}

function nodegroup(eks: Eks): ResourceProvider {
  return {
    type: 'AWS::EKS::Nodegroup',
    modelled: ['ClusterName', 'NodegroupName', 'ScalingConfig', 'InstanceTypes', 'Labels', 'Taints', 'CapacityType'],
    inert: {
      NodeRole: "nodes pull images by the registry's contents alone",
      Subnets: 'nodes are spread over three zones',
      AmiType: 'images of nodes play no part',
      DiskSize: 'disks do not fill up yet',
      LaunchTemplate: 'its settings do not show in what pods do',
      UpdateConfig: 'nodes are not updated in a rehearsal',
      NodeRepairConfig: 'nodes do not fail yet',
      Tags: 'tags of nodes play no part',
      Version: 'versions of nodes play no part',
      ReleaseVersion: 'versions of nodes play no part',
      RemoteAccess: 'nobody logs in',
      ForceUpdateEnabled: 'nodes are not updated in a rehearsal',
    },
    create: ({ properties, logicalId, region, account }) => {
      const clusterName = textOf(properties, 'ClusterName');
      const name = textOf(properties, 'NodegroupName') || logicalId;
      const scaling = (properties['ScalingConfig'] ?? {}) as Record<string, number | undefined>;
      const taints = ((properties['Taints'] ?? []) as { Key: string; Value?: string; Effect: string }[]).map(
        ({ Key, Value, Effect }): Taint => ({
          key: Key,
          effect: Effect,
          ...(Value === undefined ? {} : { value: Value }),
        }),
      );
      const instanceTypes = (properties['InstanceTypes'] ?? ['t3.medium']) as string[];
      const minimum = Number(scaling['MinSize'] ?? 1);
      const desired = Number(scaling['DesiredSize'] ?? minimum);
      const arn = `arn:aws:eks:${region}:${account}:nodegroup/${clusterName}/${name}/${logicalId}`;
      eks.nodeGroups.add({
        cluster: eks.cluster(region, clusterName),
        arn,
        instanceTypes,
        scaling: { minimum, maximum: Number(scaling['MaxSize'] ?? Math.max(1, desired)), desired },
        options: {
          name,
          // Assumed: a group gets the first of its instance types.
          instanceType: instanceTypes[0] ?? 't3.medium',
          size: desired,
          labels: (properties['Labels'] ?? {}) as Record<string, string>,
          taints,
          spot: properties['CapacityType'] === 'SPOT',
        },
      });
      return {
        ref: `${clusterName}/${name}`,
        attributes: { Arn: arn, ClusterName: clusterName, NodegroupName: name, Id: `${clusterName}/${name}` },
      };
    },
  };
}

const addOns = [
  'vpc-cni',
  'coredns',
  'kube-proxy',
  'aws-ebs-csi-driver',
  'eks-pod-identity-agent',
  'metrics-server',
  'snapshot-controller',
  'aws-secrets-store-csi-driver-provider',
  'kube-state-metrics',
  'eks-node-monitoring-agent',
  'amazon-cloudwatch-observability',
];

function addon(eks: Eks): ResourceProvider {
  return {
    type: 'AWS::EKS::Addon',
    modelled: ['ClusterName', 'AddonName', 'PodIdentityAssociations', 'ConfigurationValues'],
    inert: {
      AddonVersion: 'add-ons are counted as load of the nodes',
      ResolveConflicts: 'nothing conflicts with an add-on here',
      ServiceAccountRoleArn: 'add-ons call no AWS service here',
      PreserveOnDelete: 'nothing is deleted in a rehearsal',
      Tags: 'tags of add-ons play no part',
    },
    create: ({ properties, region, account }) => {
      const cluster = eks.cluster(region, textOf(properties, 'ClusterName'));
      const clusterName = cluster.options.name;
      const name = textOf(properties, 'AddonName');
      if (!addOns.includes(name))
        throw new Unmodelled(`The rehearsal does not know the add-on ${name}; it knows ${addOns.join(', ')}.`);
      if (name === 'aws-secrets-store-csi-driver-provider') installKinds(cluster, secretsStoreDefinitions);
      cluster.addOns.add(name);
      if (name === 'vpc-cni') cluster.enforcesNetworkPolicies = enforcesPolicies(properties);
      const arn = `arn:aws:eks:${region}:${account}:addon/${clusterName}/${name}`;
      return { ref: `${clusterName}|${name}`, attributes: { Arn: arn } };
    },
  };
}

/** The add-on's own setting, off unless told: https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html */
function enforcesPolicies(properties: Readonly<Loose>): boolean {
  const text = textOf(properties, 'ConfigurationValues') || '{}';
  if (!text.trimStart().startsWith('{')) throw new Unmodelled('ConfigurationValues of vpc-cni are read as JSON alone.');
  return isTrue((JSON.parse(text) as Loose)['enableNetworkPolicy']);
}

interface AccessPolicyProperty {
  readonly PolicyArn: string;
  readonly AccessScope: { readonly Type: string; readonly Namespaces?: readonly string[] };
}

const modelledPolicies = ['AmazonEKSClusterAdminPolicy', 'AmazonEKSAdminViewPolicy'];

function accessEntry(eks: Eks): ResourceProvider {
  return {
    type: 'AWS::EKS::AccessEntry',
    modelled: ['ClusterName', 'PrincipalArn', 'KubernetesGroups', 'Username', 'AccessPolicies', 'Type'],
    inert: { Tags: 'tags of access entries play no part' },
    create: ({ properties, region, account, logicalId }) => {
      const clusterName = textOf(properties, 'ClusterName');
      const principalArn = textOf(properties, 'PrincipalArn');
      const type = properties['Type'] ?? 'STANDARD';
      const groups = (properties['KubernetesGroups'] ?? []) as string[];
      const reserved = groups.find((group) => /^(system:|eks:|aws:|amazon:|iam:)/.test(group));
      if (reserved) {
        throw new AwsError(
          'InvalidParameterException',
          `The kubernetes group name ${reserved} is invalid, it cannot start with system:, eks:, aws:, amazon: or iam:`,
        );
      }
      const policies = ((properties['AccessPolicies'] ?? []) as AccessPolicyProperty[]).map(accessPolicy);
      if (type === 'STANDARD') {
        const username = properties['Username'] === undefined ? undefined : String(properties['Username']);
        eks.cluster(region, clusterName).grantAccess({ principalArn, username, groups, policies });
      }
      const arn = `arn:aws:eks:${region}:${account}:access-entry/${clusterName}/role/${account}/${logicalId}`;
      return { ref: `${principalArn}|${clusterName}`, attributes: { AccessEntryArn: arn } };
    },
  };
}

function accessPolicy({ PolicyArn, AccessScope }: AccessPolicyProperty): AccessPolicy {
  const name = PolicyArn.slice(PolicyArn.lastIndexOf('/') + 1);
  if (!modelledPolicies.includes(name))
    throw new Unmodelled(
      `The rehearsal does not model the access policy ${name}; modelled are ${modelledPolicies.join(', ')}.`,
    );
  return AccessScope.Type === 'cluster' ? { name } : { name, namespaces: AccessScope.Namespaces ?? [] };
}

function podIdentity(eks: Eks): ResourceProvider {
  return {
    type: 'AWS::EKS::PodIdentityAssociation',
    modelled: ['ClusterName', 'Namespace', 'ServiceAccount', 'RoleArn'],
    inert: { Tags: 'tags of associations play no part', DisableSessionTags: 'policies here do not read session tags' },
    create: ({ properties, region, account, logicalId }) => {
      const cluster = eks.cluster(region, textOf(properties, 'ClusterName'));
      eks.associate(
        cluster,
        textOf(properties, 'Namespace'),
        textOf(properties, 'ServiceAccount'),
        textOf(properties, 'RoleArn'),
      );
      const arn = `arn:aws:eks:${region}:${account}:podidentityassociation/${cluster.options.name}/a-${logicalId}`;
      return { ref: arn, attributes: { AssociationArn: arn, AssociationId: `a-${logicalId}` } };
    },
  };
}
