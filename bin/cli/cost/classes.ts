import type { prices } from './prices.ts';

/** Resources of the control plane that cost nothing as such: what uses them is counted. */
export const free: readonly string[] = [
  'AWS::Lambda::Function',
  'AWS::Lambda::LayerVersion',
  'AWS::Lambda::Permission',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::StepFunctions::StateMachine',
  'AWS::Events::Rule',
  'AWS::Scheduler::Schedule',
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::IAM::ManagedPolicy',
  'AWS::KMS::Alias',
  'AWS::Logs::LogGroup',
  'AWS::Logs::ResourcePolicy',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SNS::Subscription',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::DynamoDB::Table',
  'AWS::DynamoDB::GlobalTable',
  'AWS::SSM::Parameter',
  'AWS::SecretsManager::ResourcePolicy',
  'AWS::SecretsManager::SecretTargetAttachment',
  'AWS::SecretsManager::RotationSchedule',
  'AWS::XRay::SamplingRule',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::Route53::RecordSet',
];

/**
 * Keys of the platform, by the last part of their alias: they encrypt what would stand without a control plane. Any other key is the control plane's.
 */
export const platformKeys: readonly string[] = ['images', 'network', 'cluster', 'volumes', 'databases', 'secrets'];

/** Secrets of the control plane, by their name's last part: the users that it reads heartbeats and manifests with. Any other one lets somebody into the platform. */
export const controlPlaneSecrets: readonly string[] = ['heartbeat', 'manifest'];

/** What a month of the platform's part costs before it is used, by type. */
export interface FixedHours {
  readonly what: string;
  readonly type: string;
  readonly price: keyof typeof prices;
  /** How many of it are paid; one unless told. */
  readonly units?: (properties: Readonly<Record<string, unknown>>) => number;
}

/** A part of the platform: not the control plane's, though the same app makes it. */
export interface PlatformPart {
  readonly name: string;
  /** Beginnings of its types. */
  readonly types: readonly string[];
  readonly because: string;
  /** What the control plane uses or made necessary to know: told beside the sum. */
  readonly hours?: readonly FixedHours[];
}

/**
 * What belongs to the platform: what would stand without a control plane, or grows with pods, requests and data. A resource that only the
 * control plane's functions use is the control plane's, and counted.
 */
export const platforms: readonly PlatformPart[] = [
  {
    name: 'Network',
    types: ['AWS::EC2::'],
    because:
      'carries what nodes and pods ask; our functions ask the same services and pass through it. Traffic and flow logs come on top',
    hours: [
      { what: 'NAT gateways', type: 'AWS::EC2::NatGateway', price: 'gatewayHour' },
      {
        what: 'interface endpoints, zone by zone',
        type: 'AWS::EC2::VPCEndpoint',
        price: 'endpointHour',
        units: zonesOf,
      },
    ],
  },
  {
    name: 'Prometheus',
    types: ['AWS::APS::'],
    because:
      'its collectors read the platform’s nodes and pods, and every rule is an alarm of the definition: the control plane itself is watched by CloudWatch, which is counted above. Samples by the million come on top',
    hours: [{ what: 'managed collectors', type: 'AWS::APS::Scraper', price: 'collectorHour' }],
  },
  {
    name: 'Clusters',
    types: ['AWS::EKS::', 'Custom::AWSCDK-EKS-', 'Custom::Mainstay'],
    because: 'control planes of Kubernetes, nodes, volumes and what runs on them',
  },
  { name: 'Databases', types: ['AWS::RDS::'], because: 'instances, replicas, volumes and backups' },
  {
    name: 'Recovery sets',
    types: ['AWS::S3::'],
    because: 'snapshots, exports and the archive, here and in the other region: they grow with the data',
  },
  {
    name: 'Images',
    types: ['AWS::ECR::'],
    because: 'storage, copies to other regions, and Inspector, which is paid by the image',
  },
];

/** Of an interface endpoint, one a subnet; a gateway endpoint is free. */
function zonesOf({ VpcEndpointType, SubnetIds }: Readonly<Record<string, unknown>>): number {
  return VpcEndpointType === 'Interface' && Array.isArray(SubnetIds) ? SubnetIds.length : 0;
}
