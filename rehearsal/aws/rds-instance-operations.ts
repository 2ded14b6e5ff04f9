import { rdsArn, resourceTags } from './rds-access.ts';
import type { RdsContext } from './rds-context.ts';
import { describeInstance, filtered, part } from './rds-describe.ts';
import type { DatabaseInstanceState } from './rds-instances.ts';
import type { Operation } from './service.ts';

const filters = {
  'db-instance-id': ({ identifier, arn }: DatabaseInstanceState) => [identifier, arn],
  'dbi-resource-id': ({ resourceId }: DatabaseInstanceState) => [resourceId],
  engine: () => ['postgres'],
};

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html */
export function instanceOperations(context: RdsContext): Record<string, Operation> {
  const { instances, snapshots, quotas } = context;
  return {
    // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeAccountAttributes.html, of the quotas that are modelled
    DescribeAccountAttributes: {
      inputs: [],
      authorise: () => [{ action: 'rds:DescribeAccountAttributes', resources: ['*'] }],
      run: (_input, { region }) => {
        const used = instances.all.filter((instance) => instance.region === region).length;
        return {
          AccountQuotas: [
            { AccountQuotaName: 'DBInstances', Used: used, Max: quotas.instances },
            { AccountQuotaName: 'ManualSnapshots', Used: snapshots.manualCount(region), Max: quotas.manualSnapshots },
          ],
        };
      },
    },
    DescribeDBInstances: {
      inputs: ['DBInstanceIdentifier', 'Filters', 'MaxRecords', 'Marker'],
      authorise: (input, call) => {
        const name = String(input['DBInstanceIdentifier'] ?? '*').replace(/^arn:.*:db:/, '');
        const conditions = resourceTags('db', instances.find(call.region, name)?.tags ?? new Map());
        return [{ action: 'rds:DescribeDBInstances', resources: [rdsArn(call, 'db', name)], conditions }];
      },
      run: (input, { region }) => {
        const asked = input['DBInstanceIdentifier'];
        const name = asked === undefined ? undefined : String(asked).replace(/^arn:.*:db:/, '');
        const here = instances.all.filter((instance) => instance.region === region);
        const chosen = name === undefined ? here : [instances.require(region, name)];
        const { items, marker } = part(filtered(chosen, input['Filters'], filters), input);
        return { DBInstances: items.map((instance) => describeInstance(context, instance)), ...marker };
      },
    },
  };
}
