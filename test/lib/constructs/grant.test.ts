import { describe, expect, it } from 'vitest';
import { policiesOf } from '../../../lib/constructs/grant.ts';

const queue = 'arn:aws:sqs:us-east-1:111111111111:queue';

describe('a right', () => {
  it('names its actions and resources', () => {
    const { Task } = policiesOf({ Task: [{ actions: ['sqs:SendMessage'], resources: [queue] }] });
    expect(Task?.toJSON().Statement).toEqual([{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: queue }]);
  });

  it('is refused on a wildcard without a reason', () => {
    expect(() => policiesOf({ Task: [{ actions: ['sqs:SendMessage'], resources: ['*'] }] })).toThrow(
      'sqs:SendMessage on * has no reason',
    );
  });

  it('is taken on a wildcard with its reason', () => {
    const grants = { Task: [{ actions: ['sqs:ListQueues'], resources: ['*'], because: 'noResourceLevel' as const }] };
    expect(policiesOf(grants)['Task']?.toJSON().Statement).toHaveLength(1);
  });

  it('is refused for an action with a wildcard, whatever the reason', () => {
    const grants = { Task: [{ actions: ['sqs:*'], resources: [queue], because: 'noResourceLevel' as const }] };
    expect(() => policiesOf(grants)).toThrow('sqs:* is a wildcard');
  });
});
