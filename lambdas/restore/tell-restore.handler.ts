import { tellRestoreInput } from '../../domain/workflows/restore.ts';
import { snsNotifications } from '../aws/notifications.ts';
import { topicSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { tellRestore } from './tell-restore.ts';
import { restorePorts } from './wiring.ts';

const common = restorePorts();
const ports = { ...common, notifications: snsNotifications(common.region, topicSettings()) };

export const handler = task(tellRestoreInput, (input) => tellRestore(input, ports));
