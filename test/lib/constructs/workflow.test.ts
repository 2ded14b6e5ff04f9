import { App, Stack } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import { EncryptionKey } from '../../../lib/constructs/encryption-key.ts';
import { Workflow, WorkflowError } from '../../../lib/constructs/workflow.ts';

describe('a workflow', () => {
  it('is refused when its file asks for a function that there is not', () => {
    const stack = new Stack(new App(), 'Stack', { env: { account: '111111111111', region: 'us-east-1' } });
    const encryptionKey = new EncryptionKey(stack, 'Key', { alias: 'key', description: 'key' });
    const make = (): Workflow =>
      new Workflow(stack, 'Workflow', {
        workflow: 'approval-answer',
        environmentName: 'aeon',
        functions: new Map(),
        encryptionKey,
        logRetention: RetentionDays.ONE_MONTH,
      });
    expect(make).toThrow(
      new WorkflowError('step-functions/approval-answer.asl.json asks for ${AnswerApprovalFunctionArn}; known are .'),
    );
  });
});
