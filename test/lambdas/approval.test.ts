import { describe, expect, it } from 'vitest';
import { ApprovalAlreadyAnswered, ApprovalExpired, InvalidInput, UnknownApproval } from '../../domain/errors.ts';
import { answerApproval } from '../../lambdas/approval/answer-approval.ts';
import { requestApproval } from '../../lambdas/approval/request-approval.ts';
import { execution, image, plan, World } from './world.ts';

const ask = (world: World, token = 'token-1') => {
  world.waiting.add(token);
  return requestApproval(
    {
      plan,
      execution,
      subject: 'release',
      tag: image.tag,
      digest: image.digest,
      question: 'release',
      detail: '0 critical, 1 high, 2 medium findings',
      token,
      timeoutSeconds: 3600,
    },
    { ...world, approvals: world.approvalsPort, executions: world.executionsPort },
  );
};
const answer = (world: World, input: unknown, arn = 'arn:answer-1') =>
  answerApproval(
    { input, execution: { name: 'answer', arn } },
    { ...world, approvals: world.approvalsPort, executions: world.executionsPort },
  );
const approve = { approval: 'run-1.release', decision: 'approve', by: 'ada' };

describe('request-approval', () => {
  it('tells a person how to answer, and never the token', async () => {
    const world = new World();
    expect(await ask(world)).toEqual({ approval: 'run-1.release' });
    const [message] = world.published;
    expect(message?.severity).toBe('warning');
    expect(message?.message).toContain('1 high');
    expect(message?.message).toContain(
      'arn:aws:states:us-east-1:111111111111:stateMachine:mainstay-aeon-approval-answer',
    );
    expect(message?.message).toContain('{"approval":"run-1.release","decision":"approve","by":"your name"}');
    expect(JSON.stringify(world.published)).not.toContain('token-1');
  });

  it('asks again when the first delivery died before it told anybody', async () => {
    const world = new World();
    const publish = world.notifications.publish;
    world.notifications.publish = () => Promise.reject(new Error('died'));
    await expect(ask(world)).rejects.toThrow('died');
    world.notifications.publish = publish;
    await ask(world);
    expect(world.published).toHaveLength(1);
  });

  it("stores the new delivery's token", async () => {
    const world = new World();
    await ask(world, 'token-1');
    await ask(world, 'token-2');
    await answer(world, approve);
    expect(world.answered).toEqual([{ token: 'token-2', output: '{"decision":"approve","by":"ada"}' }]);
  });

  it('gives a delivery after the answer that answer', async () => {
    const world = new World();
    await ask(world, 'token-1');
    world.waiting.clear();
    world.approvals.set('run-1.release', {
      ...(world.approvals.get('run-1.release') as NonNullable<ReturnType<typeof world.approvals.get>>),
      answer: { decision: 'reject', by: 'bob', answerId: 'arn:answer-1' },
    });
    await ask(world, 'token-2');
    expect(world.answered).toEqual([{ token: 'token-2', output: '{"decision":"reject","by":"bob"}' }]);
  });
});

describe('answer-approval', () => {
  it('gives the answer to the workflow', async () => {
    const world = new World();
    await ask(world);
    await answer(world, { ...approve, decision: 'reject' });
    expect(world.answered).toEqual([{ token: 'token-1', output: '{"decision":"reject","by":"ada"}' }]);
  });

  it('refuses a second answer and says what the first was', async () => {
    const world = new World();
    await ask(world);
    await answer(world, approve);
    await expect(answer(world, { ...approve, decision: 'reject' }, 'arn:answer-2')).rejects.toThrow(
      ApprovalAlreadyAnswered,
    );
    await expect(answer(world, approve, 'arn:answer-2')).rejects.toThrow("'approve' by ada");
    expect(world.answered).toHaveLength(1);
  });

  it('lets the first of two win that come at the same moment', async () => {
    const world = new World();
    await ask(world);
    world.meanwhile = () => {
      const asked = world.approvals.get('run-1.release');
      if (!asked) throw new Error('not asked');
      world.approvals.set('run-1.release', { ...asked, answer: { decision: 'reject', by: 'bob', answerId: 'other' } });
    };
    await expect(answer(world, approve)).rejects.toThrow(ApprovalAlreadyAnswered);
    expect(world.answered).toEqual([]);
  });

  it('refuses one that comes too late', async () => {
    const world = new World();
    await ask(world);
    world.now += 3_600_000;
    await expect(answer(world, approve)).rejects.toThrow(ApprovalExpired);
    expect(world.approvals.get('run-1.release')?.answer).toBeUndefined();
  });

  it('refuses one whose workflow has ended', async () => {
    const world = new World();
    await ask(world);
    world.waiting.clear();
    await expect(answer(world, approve)).rejects.toThrow(ApprovalExpired);
  });

  it('refuses an approval that nobody asked for', async () => {
    await expect(answer(new World(), approve)).rejects.toThrow(UnknownApproval);
  });

  it('refuses a decision that is none', async () => {
    await expect(answer(new World(), { ...approve, decision: 'maybe' })).rejects.toThrow(InvalidInput);
  });
});
