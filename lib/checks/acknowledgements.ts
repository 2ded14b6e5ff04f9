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
  rotationPlans:
    'One parameter a rotated secret, below the path of this environment alone; the task learns the secret from its input.',
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
  otherRegionsKey:
    "A key has no name: one of another stack, or of the other region, is found by its alias, which the right's condition demands, so that neither stack needs the other.",
  environmentDatabases:
    'Databases of this environment alone, by the prefix of their names: a thousand of them would pass the size of a policy.',
  recoverySetSnapshots:
    'Snapshots get their names from set and database at run time, below the prefix of this environment alone.',
  everySnapshot:
    'The quota counts every manual snapshot of the region, whoever made it: all of them are listed before one is made.',
  taggedVolumes:
    'Volumes and their snapshots have ids and no names; the right is limited to the tag of this environment, or to what is made with it.',
  databaseParameters:
    'One parameter and one secret a database, below the path of this environment alone; the task learns the database from its input.',
  platformParameters: 'What the platform is told, below the path of this environment alone: it goes into each set.',
  childExecutions:
    'Children of a distributed Map get their names at run time; the wildcard ends the name of one state machine.',
  backupExecutions: 'Executions get their names at run time; the wildcard ends the name of one state machine.',
  backedUpDatabases: 'As many parameters as the databases need, below the path of this environment alone.',
  recoverySetObjects: 'Objects get their names from set and database at run time, in one bucket of this environment.',
  restoredInstances:
    "A person names the instance that is restored, and the running one's parameter group is CloudFormation's to name; the right asks for this environment's tag in what is made.",
  testedInstances: "Instances of restore tests, by their prefix and by the tag that the right's condition asks for.",
  restoredVolumes:
    "EBS names volumes and snapshots; the right's conditions ask for this environment's tags, and for a test's where one is removed.",
  restoredKeys:
    "A set's key is that of the databases, the volumes or the sets: found by their aliases, which the right's condition demands.",
  restoredLogins:
    'A set names its secrets at run time, below the path of this environment alone; each is tried at the restored database.',
  restoreExecutions: 'Executions get their names at run time; the wildcard ends the name of one state machine.',
  failoverParameters:
    'One parameter for the platform, and one a database and service, below the path of this environment alone.',
  failoverRestores:
    "The set is chosen at run time, and the instance's parameter group is CloudFormation's to name; the right makes one instance a database, with this environment's tag.",
  staleInstances: 'What is set aside is named after the reign in which it was; only looked at.',
  rebuiltReplicas: "An instance's parameter group is CloudFormation's to name; the instance and its source are named.",
  failoverKeys:
    "Keys of other stacks of this region, each found by its alias, which the right's condition demands; the right only asks whether one is enabled.",
  nodeGroups: 'EKS adds an id to the name of a node group; the group itself is named.',
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
  backupBucketAccess: {
    ids: ['AwsSolutions-S1'],
    reason:
      "CloudTrail has the calls that make and change it; what is in it is found by its checksums, not by who read it, and a log of a log's bucket has no end.",
  },
  isolatedFlowLog: {
    ids: ['AwsSolutions-VPC7'],
    reason:
      'No route leads into it or out of it, and a few hours a week something stands in it: there is no flow to be logged.',
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
      "The check looks for the schedule in the secret's own stack: it stands in the stack of the rotations, which need the database first.",
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
