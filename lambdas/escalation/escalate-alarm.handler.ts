import { escalateAlarmInput } from '../../domain/workflows/notification-escalation.ts';
import { cloudWatchFirings } from '../aws/firings.ts';
import { snsTopic } from '../aws/notifications.ts';
import { commonSettings, escalationSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { escalateAlarm } from './escalate-alarm.ts';

const { environment, region } = commonSettings();
const ports = {
  environment,
  firings: cloudWatchFirings(region),
  escalation: snsTopic(region, escalationSettings().escalationTopicArn),
};

export const handler = task(escalateAlarmInput, (input) => escalateAlarm(input, ports));
