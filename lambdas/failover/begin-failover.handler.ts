import { beginFailoverInput } from '../../domain/workflows/region-failover.ts';
import { task } from '../handling/task.ts';
import { beginFailover } from './begin-failover.ts';
import { failoverPorts, regionReign } from './wiring.ts';

const common = failoverPorts();
const ports = { ...common, reign: regionReign(common.region) };

export const handler = task(beginFailoverInput, (input) => beginFailover(input, ports));
