import { stateMachineName } from '../../domain/names.ts';
import { approvalId } from '../../domain/workflows/approval-answer.ts';
import type { AskForFailoverInput } from '../../domain/workflows/region-failover.ts';
import type { Approvals, Executions, Notifications } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';

export interface AskForFailoverPorts {
  readonly approvals: Approvals;
  readonly notifications: Notifications;
  readonly executions: Pick<Executions, 'answer'>;
  readonly clock: Clock;
}

const silence: Readonly<Record<AskForFailoverInput['question'], string>> = {
  move: 'no answer moves nothing',
  'go-on-unfenced': 'no answer takes back what has begun',
  'accept-loss': 'no answer takes back what has begun',
};

/**
 * Stores the question with the workflow's token and tells a person how to answer, in this region: the answer is a workflow here. With an answer that
 * stands already, the workflow goes on. Throws AwsUnavailable, AwsRefused.
 */
export async function askForFailover(
  { run, question, detail, token, timeoutSeconds }: AskForFailoverInput,
  { approvals, notifications, executions, clock }: AskForFailoverPorts,
): Promise<{ approval: string }> {
  const id = approvalId(run.execution.name, question);
  const expiresAt = new Date(clock.now().getTime() + timeoutSeconds * 1000);
  const { arn: executionArn } = run.execution;
  const asked = await approvals.ask({ id, service: run.environment, question: detail, token, executionArn, expiresAt });
  const answer = asked ? undefined : (await approvals.find(id))?.answer;
  if (answer) {
    await executions.answer(token, JSON.stringify({ decision: answer.decision, by: answer.by }));
    return { approval: id };
  }
  // arn:aws:states:us-west-2:111111111111:execution:<state machine>:<execution>
  const parts = executionArn.split(':').slice(0, 5);
  const machine = `${parts.join(':')}:stateMachine:${stateMachineName(run.environment, 'approval-answer')}`;
  const typed = JSON.stringify({ approval: id, decision: 'approve', by: 'your name' });
  const howTo =
    `Answer until ${expiresAt.toISOString()} ("approve" or "reject"; ${silence[question]}):\n` +
    `aws stepfunctions start-execution --region ${parts[3]} --state-machine-arn ${machine} --input '${typed}'`;
  await notifications.publish('critical', `${run.environment}: an answer is wanted, now`, [detail, howTo].join('\n\n'));
  return { approval: id };
}
