import { tellDatabaseFailoverInput } from '../../domain/workflows/database-failover.ts';
import { snsNotifications } from '../aws/notifications.ts';
import { commonSettings, topicSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { tellDatabaseFailover } from './database-failover.ts';

const { environment, region } = commonSettings();
const ports = { environment, notifications: snsNotifications(region, topicSettings()) };

export const handler = task(tellDatabaseFailoverInput, (input) => tellDatabaseFailover(input, ports));
