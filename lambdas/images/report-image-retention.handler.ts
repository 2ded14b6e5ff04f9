import { reportImageRetentionInput } from '../../domain/workflows/image-retention.ts';
import { snsNotifications } from '../aws/notifications.ts';
import { commonSettings, topicSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { reportImageRetention } from './report-image-retention.ts';

const { environment, region } = commonSettings();
const ports = { environment, notifications: snsNotifications(region, topicSettings()) };

export const handler = task(reportImageRetentionInput, (input) => reportImageRetention(input, ports));
