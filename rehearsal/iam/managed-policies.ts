/**
 * AWS managed policies that the synthesized app attaches. Documents from the AWS managed policy reference
 * (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html), where a simulated service exercises them.
 */
export interface ManagedPolicyEntry {
  /** Undefined: nothing in the rehearsal uses the rights, and a request that might need them is not judged. */
  readonly actions?: readonly string[];
  /** The rights are for parts that the rehearsal does not play: left out of the ledger of unused grants. */
  readonly inert: boolean;
}

const logsActions = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

/** By what follows `arn:aws:iam::aws:policy/`. */
const entries: Readonly<Record<string, ManagedPolicyEntry>> = {
  'service-role/AWSLambdaBasicExecutionRole': { actions: logsActions, inert: false },
  // Version 3 of January 2024.
  'service-role/AWSLambdaVPCAccessExecutionRole': {
    actions: [
      ...logsActions,
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ],
    inert: false,
  },
  AWSXRayDaemonWriteAccess: {
    actions: [
      'xray:PutTraceSegments',
      'xray:PutTelemetryRecords',
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:GetSamplingStatisticSummaries',
    ],
    inert: true,
  },
  // Pulled with by the nodes' container runtime.
  AmazonEC2ContainerRegistryReadOnly: {
    actions: [
      'ecr:GetAuthorizationToken',
      'ecr:BatchCheckLayerAvailability',
      'ecr:GetDownloadUrlForLayer',
      'ecr:GetRepositoryPolicy',
      'ecr:DescribeRepositories',
      'ecr:ListImages',
      'ecr:DescribeImages',
      'ecr:BatchGetImage',
      'ecr:GetLifecyclePolicy',
      'ecr:GetLifecyclePolicyPreview',
      'ecr:ListTagsForResource',
      'ecr:DescribeImageScanFindings',
    ],
    inert: true,
  },
  AmazonEC2ContainerRegistryPullOnly: {
    actions: [
      'ecr:GetAuthorizationToken',
      'ecr:BatchImportUpstreamImage',
      'ecr:BatchGetImage',
      'ecr:GetDownloadUrlForLayer',
    ],
    inert: true,
  },
  AmazonElasticContainerRegistryPublicReadOnly: { inert: true },
  AmazonEKSClusterPolicy: { inert: true },
  AmazonEKSWorkerNodePolicy: { inert: true },
  AmazonEKSWorkerNodeMinimalPolicy: { inert: true },
  AmazonEKSComputePolicy: { inert: true },
  AmazonEKSBlockStoragePolicy: { inert: true },
  AmazonEKSLoadBalancingPolicy: { inert: true },
  AmazonEKSNetworkingPolicy: { inert: true },
  AmazonEKSVPCResourceController: { inert: true },
  AmazonEKS_CNI_Policy: { inert: true },
  AmazonSSMManagedInstanceCore: { inert: true },
  'service-role/AmazonEBSCSIDriverPolicy': { inert: true },
  AmazonEBSCSIDriverPolicyV2: { inert: true },
  // Used by RDS's monitoring, whose figures are not simulated.
  'service-role/AmazonRDSEnhancedMonitoringRole': { inert: true },
};

export interface ManagedPolicyDocument {
  readonly name: string;
  readonly document?: unknown;
  readonly inert: boolean;
}

/** The managed policy with this ARN, or undefined when it is not in the table. */
export function managedPolicy(arn: string): ManagedPolicyDocument | undefined {
  const path = arn.replace('arn:aws:iam::aws:policy/', '');
  const entry = Object.hasOwn(entries, path) ? entries[path] : undefined;
  if (!entry) return undefined;
  const name = path.split('/').at(-1) ?? path;
  if (!entry.actions) return { name, inert: entry.inert };
  const statement = { Effect: 'Allow', Action: entry.actions, Resource: '*' };
  return { name, inert: entry.inert, document: { Version: '2012-10-17', Statement: [statement] } };
}
