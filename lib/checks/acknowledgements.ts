import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/*
 * Every finding of a check that we accept, each with its reason. Attached to the smallest construct that has it, never to a
 * stack, and by the exact finding: a new wildcard in a policy that has others fails the synth. A finding that is not here
 * fails it too.
 */

/** Why a right names a wildcard. */
export const wildcardReasons = {
  noResourceLevel: 'The action has no resource level: IAM takes it on all resources or not at all.',
  ownLogStreams: "Log streams get their names at run time; the wildcard ends the function's own log group.",
  networkInterfaces:
    'Lambda asks for these actions on all resources before it takes a function in a VPC; a Deny takes them away from the code in it.',
  deliveryParameters:
    'One parameter a service, below the path of this environment alone; the task learns the service from its input.',
  standbyReleases: 'One parameter a service, below the path of this environment alone, in the standby region.',
  allRepositories:
    "DescribeRepositories without a name is authorised on all of a region's: a repository that replication made has no name in a template.",
  platformRepositories:
    "One function reviews each of the platform's repositories, below the platform's own prefix, in every region that holds images.",
  allAlarms: 'DescribeAlarms is authorised on all alarms of the account and region, whichever it is asked for.',
  environmentAlarms:
    'Alarms of this environment alone, by the prefixes of its names: rollback alarms are made at run time.',
  rollbackAlarms: 'Alarms get their names from services and slots, below the prefix of this environment alone.',
  releasingExecutions: 'Executions get their names at run time; the wildcard ends the name of one state machine.',
  replicaRepositories: "ECR makes a replica for each of the platform's repositories, below the platform's own prefix.",
  loadBalancing:
    "The load-balancer controller names what it makes at run time; what changes something is limited to what carries this cluster's tag.",
  certificates: 'The controller finds the certificate by hostname; it is a person who asks ACM for it, at any time.',
} as const;

export type WildcardReason = keyof typeof wildcardReasons;

const managedPolicy = (name: string): string =>
  `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${name}]`;

/** Findings beside wildcards, by their exact ids. */
export const acknowledgements = {
  endpointSecurityGroup: {
    ids: ['AwsSolutions-EC23'],
    reason: "The rule cannot read the range that is let in: it is the VPC's own, known to CloudFormation alone.",
  },
  listedZones: {
    ids: ['CloudFormation-Validate::W3010'],
    reason:
      'The platform lists its zones and their ranges; a zone that came by look-up could differ from account to account.',
  },
  undeliveredQueue: {
    ids: ['AwsSolutions-SQS3'],
    reason: 'It is itself the dead-letter queue, of rules, which the check does not see.',
  },
  networkInterfaceAddOn: {
    ids: [managedPolicy('AmazonEKS_CNI_Policy')],
    reason: "AWS keeps the add-on's policy in step with the add-on, whose version EKS chooses.",
  },
  volumeAddOn: {
    ids: [managedPolicy('AmazonEBSCSIDriverPolicyV2')],
    reason: "AWS keeps the add-on's policy in step with the add-on, whose version EKS chooses.",
  },
  nodeRole: {
    ids: [managedPolicy('AmazonEKSWorkerNodePolicy'), managedPolicy('AmazonEC2ContainerRegistryPullOnly')],
    reason: 'What a node needs to join and to pull images; AWS keeps both policies in step with the node image.',
  },
  databaseMonitoring: {
    ids: [managedPolicy('service-role/AmazonRDSEnhancedMonitoringRole')],
    reason: 'What enhanced monitoring writes is the choice of RDS, which keeps the policy in step with it.',
  },
  databasePort: {
    ids: ['AwsSolutions-RDS11'],
    reason:
      "The platform's network rules name the engine's own port; who may connect is decided by the security groups.",
  },
  replicaBackups: {
    ids: ['AwsSolutions-RDS13'],
    reason: 'A replica that is backing up cannot be promoted; the instance that it follows is backed up.',
  },
  replicaEncryption: {
    ids: ['AwsSolutions-RDS2'],
    reason: 'A replica of an encrypted instance is encrypted; CloudFormation refuses the property beside its source.',
  },
  oneZone: {
    ids: ['AwsSolutions-RDS3'],
    reason: "The stage's definition asks for one zone: what is lost with it can be made anew.",
  },
  deletable: {
    ids: ['AwsSolutions-RDS10'],
    reason:
      "The stage's definition leaves the protection out, so that the stage can be torn down; a final snapshot stays.",
  },
  rotationByOurFunctions: {
    ids: ['AwsSolutions-SMG4'],
    reason:
      "Secrets are rotated by workflows of ours, which know promotions and failovers: Secrets Manager's own schedule does not.",
  },
  clusterRole: {
    ids: [managedPolicy('AmazonEKSClusterPolicy')],
    reason: 'EKS asks for exactly this policy on the role of its control plane.',
  },
  secretsEncryption: {
    ids: ['CloudFormation-Validate::W9009'],
    reason: "The CDK's cluster still names what the key encrypts; 'secrets' is all that EKS takes there.",
  },
  helmProvider: {
    ids: [
      managedPolicy('service-role/AWSLambdaBasicExecutionRole'),
      managedPolicy('service-role/AWSLambdaVPCAccessExecutionRole'),
      managedPolicy('AmazonEC2ContainerRegistryReadOnly'),
      'AwsSolutions-L1',
      'AwsSolutions-IAM4[Policy::{"Fn::If":["ClusterKubectlProviderHandlerHasEcrPublic69E09706",{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":iam::aws:policy/AmazonElasticContainerRegistryPublicReadOnly"]]},{"Ref":"AWS::NoValue"}]}]',
      'AwsSolutions-IAM5[Resource::<ClusterKubectlProviderHandler2E05C68A.Arn>:*]',
    ],
    reason: "The CDK's own provider of Helm charts, used at deployment alone: its rights are the CDK's to keep.",
  },
} as const satisfies Record<string, { readonly ids: readonly string[]; readonly reason: string }>;

export type AcknowledgementName = keyof typeof acknowledgements;

/** Accepts the named findings on a construct and what is below it. */
export function acknowledge(scope: IConstruct, name: AcknowledgementName): void {
  const { ids, reason } = acknowledgements[name];
  Validations.of(scope).acknowledge(...ids.map((id) => ({ id, reason })));
}

/** Accepts one wildcard resource in the policies of a role. */
export function acknowledgeWildcard(role: IConstruct, resource: string, because: WildcardReason): void {
  Validations.of(role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${resource}]`,
    reason: wildcardReasons[because],
  });
}
