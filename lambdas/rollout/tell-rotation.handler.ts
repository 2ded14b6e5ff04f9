import { tellRotationInput } from '../../domain/workflows/secret-rollout.ts';
import { snsNotifications } from '../aws/notifications.ts';
import { commonSettings, topicSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { tellRotation } from './tell-rotation.ts';

const { environment, region } = commonSettings();
const ports = { environment, notifications: snsNotifications(region, topicSettings()) };

export const handler = task(tellRotationInput, (input) => tellRotation(input, ports));
