import { DescribeLoadBalancersCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { calling, clientSettings, isNamed } from './client.ts';

const notFound = 'LoadBalancerNotFoundException';

/** Where the load balancer of this name answers, as an alias record needs it; undefined where there is none yet. Throws AwsUnavailable, AwsRefused. */
export async function loadBalancerAddress(
  region: string,
  name: string,
): Promise<{ readonly DnsName: string; readonly HostedZoneId: string } | undefined> {
  const client = new ElasticLoadBalancingV2Client(clientSettings(region));
  const command = new DescribeLoadBalancersCommand({ Names: [name] });
  try {
    const answer = await calling('elasticloadbalancing:DescribeLoadBalancers', () => client.send(command), [notFound]);
    const [found] = answer.LoadBalancers ?? [];
    if (!found?.DNSName || !found.CanonicalHostedZoneId) return undefined;
    return { DnsName: found.DNSName, HostedZoneId: found.CanonicalHostedZoneId };
  } catch (error) {
    if (isNamed(error, notFound)) return undefined;
    throw error;
  }
}
