import type { DeployedResource, ResourceRequest } from '../aws/service.ts';
import type { Template } from './template.ts';

/** How much of something a resource takes, and of whose share: a security group's rules, a region's rules of EventBridge. */
interface Taken {
  readonly of: string;
  readonly amount: number;
}

type Taking = (request: ResourceRequest, deployed: DeployedResource) => readonly Taken[];

/** What AWS allows without being asked. */
export interface Quota {
  readonly name: string;
  readonly limit: number;
  /** Whether AWS raises it on request. */
  readonly adjustable: boolean;
  readonly page: string;
  /** By resource type. */
  readonly takes: Readonly<Record<string, Taking>>;
}

/** How much of a quota a deployment has taken, where it took most. */
export interface QuotaUse {
  readonly name: string;
  readonly of: string;
  readonly used: number;
  readonly limit: number;
}

/** A deployment needs more than AWS gives an account that has asked for nothing. */
export class QuotaExceeded extends Error {
  override readonly name = 'QuotaExceeded';

  constructor(place: string, quota: Pick<Quota, 'name' | 'limit' | 'adjustable' | 'page'>, of: string, used: number) {
    const remedy = quota.adjustable
      ? 'Make fewer, or have AWS raise it (Service Quotas) before the deployment.'
      : 'AWS does not raise it: make it smaller, or split it.';
    super(`${place}: ${quota.name} of ${of} would be ${used}; allowed are ${quota.limit} (${quota.page}). ${remedy}`);
  }
}

const iam = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html';
const vpc = 'https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html';
const endpoints = 'https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html';
const events = 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html';
const cloudwatch = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html';
const logs = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html';
const eks = 'https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html';
const rds = 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html';
const prometheus = 'https://docs.aws.amazon.com/prometheus/latest/userguide/AMP_quotas.html';
const ecr = 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html';
const kms = 'https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html';
const sns = 'https://docs.aws.amazon.com/general/latest/gr/sns.html';
const sqs = 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html';
const lambda = 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html';
const cloudFormation = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html';

const perRegion: Taking = ({ region }) => [{ of: region, amount: 1 }];
const perAccount: Taking = ({ account }) => [{ of: account, amount: 1 }];
/** One for each value of a property, in its region. */
const per =
  (property: string): Taking =>
  ({ region, properties }) => [{ of: `${properties[property]} in ${region}`, amount: 1 }];
/** A size of the resource itself. */
const sized =
  (amount: (properties: ResourceRequest['properties']) => number): Taking =>
  ({ stackName, logicalId, properties }) => [{ of: `${stackName}/${logicalId}`, amount: amount(properties) }];

const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const characters = (value: unknown): number => JSON.stringify(value ?? '').length;
/** As IAM counts: without white space between the words of the JSON. */
const policyCharacters = (policies: unknown): number =>
  listed(policies).reduce<number>(
    (sum, policy) => sum + characters((policy as { PolicyDocument?: unknown }).PolicyDocument),
    0,
  );
const groupRules =
  (direction: 'SecurityGroupIngress' | 'SecurityGroupEgress'): Taking =>
  ({ properties }, deployed) => [
    { of: String(deployed.attributes['GroupId'] ?? deployed.ref), amount: listed(properties[direction]).length },
  ];
const groupRule: Taking = ({ properties }) => [{ of: String(properties['GroupId']), amount: 1 }];
const endpointOf =
  (kind: 'Interface' | 'Gateway', of: (request: ResourceRequest) => string): Taking =>
  (request) =>
    (request.properties['VpcEndpointType'] ?? 'Gateway') === kind ? [{ of: of(request), amount: 1 }] : [];
const dashboardWidgets = (body: unknown): number => {
  const { widgets } = JSON.parse(String(body)) as { widgets?: readonly unknown[] };
  return widgets?.length ?? 0;
};
const destinations = (configuration: unknown): number => {
  const { Rules } = (configuration ?? {}) as { Rules?: readonly { Destinations?: readonly { Region?: string }[] }[] };
  return new Set((Rules ?? []).flatMap(({ Destinations }) => (Destinations ?? []).map(({ Region }) => Region))).size;
};

