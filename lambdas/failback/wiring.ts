import { leaseTableName } from '../../domain/lease.ts';
import { invokedFunctions } from '../aws/other-region.ts';
import { dynamoQuietMark } from '../aws/quiet-mark.ts';
import { failoverPorts } from '../failover/wiring.ts';

/** What every function of a failback in the region that reigns stands on. */
export function failbackPorts() {
  const common = failoverPorts();
  const { environment, region } = common;
  return {
    ...common,
    other: invokedFunctions(environment),
    mark: dynamoQuietMark(region, leaseTableName(environment)),
  };
}
