import { KubectlV36Layer } from '@aws-cdk/lambda-layer-kubectl-v36';
import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import {
  CfnSecurityGroupIngress,
  type ISecurityGroup,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import {
  Cluster,
  ClusterLoggingTypes,
  DefaultCapacityType,
  EndpointAccess,
  type ICluster,
  KubernetesVersion,
} from 'aws-cdk-lib/aws-eks-v2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnLogGroup, LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { clusterName } from '../../domain/names.ts';
import type { NodeGroup as NodeGroupDefinition } from '../../platforms/schema.ts';
import { acknowledge } from '../checks/acknowledgements.ts';
import { AddOns } from '../constructs/add-ons.ts';
import { EncryptionKey } from '../constructs/encryption-key.ts';
import { GitOps } from '../constructs/git-ops.ts';
import { LoadBalancerController } from '../constructs/load-balancer-controller.ts';
import { NodeGroup } from '../constructs/node-group.ts';
import { retentionOf } from '../constructs/retention.ts';
import { type Environment, partOf, pascalCase, type Site } from '../environment.ts';
import type { NetworkStack } from './network-stack.ts';
import { PlatformStack } from './platform-stack.ts';

/** How functions of other stacks reach the cluster. */
export interface ClusterAccess {
  readonly name: string;
  readonly arn: string;
  readonly endpoint: string;
  /** PEM in base64, as EKS gives it. */
  readonly certificateAuthority: string;
  readonly vpc: IVpc;
  /** Of the key that encrypts the stores' volumes. */
  readonly volumesKeyArn: string;
  /** Of functions that talk to the cluster. */
  readonly functionSecurityGroup: ISecurityGroup;
  /** Of the nodes, and so of what runs on them. */
  readonly nodeSecurityGroupId: string;
}

/** The EKS cluster of one region, its nodes, add-ons, and the controller that makes load balancers. */
export class ClusterStack extends PlatformStack {
  readonly access: ClusterAccess;

  constructor(scope: Construct, environment: Environment, site: Site, network: NetworkStack) {
    const { cluster: definition, title } = environment.platform;
    super(scope, {
      environment,
      region: site.place.name,
      part: partOf(site, 'Cluster'),
      description: `${title} (${environment.stage}): EKS ${definition.kubernetesVersion} in ${site.place.name}`,
    });
    const cluster = this.cluster(environment, network.vpc);
    const volumesKey = new EncryptionKey(this, 'VolumesKey', {
      alias: `mainstay/${environment.name}/volumes`,
      description: `Volumes of the stores of ${environment.name}, and their snapshots in ${site.place.name}`,
    });
    const addOns = new AddOns(this, 'AddOns', {
      clusterName: cluster.clusterName,
      addOns: definition.addOns,
      volumesKeyArn: volumesKey.keyArn,
    });
    const groups = this.nodeGroups(environment, site, cluster, network.vpc);
    for (const group of groups) group.resource.node.addDependency(...addOns.beforeNodes);
    for (const addOn of addOns.afterNodes) addOn.node.addDependency(...groups);
    const controller = new LoadBalancerController(this, 'LoadBalancerController', {
      cluster,
      clusterName: clusterName(environment.name),
      vpcId: network.vpc.vpcId,
      nodeGroup: definition.systemNodeGroup,
    });
    controller.node.addDependency(...groups, ...addOns.afterNodes);
    if (definition.gitOps) {
      const gitOps = new GitOps(this, 'GitOps', {
        gitOps: definition.gitOps,
        clusterName: cluster.clusterName,
        environmentName: environment.name,
      });
      gitOps.node.addDependency(...groups);
    }
    this.access = {
      name: clusterName(environment.name),
      arn: cluster.clusterArn,
      endpoint: cluster.clusterEndpoint,
      certificateAuthority: cluster.clusterCertificateAuthorityData,
      vpc: network.vpc,
      volumesKeyArn: volumesKey.keyArn,
      functionSecurityGroup: this.functionSecurityGroup(cluster, network.vpc),
      nodeSecurityGroupId: cluster.clusterSecurityGroupId,
    };
    new CfnOutput(this, 'ClusterEndpoint', { value: cluster.clusterEndpoint, description: 'Kubernetes API, private' });
    new CfnOutput(this, 'Kubeconfig', {
      value: `aws eks update-kubeconfig --name ${this.access.name} --region ${this.region}`,
      description: 'From inside the VPC, after an access entry for you: aws eks create-access-entry',
    });
  }

  private cluster(environment: Environment, vpc: IVpc): ICluster {
    const { cluster: definition } = environment.platform;
    const name = clusterName(environment.name);
    const logGroupName = `/aws/eks/${name}/cluster`;
    const secretsEncryptionKey = new EncryptionKey(this, 'Key', {
      alias: `mainstay/${environment.name}/cluster`,
      description: `Kubernetes secrets and control-plane logs of ${name}`,
      // CloudFormation makes a function's name of the stack's, cut to fit 64 characters, and more.
      logGroupNames: [logGroupName, `/aws/lambda/${this.stackName.slice(0, 20)}*`],
    });
    // Made before the cluster: EKS would make it without a key and keep it for ever.
    const logGroup = new LogGroup(this, 'ControlPlaneLogs', {
      logGroupName,
      encryptionKey: secretsEncryptionKey,
      retention: retentionOf(definition.logRetentionDays),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const cluster = new Cluster(this, 'Cluster', {
      clusterName: name,
      version: KubernetesVersion.of(definition.kubernetesVersion),
      vpc,
      vpcSubnets: [{ subnets: vpc.privateSubnets }],
      endpointAccess: endpointAccess(definition.publicEndpointCidrs),
      secretsEncryptionKey,
      clusterLogging: definition.controlPlaneLogs.map((log) => loggingTypes[log]),
      defaultCapacityType: DefaultCapacityType.NODEGROUP,
      defaultCapacity: 0,
      bootstrapClusterCreatorAdminPermissions: false,
      // The platform's add-ons are EKS's managed ones.
      bootstrapSelfManagedAddons: false,
      kubectlProviderOptions: { kubectlLayer: new KubectlV36Layer(this, 'KubectlLayer') },
      removalPolicy: RemovalPolicy.RETAIN,
      outputConfigCommand: false,
    });
    cluster.node.addDependency(logGroup);
    // The functions that install charts are the CDK's: it makes their log groups without a key, for two years.
    for (const child of cluster.node.findAll()) {
      if (!(child instanceof CfnLogGroup)) continue;
      child.kmsKeyId = secretsEncryptionKey.keyArn;
      child.retentionInDays = retentionOf(definition.logRetentionDays);
    }
    acknowledge(cluster, 'clusterRole');
    acknowledge(cluster, 'helmProvider');
    acknowledge(cluster, 'secretsEncryption');
    // The CDK's classes and interfaces differ under exactOptionalPropertyTypes alone.
    return cluster as ICluster;
  }

  private nodeGroups(environment: Environment, site: Site, cluster: ICluster, vpc: IVpc): NodeGroup[] {
    const nodeRole = new Role(this, 'NodeRole', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      description: `Nodes of ${environment.name}`,
      managedPolicies: ['AmazonEKSWorkerNodePolicy', 'AmazonEC2ContainerRegistryPullOnly'].map((policy) =>
        ManagedPolicy.fromAwsManagedPolicyName(policy),
      ),
    });
    acknowledge(nodeRole, 'nodeRole');
    return environment.platform.cluster.nodeGroups.map(
      (definition) =>
        new NodeGroup(this, `${pascalCase(definition.name)}Nodes`, {
          definition: site.role === 'standby' ? warm(definition) : definition,
          environmentName: environment.name,
          clusterName: cluster.clusterName,
          nodeRole,
          subnets: vpc.privateSubnets,
        }),
    );
  }

  /** Functions reach the cluster's endpoint and, over TLS, the endpoints of AWS. Nothing reaches them. */
  private functionSecurityGroup(cluster: ICluster, vpc: IVpc): SecurityGroup {
    const securityGroup = new SecurityGroup(this, 'FunctionSecurityGroup', {
      vpc,
      description: 'Functions of the control plane: out to the Kubernetes API and to AWS, nothing in',
      allowAllOutbound: false,
    });
    securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'Kubernetes API; AWS endpoints, through NAT as well');
    new CfnSecurityGroupIngress(this, 'FunctionsToCluster', {
      groupId: cluster.clusterSecurityGroupId,
      sourceSecurityGroupId: securityGroup.securityGroupId,
      ipProtocol: 'tcp',
      fromPort: 443,
      toPort: 443,
      description: 'Control-plane functions to the Kubernetes API',
    });
    return securityGroup;
  }
}

/** Running before they are needed, as few as the definition allows: no launch stands on the path of a failover. */
function warm(group: NodeGroupDefinition): NodeGroupDefinition {
  return { ...group, capacity: { ...group.capacity, desired: group.capacity.minimum } };
}

const loggingTypes = {
  api: ClusterLoggingTypes.API,
  audit: ClusterLoggingTypes.AUDIT,
  authenticator: ClusterLoggingTypes.AUTHENTICATOR,
  controllerManager: ClusterLoggingTypes.CONTROLLER_MANAGER,
  scheduler: ClusterLoggingTypes.SCHEDULER,
} as const;

function endpointAccess(publicCidrs: readonly string[]): EndpointAccess {
  return publicCidrs.length === 0 ? EndpointAccess.PRIVATE : EndpointAccess.PUBLIC_AND_PRIVATE.onlyFrom(...publicCidrs);
}
