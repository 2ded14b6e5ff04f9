import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { failoverMetrics } from '../../domain/failover-settings.ts';
import type { SignsOfLife } from '../ports/failback.ts';
import { calling, clientSettings } from './client.ts';

/**
 * The figure of the region's own traffic switch, which its watch writes each minute whoever reigns: where it stands, the schedule, the function and CloudWatch
 * worked in that minute.
 */
export function switchFigures(region: string, environment: string): SignsOfLife {
  const client = new CloudWatchClient(clientSettings(region));
  return {
    async minutes(from, to) {
      const command = new GetMetricDataCommand({
        MetricDataQueries: [
          {
            Id: 'serves',
            MetricStat: {
              Metric: {
                Namespace: failoverMetrics.namespace,
                MetricName: failoverMetrics.serves,
                Dimensions: [{ Name: 'Environment', Value: environment }],
              },
              Period: 60,
              Stat: 'SampleCount',
            },
            ReturnData: true,
          },
        ],
        StartTime: from,
        EndTime: to,
        ScanBy: 'TimestampDescending',
      });
      const answer = await calling('cloudwatch:GetMetricData', () => client.send(command));
      return answer.MetricDataResults?.[0]?.Timestamps ?? [];
    },
  };
}