function quota(name: string, limit: number, page: string, takes: Quota['takes'], adjustable = true): Quota {
  return { name, limit, adjustable, page, takes };
}

/** What is checked, at its default: an account that has asked for more passes what fails here. */
export const quotas: readonly Quota[] = [
  quota('IAM roles per account', 1000, iam, { 'AWS::IAM::Role': perAccount }),
  quota(
    'characters of a role’s inline policies together',
    10_240,
    iam,
    {
      'AWS::IAM::Role': ({ properties }, { ref }) => [{ of: ref, amount: policyCharacters(properties['Policies']) }],
      'AWS::IAM::Policy': ({ properties }) =>
        listed(properties['Roles']).map((role) => ({
          of: String(role),
          amount: characters(properties['PolicyDocument']),
        })),
    },
    false,
  ),
  quota(
    'characters of a managed policy',
    6144,
    iam,
    { 'AWS::IAM::ManagedPolicy': sized(({ PolicyDocument }) => characters(PolicyDocument)) },
    false,
  ),
  quota('characters of a role’s trust policy', 2048, iam, {
    'AWS::IAM::Role': sized(({ AssumeRolePolicyDocument }) => characters(AssumeRolePolicyDocument)),
  }),
  quota('managed policies of a role', 10, iam, {
    'AWS::IAM::Role': sized(({ ManagedPolicyArns }) => listed(ManagedPolicyArns).length),
  }),
  quota('VPCs per region', 5, vpc, { 'AWS::EC2::VPC': perRegion }),
  quota('subnets per VPC', 200, vpc, { 'AWS::EC2::Subnet': per('VpcId') }),
  quota('Elastic IP addresses per region', 5, vpc, { 'AWS::EC2::EIP': perRegion }),
  quota('routes per route table', 500, vpc, { 'AWS::EC2::Route': per('RouteTableId') }),
  quota('security groups per region', 2500, vpc, { 'AWS::EC2::SecurityGroup': perRegion }),
  quota('inbound rules of a security group', 60, vpc, {
    'AWS::EC2::SecurityGroup': groupRules('SecurityGroupIngress'),
    'AWS::EC2::SecurityGroupIngress': groupRule,
  }),
  quota('outbound rules of a security group', 60, vpc, {
    'AWS::EC2::SecurityGroup': groupRules('SecurityGroupEgress'),
    'AWS::EC2::SecurityGroupEgress': groupRule,
  }),
  quota('interface endpoints per VPC', 50, endpoints, {
    'AWS::EC2::VPCEndpoint': endpointOf('Interface', ({ properties }) => String(properties['VpcId'])),
  }),
  quota('gateway endpoints per region', 20, endpoints, {
    'AWS::EC2::VPCEndpoint': endpointOf('Gateway', ({ region }) => region),
  }),
  quota('rules per event bus', 300, events, {
    'AWS::Events::Rule': ({ region, properties }) => [
      { of: `${properties['EventBusName'] ?? 'default'} in ${region}`, amount: 1 },
    ],
  }),
  quota('targets of a rule', 5, events, { 'AWS::Events::Rule': sized(({ Targets }) => listed(Targets).length) }, false),
  quota('characters of an event pattern', 2048, events, {
    'AWS::Events::Rule': sized(({ EventPattern }) => (EventPattern === undefined ? 0 : characters(EventPattern))),
  }),
  quota('alarms per region', 5000, cloudwatch, {
    'AWS::CloudWatch::Alarm': perRegion,
    'AWS::CloudWatch::CompositeAlarm': perRegion,
  }),
  quota(
    'widgets of a dashboard',
    500,
    cloudwatch,
    { 'AWS::CloudWatch::Dashboard': sized(({ DashboardBody }) => dashboardWidgets(DashboardBody)) },
    false,
  ),
  quota('metric filters of a log group', 100, logs, { 'AWS::Logs::MetricFilter': per('LogGroupName') }, false),
  quota('clusters per region', 100, eks, { 'AWS::EKS::Cluster': perRegion }),
  quota('node groups of a cluster', 30, eks, { 'AWS::EKS::Nodegroup': per('ClusterName') }),
  quota('nodes of a node group', 450, eks, {
    'AWS::EKS::Nodegroup': sized(({ ScalingConfig }) =>
      Number((ScalingConfig as { MaxSize?: number } | undefined)?.MaxSize ?? 0),
    ),
  }),
  quota('DB instances per region', 40, rds, { 'AWS::RDS::DBInstance': perRegion }),
  quota('DB subnet groups per region', 50, rds, { 'AWS::RDS::DBSubnetGroup': perRegion }),
  quota('DB parameter groups per region', 50, rds, { 'AWS::RDS::DBParameterGroup': perRegion }),
  quota('Prometheus workspaces per region', 25, prometheus, { 'AWS::APS::Workspace': perRegion }),
  quota('Prometheus collectors per region', 10, prometheus, { 'AWS::APS::Scraper': perRegion }),
  quota(
    'destinations of the registry’s replication',
    25,
    ecr,
    {
      'AWS::ECR::ReplicationConfiguration': sized(({ ReplicationConfiguration }) =>
        destinations(ReplicationConfiguration),
      ),
    },
    false,
  ),
  quota(
    'bytes of a key policy',
    32_768,
    kms,
    { 'AWS::KMS::Key': sized(({ KeyPolicy }) => characters(KeyPolicy)) },
    false,
  ),
  quota(
    'bytes of a topic’s policy',
    30_720,
    sns,
    { 'AWS::SNS::TopicPolicy': sized(({ PolicyDocument }) => characters(PolicyDocument)) },
    false,
  ),
  quota(
    'bytes of a queue’s policy',
    8192,
    sqs,
    { 'AWS::SQS::QueuePolicy': sized(({ PolicyDocument }) => characters(PolicyDocument)) },
    false,
  ),
  quota(
    'layers of a function',
    5,
    lambda,
    { 'AWS::Lambda::Function': sized(({ Layers }) => listed(Layers).length) },
    false,
  ),
];

