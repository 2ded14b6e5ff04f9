import { leaseTableName } from '../../domain/lease.ts';
import { dynamoLeases } from '../aws/leases.ts';
import { invokedFunctions } from '../aws/other-region.ts';
import { ssmParameters } from '../aws/parameters.ts';
import { dynamoQuietMark } from '../aws/quiet-mark.ts';
import { dynamoReign } from '../aws/reign.ts';
import { systemClock } from '../handling/clock.ts';
import { commonSettings, definedPrimary, interlockTable } from '../handling/environment.ts';

/** What the functions of a failback stand on in their own region. Those of a failover start workflows as well, which nothing here does. */
export function ownPorts() {
  const { environment, region } = commonSettings();
  const table = leaseTableName(environment);
  return {
    environment,
    region,
    clock: systemClock,
    parameters: ssmParameters(region),
    leases: dynamoLeases(region, table, systemClock),
  };
}

/** In the region that reigns: the other one, and the mark of who stopped the writes. */
export function failbackPorts() {
  const common = ownPorts();
  const { environment, region } = common;
  return {
    ...common,
    other: invokedFunctions(environment),
    mark: dynamoQuietMark(region, leaseTableName(environment)),
  };
}

/** Who reigns, as this region knows. */
export function reignHere(region: string) {
  return dynamoReign(region, interlockTable(), definedPrimary());
}
