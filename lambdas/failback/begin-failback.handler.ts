import { beginFailbackInput } from '../../domain/workflows/region-failback.ts';
import { dynamoInterlock } from '../aws/interlock.ts';
import { interlockTable } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { beginFailback } from './begin-failback.ts';
import { failbackPorts, reignHere } from './wiring.ts';

const common = failbackPorts();
const { region, clock } = common;
const ports = { ...common, reign: reignHere(region), interlock: dynamoInterlock(region, interlockTable(), clock) };

export const handler = task(beginFailbackInput, (input) => beginFailback(input, ports));
