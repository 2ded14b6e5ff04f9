import { stateMachineName } from '../../domain/names.ts';
import { approvalId } from '../../domain/workflows/approval-answer.ts';
import type { AskForRestoreInput } from '../../domain/workflows/restore.ts';
import type { Approvals, Executions, Notifications } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';

export interface AskForRestorePorts {
  readonly environment: string;
  readonly approvals: Approvals;
  readonly notifications: Notifications;
  readonly executions: Pick<Executions, 'answer'>;
  readonly clock: Clock;
}

/**
 * Stores the question with the workflow's token and tells a person how to answer; with an answer that stands already, the workflow goes on.
 * Throws AwsUnavailable, AwsRefused.
 */
export async function askForRestore(
  { plan, execution, token, timeoutSeconds }: AskForRestoreInput,
  { environment, approvals, notifications, executions, clock }: AskForRestorePorts,
): Promise<{ approval: string }> {
  const id = approvalId(execution.name, 'restore');
  const expiresAt = new Date(clock.now().getTime() + timeoutSeconds * 1000);
  const question = `May this be restored? ${plan.summary}`;
  const { arn: executionArn } = execution;
  const asked = await approvals.ask({ id, service: plan.database, question, token, executionArn, expiresAt });
  const answer = asked ? undefined : (await approvals.find(id))?.answer;
  if (answer) {
    await executions.answer(token, JSON.stringify({ decision: answer.decision, by: answer.by }));
    return { approval: id };
  }
  // arn:aws:states:us-east-1:111111111111:execution:<state machine>:<execution>
  const prefix = executionArn.split(':').slice(0, 5).join(':');
  const machine = `${prefix}:stateMachine:${stateMachineName(environment, 'approval-answer')}`;
  const typed = JSON.stringify({ approval: id, decision: 'approve', by: 'your name' });
  const howTo =
    `Answer until ${expiresAt.toISOString()} ("approve" or "reject"; no answer restores nothing):\n` +
    `aws stepfunctions start-execution --state-machine-arn ${machine} --input '${typed}'`;
  const subject = `${environment}: an answer is wanted for a restore of ${plan.database}`;
  await notifications.publish('warning', subject, [question, howTo].join('\n\n'));
  return { approval: id };
}
