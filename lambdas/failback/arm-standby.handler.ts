import { armStandbyInput } from '../../domain/workflows/region-failback.ts';
import { failoverPorts, regionReign } from '../failover/wiring.ts';
import { task } from '../handling/task.ts';
import { armStandby } from './arm-standby.ts';

const { region, memory } = failoverPorts();
const ports = { reign: regionReign(region), arming: memory };

export const handler = task(armStandbyInput, (input) => armStandby(input, ports));
