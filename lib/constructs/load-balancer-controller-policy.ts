import type { WildcardReason } from '../checks/acknowledgements.ts';
import type { Grant } from './grant.ts';

/** Tag that the controller puts on all it makes; its value is the cluster's name. */
const clusterTag = 'elbv2.k8s.aws/cluster';

/**
 * What the AWS Load Balancer Controller does for a Gateway of ours: Application Load Balancers with TLS, their target groups
 * and security groups, in one VPC. Follows the controller's published policy (docs/install/iam_policy.json of v3.5.0), less
 * what we don't use (Cognito, WAF Classic, Shield, CoIP and IPAM pools, Network Load Balancers, trust stores), and with its
 * 'has any cluster tag' narrowed to this cluster's name.
 */
export function loadBalancerControllerGrants(place: {
  readonly region: string;
  readonly account: string;
  readonly clusterName: string;
}): readonly Grant[] {
  const { region, account, clusterName } = place;
  const elb = (resource: string): string => `arn:aws:elasticloadbalancing:${region}:${account}:${resource}`;
  const ec2 = (resource: string): string => `arn:aws:ec2:${region}:${account}:${resource}`;
  const ours = { StringEquals: { [`aws:ResourceTag/${clusterTag}`]: clusterName } };
  const taggedOurs = { StringEquals: { [`aws:RequestTag/${clusterTag}`]: clusterName } };
  const loadBalancers = elb('loadbalancer/app/*/*');
  const targetGroups = elb('targetgroup/*/*');
  const listeners = elb('listener/app/*/*/*');
  const rules = elb('listener-rule/app/*/*/*');
  const securityGroups = ec2('security-group/*');
  const allow = (
    actions: string[],
    resources: string[],
    conditions?: Grant['conditions'],
    because: WildcardReason = 'loadBalancing',
  ): Grant => ({ actions, resources, because, ...(conditions ? { conditions } : {}) });
  return [
    allow(describeActions, ['*'], undefined, 'noResourceLevel'),
    allow(
      ['iam:CreateServiceLinkedRole'],
      [`arn:aws:iam::${account}:role/aws-service-role/elasticloadbalancing.amazonaws.com/*`],
      {
        StringEquals: { 'iam:AWSServiceName': 'elasticloadbalancing.amazonaws.com' },
      },
    ),
    allow(['acm:DescribeCertificate'], [`arn:aws:acm:${region}:${account}:certificate/*`], undefined, 'certificates'),
    allow(['ec2:AuthorizeSecurityGroupIngress', 'ec2:RevokeSecurityGroupIngress'], [securityGroups], ours),
    // The rules between load balancer and pods go into the cluster's own security group, which EKS makes and tags.
    allow(['ec2:AuthorizeSecurityGroupIngress', 'ec2:RevokeSecurityGroupIngress'], [securityGroups], {
      StringEquals: { [`aws:ResourceTag/kubernetes.io/cluster/${clusterName}`]: 'owned' },
    }),
    allow(['ec2:CreateSecurityGroup'], [ec2('vpc/*')]),
    allow(['ec2:CreateSecurityGroup'], [securityGroups], taggedOurs),
    allow(['ec2:CreateTags'], [securityGroups], {
      StringEquals: { 'ec2:CreateAction': 'CreateSecurityGroup', [`aws:RequestTag/${clusterTag}`]: clusterName },
    }),
    allow(['ec2:CreateTags', 'ec2:DeleteTags', 'ec2:DeleteSecurityGroup'], [securityGroups], ours),
    allow(
      ['elasticloadbalancing:CreateLoadBalancer', 'elasticloadbalancing:CreateTargetGroup'],
      [loadBalancers, targetGroups],
      taggedOurs,
    ),
    allow(['elasticloadbalancing:AddTags'], [loadBalancers, targetGroups, listeners, rules], taggedOurs),
    allow(
      ['elasticloadbalancing:AddTags', 'elasticloadbalancing:RemoveTags'],
      [loadBalancers, targetGroups, listeners, rules],
      ours,
    ),
    allow(manageActions, [loadBalancers, targetGroups, listeners, rules], ours),
    allow(['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'], [targetGroups], ours),
  ];
}

const describeActions = [
  'acm:ListCertificates',
  'ec2:DescribeAccountAttributes',
  'ec2:DescribeAddresses',
  'ec2:DescribeAvailabilityZones',
  'ec2:DescribeInstances',
  'ec2:DescribeInternetGateways',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeRouteTables',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeTags',
  'ec2:DescribeVpcPeeringConnections',
  'ec2:DescribeVpcs',
  'ec2:GetSecurityGroupsForVpc',
  'elasticloadbalancing:DescribeCapacityReservation',
  'elasticloadbalancing:DescribeListenerAttributes',
  'elasticloadbalancing:DescribeListenerCertificates',
  'elasticloadbalancing:DescribeListeners',
  'elasticloadbalancing:DescribeLoadBalancerAttributes',
  'elasticloadbalancing:DescribeLoadBalancers',
  'elasticloadbalancing:DescribeRules',
  'elasticloadbalancing:DescribeSSLPolicies',
  'elasticloadbalancing:DescribeTags',
  'elasticloadbalancing:DescribeTargetGroupAttributes',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
];

const manageActions = [
  'elasticloadbalancing:AddListenerCertificates',
  'elasticloadbalancing:CreateListener',
  'elasticloadbalancing:CreateRule',
  'elasticloadbalancing:DeleteListener',
  'elasticloadbalancing:DeleteLoadBalancer',
  'elasticloadbalancing:DeleteRule',
  'elasticloadbalancing:DeleteTargetGroup',
  'elasticloadbalancing:ModifyListener',
  'elasticloadbalancing:ModifyListenerAttributes',
  'elasticloadbalancing:ModifyLoadBalancerAttributes',
  'elasticloadbalancing:ModifyRule',
  'elasticloadbalancing:ModifyTargetGroup',
  'elasticloadbalancing:ModifyTargetGroupAttributes',
  'elasticloadbalancing:RemoveListenerCertificates',
  'elasticloadbalancing:SetIpAddressType',
  'elasticloadbalancing:SetRulePriorities',
  'elasticloadbalancing:SetSecurityGroups',
  'elasticloadbalancing:SetSubnets',
];
