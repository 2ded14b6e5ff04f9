import type { FailoverDatabase } from '../../domain/failover-plan.ts';
import { isPromotable } from '../../domain/promotion.ts';
import { recoverySetsTableName } from '../../domain/recovery-set.ts';
import { measureLossInput } from '../../domain/workflows/region-failover.ts';
import { rdsInstances } from '../aws/instances.ts';
import { dynamoRecoverySets } from '../aws/recovery-sets.ts';
import { secretLogins } from '../aws/secrets.ts';
import { task } from '../handling/task.ts';
import { beatOf } from './masters.ts';
import { measureLoss } from './measure-loss.ts';
import { wholePlanOf } from './plans.ts';
import { newestSet } from './restore-newest-set.ts';
import { failoverPorts } from './wiring.ts';

const { environment, region, parameters } = failoverPorts();
const logins = secretLogins(region);
const instances = rdsInstances(region);
const records = dynamoRecoverySets(recoverySetsTableName(environment));

async function restorePoint({ name, instance }: FailoverDatabase): Promise<Date | undefined> {
  if (isPromotable(await instances.see(instance))) return undefined;
  const set = await newestSet(name, { region, records });
  return set && new Date(set.startedAt);
}

export const handler = task(measureLossInput, async (input) => {
  const { plan, databases } = await wholePlanOf(environment, parameters);
  const ports = { logins, parameters };
  return measureLoss(input, { plan, databases, restorePoint, beatOf: (database) => beatOf(database, ports) });
});
