/**
 * Resource types with no behaviour in a rehearsal: they exist, have ids that are the same in every run, and do nothing. Each
 * says why, and stands in `docs/reference/fidelity.md`.
 */
export interface InertType {
  readonly type: string;
  /** What `Ref` gives. */
  readonly ref: InertValue;
  /** What `Fn::GetAtt` gives. */
  readonly attributes: Readonly<Record<string, InertValue>>;
  readonly reason: string;
}

/**
 * How a value comes about: `{id: 'vpc'}` an id `vpc-0123…` made from stack and logical id; `{property}` a property as it is
 * given, `otherwise` where it is not; `{arn}` an ARN with that resource part, in which `<id>` is a hashed id and `<Name>` a
 * property's text; `{value}` always the same.
 */
export type InertValue =
  | { readonly id: string }
  | { readonly property: string; readonly otherwise?: InertValue }
  | { readonly arn: string }
  | { readonly value: unknown };

const id = (prefix: string): InertValue => ({ id: prefix });
const property = (name: string, otherwise?: InertValue): InertValue =>
  otherwise ? { property: name, otherwise } : { property: name };

const packets = 'no packets flow, and nothing asks what it lets through';
const ways =
  'no packets flow; it is read for which AWS endpoints a function in the VPC reaches and where load balancers stand';
const doors = 'no packets flow; it is read for which endpoints and databases a function in the VPC reaches';
const nodes = 'nodes are simulated by the cluster, which reads sizes from the node group';
const people = 'requests come from the simulated traffic, which is no attacker';

const networkTypes: readonly InertType[] = [
  {
    type: 'AWS::EC2::VPC',
    ref: id('vpc'),
    attributes: {
      VpcId: id('vpc'),
      CidrBlock: property('CidrBlock'),
      DefaultSecurityGroup: id('sg'),
      DefaultNetworkAcl: id('acl'),
      CidrBlockAssociations: { value: [] },
      Ipv6CidrBlocks: { value: [] },
    },
    reason: ways,
  },
  {
    type: 'AWS::EC2::Subnet',
    ref: id('subnet'),
    attributes: {
      SubnetId: id('subnet'),
      VpcId: property('VpcId'),
      CidrBlock: property('CidrBlock'),
      AvailabilityZone: property('AvailabilityZone'),
      NetworkAclAssociationId: id('aclassoc'),
      Ipv6CidrBlocks: { value: [] },
    },
    reason: ways,
  },
  { type: 'AWS::EC2::RouteTable', ref: id('rtb'), attributes: { RouteTableId: id('rtb') }, reason: ways },
  {
    type: 'AWS::EC2::Route',
    ref: id('r'),
    attributes: { CidrBlock: property('DestinationCidrBlock') },
    reason: ways,
  },
  {
    type: 'AWS::EC2::SubnetRouteTableAssociation',
    ref: id('rtbassoc'),
    attributes: { Id: id('rtbassoc') },
    reason: ways,
  },
  { type: 'AWS::EC2::InternetGateway', ref: id('igw'), attributes: { InternetGatewayId: id('igw') }, reason: ways },
  {
    type: 'AWS::EC2::VPCGatewayAttachment',
    ref: id('attach'),
    attributes: { AttachmentType: { value: 'IGW' } },
    reason: packets,
  },
  {
    type: 'AWS::EC2::EIP',
    // 192.0.2.0/24 is kept for documentation (RFC 5737): nobody can mistake it for a real address.
    ref: { value: '192.0.2.1' },
    attributes: { AllocationId: id('eipalloc'), PublicIp: { value: '192.0.2.1' } },
    reason: packets,
  },
  { type: 'AWS::EC2::NatGateway', ref: id('nat'), attributes: { NatGatewayId: id('nat') }, reason: ways },
  {
    type: 'AWS::EC2::VPCEndpoint',
    ref: id('vpce'),
    attributes: { Id: id('vpce'), DnsEntries: { value: [] }, NetworkInterfaceIds: { value: [] } },
    reason: ways,
  },
  {
    type: 'AWS::EC2::SecurityGroup',
    ref: id('sg'),
    attributes: { GroupId: id('sg'), Id: id('sg'), VpcId: property('VpcId') },
    reason: doors,
  },
  { type: 'AWS::EC2::SecurityGroupIngress', ref: id('sgr'), attributes: { Id: id('sgr') }, reason: doors },
  { type: 'AWS::EC2::SecurityGroupEgress', ref: id('sgr'), attributes: { Id: id('sgr') }, reason: doors },
  { type: 'AWS::EC2::NetworkAcl', ref: id('acl'), attributes: { Id: id('acl') }, reason: packets },
  { type: 'AWS::EC2::NetworkAclEntry', ref: id('acle'), attributes: { Id: id('acle') }, reason: packets },
  {
    type: 'AWS::EC2::SubnetNetworkAclAssociation',
    ref: id('aclassoc'),
    attributes: { AssociationId: id('aclassoc') },
    reason: packets,
  },
  {
    type: 'AWS::EC2::FlowLog',
    ref: id('fl'),
    attributes: { Id: id('fl') },
    reason: 'no packets flow, so there is nothing to log',
  },
];

const otherTypes: readonly InertType[] = [
  {
    type: 'AWS::EC2::LaunchTemplate',
    ref: id('lt'),
    attributes: {
      LaunchTemplateId: id('lt'),
      DefaultVersionNumber: { value: '1' },
      LatestVersionNumber: { value: '1' },
    },
    reason: nodes,
  },
  {
    type: 'AWS::WAFv2::WebACL',
    ref: { arn: 'wafv2:regional/webacl/<Name>/<id>' },
    attributes: { Arn: { arn: 'wafv2:regional/webacl/<Name>/<id>' }, Id: id('acl') },
    reason: people,
  },
  { type: 'AWS::WAFv2::WebACLAssociation', ref: id('acl'), attributes: {}, reason: people },
  { type: 'AWS::WAFv2::LoggingConfiguration', ref: property('ResourceArn'), attributes: {}, reason: people },
  {
    type: 'AWS::Synthetics::Canary',
    ref: property('Name', id('canary')),
    attributes: { Id: id('canary'), State: { value: 'RUNNING' } },
    reason: 'its script needs a browser; the simulated traffic measures the same routes',
  },
  {
    type: 'AWS::CertificateManager::Certificate',
    ref: { arn: 'acm:certificate/<id>' },
    attributes: {},
    reason: 'traffic is counted, not encrypted; validation by DNS is a person’s work before the first deployment',
  },
  {
    type: 'AWS::Logs::MetricFilter',
    ref: property('FilterName', id('filter')),
    attributes: {},
    reason:
      'lines of functions are in the event log and make no metrics; an alarm on such a metric has no data, and the checker says so',
  },
];

const watchingTypes: readonly InertType[] = [
  {
    type: 'AWS::XRay::SamplingRule',
    ref: { arn: 'xray:sampling-rule/<id>' },
    attributes: { RuleARN: { arn: 'xray:sampling-rule/<id>' } },
    reason: 'rights to trace are asked for; no trace is made, so none is sampled',
  },
];

export const inertTypes: readonly InertType[] = [...networkTypes, ...otherTypes, ...watchingTypes];
