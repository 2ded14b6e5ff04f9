import { beginFailbackInput } from '../../domain/workflows/region-failback.ts';
import { dynamoInterlock } from '../aws/interlock.ts';
import { regionReign } from '../failover/wiring.ts';
import { interlockTable } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { beginFailback } from './begin-failback.ts';
import { failbackPorts } from './wiring.ts';

const common = failbackPorts();
const { region, clock } = common;
const ports = { ...common, reign: regionReign(region), interlock: dynamoInterlock(region, interlockTable(), clock) };

export const handler = task(beginFailbackInput, (input) => beginFailback(input, ports));
