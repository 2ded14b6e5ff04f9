import { askForFailoverInput } from '../../domain/workflows/region-failover.ts';
import { dynamoApprovals } from '../aws/approvals.ts';
import { stepFunctionsExecutions } from '../aws/executions.ts';
import { snsNotifications } from '../aws/notifications.ts';
import { systemClock } from '../handling/clock.ts';
import { approvalsTable, commonSettings, topicSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { askForFailover } from './ask-for-failover.ts';

const { region } = commonSettings();
const ports = {
  approvals: dynamoApprovals(region, approvalsTable()),
  notifications: snsNotifications(region, topicSettings()),
  executions: stepFunctionsExecutions(region),
  clock: systemClock,
};

export const handler = task(askForFailoverInput, (input) => askForFailover(input, ports));
