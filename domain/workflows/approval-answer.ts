import * as z from 'zod';
import { serviceDelivery } from '../delivery.ts';
import { execution } from './shared.ts';

/** What a person types to answer an approval. */
export const approvalAnswer = z.strictObject({
  approval: z.string().min(1),
  decision: z.enum(['approve', 'reject']),
  by: z.string().min(1),
});
export type ApprovalAnswer = z.infer<typeof approvalAnswer>;

export const answerApprovalInput = z.strictObject({ input: z.unknown(), execution });
export type AnswerApprovalInput = z.infer<typeof answerApprovalInput>;

/** What the waiting workflow is given by the token. */
export type Decision = Pick<ApprovalAnswer, 'decision' | 'by'>;

/** request-approval: asks a person and lets the workflow wait for the token. */
export const requestApprovalInput = z.strictObject({
  plan: serviceDelivery,
  execution,
  /** Unique within the execution: `release`, `step-25`. */
  subject: z.string(),
  tag: z.string(),
  digest: z.string(),
  question: z.enum(['release', 'go-on']),
  detail: z.string(),
  token: z.string(),
  timeoutSeconds: z.int(),
});
export type RequestApprovalInput = z.infer<typeof requestApprovalInput>;

/** The name that the person answers with; the same for every delivery of the same question. */
export function approvalId(executionName: string, subject: string): string {
  return `${executionName}.${subject}`;
}
