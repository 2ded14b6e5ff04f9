import { stateMachineName } from '../../domain/names.ts';
import { approvalId, type RequestApprovalInput } from '../../domain/workflows/approval-answer.ts';
import type { Approvals, Executions, Notifications } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';

export interface RequestApprovalPorts {
  readonly approvals: Approvals;
  readonly notifications: Notifications;
  readonly executions: Executions;
  readonly clock: Clock;
}

/**
 * Stores the question with the workflow's token and tells a person how to answer. Delivered again, the question keeps its name and gets the
 * new token; answered meanwhile, the workflow is given that answer.
 */
export async function requestApproval(
  input: RequestApprovalInput,
  { approvals, notifications, executions, clock }: RequestApprovalPorts,
): Promise<{ approval: string }> {
  const id = approvalId(input.execution.name, input.subject);
  const expiresAt = new Date(clock.now().getTime() + input.timeoutSeconds * 1000);
  const question = questionOf(input);
  const asked = await approvals.ask({
    id,
    service: input.plan.service,
    question,
    token: input.token,
    executionArn: input.execution.arn,
    expiresAt,
  });
  const answer = asked ? undefined : (await approvals.find(id))?.answer;
  if (answer) {
    await executions.answer(input.token, JSON.stringify({ decision: answer.decision, by: answer.by }));
    return { approval: id };
  }
  // Also when it was asked before: the first delivery may have died before it told anybody. Twice is better than never.
  const { service, environment } = input.plan;
  await notifications.publish(
    'warning',
    `${environment}: an answer is wanted for ${service}`,
    [question, howToAnswer(input, id, expiresAt)].join('\n\n'),
  );
  return { approval: id };
}

function questionOf({ plan, question, tag, digest, detail }: RequestApprovalInput): string {
  const release = `'${tag}' (${digest}) of ${plan.service} in ${plan.environment}`;
  return question === 'release'
    ? `May the release ${release} be promoted? Its image: ${detail}.`
    : `There is too little traffic to tell whether the release ${release} is worse. May it go on? ${detail}`;
}

function howToAnswer({ plan, execution }: RequestApprovalInput, id: string, expiresAt: Date): string {
  const answer = JSON.stringify({ approval: id, decision: 'approve', by: 'your name' });
  // arn:aws:states:us-east-1:111111111111:execution:<state machine>:<execution>
  const prefix = execution.arn.split(':').slice(0, 5).join(':');
  const stateMachine = `${prefix}:stateMachine:${stateMachineName(plan.environment, 'approval-answer')}`;
  return (
    `Answer until ${expiresAt.toISOString()} ("approve" or "reject"; no answer changes nothing, or rolls back what has begun):\n` +
    `aws stepfunctions start-execution --state-machine-arn ${stateMachine} --input '${answer}'`
  );
}
