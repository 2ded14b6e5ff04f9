import { endFailbackInput } from '../../domain/workflows/region-failback.ts';
import { dynamoInterlock } from '../aws/interlock.ts';
import { snsNotifications } from '../aws/notifications.ts';
import { failoverPlanOf } from '../failover/plans.ts';
import { interlockTable, topicSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { endFailback } from './end-failback.ts';
import { failbackPorts } from './wiring.ts';

const common = failbackPorts();
const { environment, region, parameters, clock } = common;
const ports = {
  ...common,
  interlock: dynamoInterlock(region, interlockTable(), clock),
  notifications: snsNotifications(region, topicSettings()),
};

export const handler = task(endFailbackInput, async (input) =>
  endFailback(input, { ...ports, plan: await failoverPlanOf(environment, parameters) }),
);
