import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { Metrics, SeriesQuery } from '../ports/aws.ts';
import { calling, clientSettings } from './client.ts';

const pagesMax = 20;

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html */
export function cloudWatchMetrics(region: string): Metrics {
  const client = new CloudWatchClient(clientSettings(region));
  return {
    async read(queries, from, to) {
      const series = new Map(queries.map((query) => [query.id, new Map<number, number>()]));
      let nextToken: string | undefined;
      for (let page = 0; page < pagesMax; page++) {
        const command = new GetMetricDataCommand({
          MetricDataQueries: queries.map(metricQuery),
          StartTime: from,
          EndTime: to,
          ScanBy: 'TimestampAscending',
          ...(nextToken === undefined ? {} : { NextToken: nextToken }),
        });
        const answer = await calling('cloudwatch:GetMetricData', () => client.send(command));
        for (const result of answer.MetricDataResults ?? []) {
          const values = series.get(result.Id ?? '');
          result.Timestamps?.forEach((at, index) => {
            values?.set(at.getTime(), result.Values?.[index] ?? 0);
          });
        }
        nextToken = answer.NextToken;
        if (nextToken === undefined) break;
      }
      return series;
    },
  };
}

function metricQuery(query: SeriesQuery): MetricDataQuery {
  return {
    Id: query.id,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/ApplicationELB',
        MetricName: query.metric,
        Dimensions: [
          { Name: 'TargetGroup', Value: query.targetGroup },
          { Name: 'LoadBalancer', Value: query.loadBalancer },
        ],
      },
      Period: query.periodSeconds ?? 60,
      Stat: query.statistic,
    },
    ReturnData: true,
  };
}