/** Of a template, before anything of it is made. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
export const templateQuotas: readonly {
  readonly name: string;
  readonly limit: number;
  of(template: Template): number;
}[] = [
  { name: 'resources of a template', limit: 500, of: ({ Resources }) => Object.keys(Resources ?? {}).length },
  { name: 'outputs of a template', limit: 200, of: ({ Outputs }) => Object.keys(Outputs ?? {}).length },
  { name: 'parameters of a template', limit: 200, of: ({ Parameters }) => Object.keys(Parameters ?? {}).length },
  { name: 'mappings of a template', limit: 200, of: ({ Mappings }) => Object.keys(Mappings ?? {}).length },
  { name: 'bytes of a template', limit: 1_048_576, of: (template) => Buffer.byteLength(JSON.stringify(template)) },
];

/** Throws QuotaExceeded for a template that CloudFormation takes no more. */
export function checkTemplate(stackName: string, template: Template): void {
  for (const { name, limit, of } of templateQuotas) {
    const used = of(template);
    if (used <= limit) continue;
    throw new QuotaExceeded(stackName, { name, limit, adjustable: false, page: cloudFormation }, stackName, used);
  }
}

/** What a deployment has taken of every quota so far. */
export class QuotaBook {
  readonly #used = new Map<Quota, Map<string, number>>(quotas.map((each) => [each, new Map()]));

  /** Counts a resource that was made. Throws QuotaExceeded. */
  count(place: string, request: ResourceRequest, deployed: DeployedResource): void {
    for (const [each, used] of this.#used) {
      for (const { of, amount } of each.takes[request.type]?.(request, deployed) ?? []) {
        const total = (used.get(of) ?? 0) + amount;
        if (total > each.limit) throw new QuotaExceeded(place, each, of, total);
        used.set(of, total);
      }
    }
  }

  /** Of each quota that anything was taken of, where most was. */
  uses(): QuotaUse[] {
    return [...this.#used].flatMap(([{ name, limit }, used]) => {
      const [most] = [...used].sort(([, a], [, b]) => b - a);
      return most ? [{ name, limit, of: most[0], used: most[1] }] : [];
    });
  }
}
