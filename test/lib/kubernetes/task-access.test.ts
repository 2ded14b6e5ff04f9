import { describe, expect, it } from 'vitest';
import { tasks } from '../../../lib/delivery/tasks.ts';
import { deliveryAccess, standbyAccess } from '../../../lib/kubernetes/task-access.ts';
import { followTask } from '../../../lib/stacks/standby-stack.ts';

describe('access to the cluster', () => {
  it('is given to exactly the tasks that talk to it', () => {
    const talking = tasks.filter(({ settings }) => settings.includes('cluster')).map(({ task }) => task);
    expect(Object.keys(deliveryAccess).sort()).toEqual(talking.sort());
    expect(Object.keys(standbyAccess)).toEqual([followTask]);
  });
});
