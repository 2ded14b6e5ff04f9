import { notifyInput } from '../../domain/workflows/shared.ts';
import { snsNotifications } from '../aws/notifications.ts';
import { commonSettings, topicSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { notify } from './notify.ts';

const { environment, region } = commonSettings();
const ports = {
  environment,
  notifications: snsNotifications(region, topicSettings()),
};

export const handler = task(notifyInput, (input) => notify(input, ports));
