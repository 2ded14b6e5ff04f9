import { watchFiringInput } from '../../domain/workflows/notification-escalation.ts';
import { cloudWatchFirings } from '../aws/firings.ts';
import { commonSettings, escalationSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { watchFiring } from './watch-firing.ts';

const { region } = commonSettings();
const { criticalTopicArn, delays } = escalationSettings();
const ports = { firings: cloudWatchFirings(region), criticalTopicArn, delays };

export const handler = task(watchFiringInput, (input) => watchFiring(input, ports));
