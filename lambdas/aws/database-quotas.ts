import { DescribeAccountAttributesCommand, RDSClient } from '@aws-sdk/client-rds';
import type { DatabaseQuotas } from '../ports/readiness.ts';
import { calling, clientSettings } from './client.ts';

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeAccountAttributes.html */
export function rdsQuotas(region: string): DatabaseQuotas {
  const client = new RDSClient(clientSettings(region));
  return {
    async list() {
      const command = new DescribeAccountAttributesCommand({});
      const { AccountQuotas = [] } = await calling('rds:DescribeAccountAttributes', () => client.send(command));
      return AccountQuotas.flatMap(({ AccountQuotaName: quota, Used: used, Max: maximum }) =>
        quota === undefined || used === undefined || maximum === undefined ? [] : [{ quota, used, maximum }],
      );
    },
  };
}
