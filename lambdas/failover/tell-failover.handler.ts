import { tellFailoverInput } from '../../domain/workflows/region-failover.ts';
import { snsNotifications } from '../aws/notifications.ts';
import { topicSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { tellFailover } from './tell-failover.ts';
import { failoverPorts } from './wiring.ts';

const common = failoverPorts();
const ports = { ...common, notifications: snsNotifications(common.region, topicSettings()) };

export const handler = task(tellFailoverInput, (input) => tellFailover(input, ports));
