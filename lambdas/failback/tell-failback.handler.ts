import { tellFailbackInput } from '../../domain/workflows/region-failback.ts';
import { snsNotifications } from '../aws/notifications.ts';
import { commonSettings, topicSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { tellFailback } from './tell-failback.ts';

const { environment, region } = commonSettings();
const ports = { environment, notifications: snsNotifications(region, topicSettings()) };

export const handler = task(tellFailbackInput, (input) => tellFailback(input, ports));
