import { askForRestoreInput } from '../../domain/workflows/restore.ts';
import { dynamoApprovals } from '../aws/approvals.ts';
import { stepFunctionsExecutions } from '../aws/executions.ts';
import { snsNotifications } from '../aws/notifications.ts';
import { systemClock } from '../handling/clock.ts';
import { approvalsTable, commonSettings, topicSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { askForRestore } from './ask-for-restore.ts';

const { environment, region } = commonSettings();
const ports = {
  environment,
  approvals: dynamoApprovals(region, approvalsTable()),
  notifications: snsNotifications(region, topicSettings()),
  executions: stepFunctionsExecutions(region),
  clock: systemClock,
};

export const handler = task(askForRestoreInput, (input) => askForRestore(input, ports));
