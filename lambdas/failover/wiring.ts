import { leaseTableName } from '../../domain/lease.ts';
import { dynamoLeases, dynamoWatch } from '../aws/leases.ts';
import { ssmParameters } from '../aws/parameters.ts';
import { stepFunctionsStarts } from '../aws/promotion-starts.ts';
import { dynamoReign } from '../aws/reign.ts';
import { systemClock } from '../handling/clock.ts';
import { commonSettings, definedPrimary, interlockTable } from '../handling/environment.ts';
import type { WorkflowStarts } from '../ports/failover.ts';

/** What every function of a failover stands on; all of it in its own region, but for the places of a lease. */
export function failoverPorts() {
  const { environment, region } = commonSettings();
  const table = leaseTableName(environment);
  return {
    environment,
    region,
    clock: systemClock,
    parameters: ssmParameters(region),
    memory: dynamoWatch(region, table),
    leases: dynamoLeases(region, table, systemClock),
  };
}

/** Who reigns, as this region knows. */
export function regionReign(region: string) {
  return dynamoReign(region, interlockTable(), definedPrimary());
}

export function workflowStarts(region: string, stateMachineArn: string): WorkflowStarts {
  const starts = stepFunctionsStarts(region, stateMachineArn);
  return {
    async start(name, input) {
      await starts.start(name, input);
    },
  };
}
