import { ApprovalAlreadyAnswered, ApprovalExpired, UnknownApproval } from '../../domain/errors.ts';
import { type AnswerApprovalInput, approvalAnswer } from '../../domain/workflows/approval-answer.ts';
import { parseInput } from '../handling/task.ts';
import type { Approval, Approvals, Executions } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';

export interface AnswerApprovalPorts {
  readonly approvals: Approvals;
  readonly executions: Executions;
  readonly clock: Clock;
}

/**
 * Stores a person's answer, once, and gives it to the workflow that waits. The same execution delivered again tells the workflow again. Throws
 * InvalidInput, UnknownApproval, ApprovalAlreadyAnswered, ApprovalExpired.
 */
export async function answerApproval(
  { input, execution }: AnswerApprovalInput,
  { approvals, executions, clock }: AnswerApprovalPorts,
): Promise<{ approval: string; decision: string; by: string }> {
  const { approval: id, decision, by } = parseInput(approvalAnswer, input);
  const output = JSON.stringify({ decision, by });
  const asked = await approvals.find(id);
  if (!asked) throw new UnknownApproval(id);
  if (requireUnanswered(asked, execution.arn)) {
    if (asked.expiresAt.getTime() <= clock.now().getTime()) throw expired(asked);
    const stored = await approvals.answer(id, { decision, by, answerId: execution.arn });
    if (!stored) requireUnanswered((await approvals.find(id)) ?? asked, execution.arn);
    if (!(await executions.answer(asked.token, output))) throw expired(asked);
  } else {
    // Stored by a delivery of this very task that may not have got as far as the workflow.
    await executions.answer(asked.token, output);
  }
  return { approval: id, decision, by };
}

/** False: answered by this execution itself. Throws ApprovalAlreadyAnswered when another one did. */
function requireUnanswered(approval: Approval, mine: string): boolean {
  if (!approval.answer) return true;
  if (approval.answer.answerId === mine) return false;
  throw new ApprovalAlreadyAnswered(approval.id, approval.answer.decision, approval.answer.by);
}

function expired(approval: Approval): ApprovalExpired {
  return new ApprovalExpired(approval.id, approval.expiresAt.toISOString());
}
