import type { LoadBalancer, TargetGroup } from './elasticloadbalancing.ts';
import { AwsError, type OperationInput } from './service.ts';

/** Those with the ARNs or names; all without either. Throws AwsError when one is missing. */
export function choose<T extends { readonly arn: string; readonly name: string }>(
  all: readonly T[],
  arns: readonly string[] | undefined,
  names: readonly string[] | undefined,
  missing: string,
): T[] {
  const asked = [...(arns ?? []), ...(names ?? [])];
  if (asked.length === 0) return [...all];
  return asked.map((reference) => {
    const found = all.find(({ arn, name }) => arn === reference || name === reference);
    if (!found) throw new AwsError(missing, `One or more of the named resources were not found: '${reference}'`);
    return found;
  });
}

/** As DescribeLoadBalancers shows it. */
export function describeLoadBalancer(balancer: LoadBalancer): OperationInput {
  return {
    LoadBalancerArn: balancer.arn,
    LoadBalancerName: balancer.name,
    DNSName: balancer.dnsName,
    // One a region: https://docs.aws.amazon.com/general/latest/gr/elb.html; which one plays no part.
    CanonicalHostedZoneId: `Z${balancer.region.replace(/-/g, '').toUpperCase()}`,
    Scheme: balancer.scheme,
    Type: 'application',
    VpcId: balancer.vpcId,
    State: { Code: 'active' },
    CreatedTime: new Date(balancer.createdAt),
    IpAddressType: 'ipv4',
  };
}

/** As DescribeTargetGroups shows it. */
export function describeTargetGroup(group: TargetGroup): OperationInput {
  const { healthCheck } = group;
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: 'HTTP',
    Port: group.port,
    VpcId: group.vpcId,
    HealthCheckEnabled: true,
    HealthCheckProtocol: 'HTTP',
    HealthCheckPath: healthCheck.path,
    HealthCheckIntervalSeconds: healthCheck.intervalSeconds,
    HealthyThresholdCount: healthCheck.healthyThreshold,
    UnhealthyThresholdCount: healthCheck.unhealthyThreshold,
    LoadBalancerArns: group.loadBalancerArns,
    TargetType: 'ip',
    IpAddressType: 'ipv4',
  };
}
