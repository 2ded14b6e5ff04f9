import { askOtherRegionInput } from '../../domain/workflows/region-failback.ts';
import { task } from '../handling/task.ts';
import { askOtherRegion } from './ask-other-region.ts';
import { failbackPorts } from './wiring.ts';

const ports = failbackPorts();

export const handler = task(askOtherRegionInput, (input) => askOtherRegion(input, ports));
