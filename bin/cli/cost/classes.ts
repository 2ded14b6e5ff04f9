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
  'AWS::XRay::SamplingRule',
  'AWS::CloudWatch::CompositeAlarm',
];

/** What the platform is made of, by the beginning of its types, and why it is not the control plane's. */
export const platforms: readonly { readonly types: readonly string[]; readonly because: string }[] = [
  {
    types: ['AWS::EC2::'],
    because:
      'network: NAT gateways, endpoints and flow logs carry the platform’s traffic; the control plane’s functions pass through them',
  },
  {
    types: ['AWS::EKS::', 'Custom::AWSCDK-EKS-', 'Custom::Mainstay'],
    because: 'clusters, nodes and what runs on them',
  },
  { types: ['AWS::RDS::'], because: 'databases, their volumes and backups' },
  {
    types: ['AWS::ECR::'],
    because: 'images kept and copied, and Inspector, which scans each image for $0.09 and again for $0.01',
  },
  {
    types: ['AWS::APS::'],
    because:
      'Prometheus: two collectors by the hour and samples by the million grow with the platform’s pods, not with the control plane',
  },
];
