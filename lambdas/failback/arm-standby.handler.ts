import { leaseTableName } from '../../domain/lease.ts';
import { armStandbyInput } from '../../domain/workflows/region-failback.ts';
import { dynamoWatch } from '../aws/leases.ts';
import { commonSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { armStandby } from './arm-standby.ts';
import { reignHere } from './wiring.ts';

const { environment, region } = commonSettings();
const ports = { reign: reignHere(region), arming: dynamoWatch(region, leaseTableName(environment)) };

export const handler = task(armStandbyInput, (input) => armStandby(input, ports));
