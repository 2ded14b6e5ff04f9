import { DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { LoadBalancers } from '../ports/aws.ts';
import { calling, clientSettings, isNamed } from './client.ts';

export function elasticLoadBalancers(region: string): LoadBalancers {
  const client = new ElasticLoadBalancingV2Client(clientSettings(region));
  return {
    async loadBalancersOf(targetGroupArns) {
      const command = new DescribeTargetGroupsCommand({ TargetGroupArns: [...targetGroupArns] });
      const names = ['TargetGroupNotFoundException'];
      const answer = await calling(
        'elasticloadbalancing:DescribeTargetGroups',
        () => client.send(command),
        names,
      ).catch((error) => {
        // One that was deleted a moment ago: the controller is about to write the binding anew.
        if (isNamed(error, 'TargetGroupNotFoundException')) return { TargetGroups: [] };
        throw error;
      });
      return new Map(
        (answer.TargetGroups ?? []).flatMap((group): [string, string][] => {
          const [loadBalancer] = group.LoadBalancerArns ?? [];
          return group.TargetGroupArn && loadBalancer ? [[group.TargetGroupArn, loadBalancer]] : [];
        }),
      );
    },
  };
}
