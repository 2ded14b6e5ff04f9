import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Measurements } from '../ports/restored-databases.ts';
import { calling, clientSettings } from './client.ts';

/** CloudWatch of a region. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
export function cloudWatchMeasurements(region: string): Measurements {
  const client = new CloudWatchClient(clientSettings(region));
  return {
    async put(namespace, data) {
      const command = new PutMetricDataCommand({
        Namespace: namespace,
        MetricData: data.map(({ metric, dimensions, value, unit }) => ({
          MetricName: metric,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
          Value: value,
          Unit: unit,
        })),
      });
      await calling('cloudwatch:PutMetricData', () => client.send(command));
    },
  };
}
