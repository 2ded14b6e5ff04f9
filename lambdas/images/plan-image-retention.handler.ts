import { planImageRetentionInput } from '../../domain/workflows/image-retention.ts';
import { task } from '../handling/task.ts';
import { planImageRetention } from './plan-image-retention.ts';
import { retentionPorts } from './retention-ports.ts';

const ports = retentionPorts();

export const handler = task(planImageRetentionInput, (input) => planImageRetention(input, ports));
