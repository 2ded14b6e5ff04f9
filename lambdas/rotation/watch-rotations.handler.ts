import * as z from 'zod';
import { snsNotifications } from '../aws/notifications.ts';
import { dynamoReign } from '../aws/reign.ts';
import { commonSettings, definedPrimary, interlockTable, topicSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { everyServer } from './every-server.ts';
import { watchRotations } from './watch-rotations.ts';
import { awsPorts } from './wiring.ts';

const { environment, region } = commonSettings();
const ports = {
  ...awsPorts(everyServer()),
  region,
  reign: dynamoReign(region, interlockTable(), definedPrimary()),
  notifications: snsNotifications(region, topicSettings()),
};

export const handler = task(z.object({}), () => watchRotations(environment, ports));
