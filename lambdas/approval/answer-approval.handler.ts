import { answerApprovalInput } from '../../domain/workflows/approval-answer.ts';
import { dynamoApprovals } from '../aws/approvals.ts';
import { stepFunctionsExecutions } from '../aws/executions.ts';
import { systemClock } from '../handling/clock.ts';
import { approvalsTable, commonSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { answerApproval } from './answer-approval.ts';

const { region } = commonSettings();
const ports = {
  approvals: dynamoApprovals(region, approvalsTable()),
  executions: stepFunctionsExecutions(region),
  clock: systemClock,
};

export const handler = task(answerApprovalInput, (input) => answerApproval(input, ports));
