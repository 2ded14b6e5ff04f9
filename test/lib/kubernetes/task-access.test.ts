import { describe, expect, it } from 'vitest';
import { releaseTask, tasks } from '../../../lib/delivery/tasks.ts';
import { deliveryAccess, releasingAccess, rotationAccess, standbyAccess } from '../../../lib/kubernetes/task-access.ts';
import { followSecretsTask, rolloutTasks } from '../../../lib/rotation/tasks.ts';
import { followTask } from '../../../lib/stacks/standby-stack.ts';

describe('access to the cluster', () => {
  it('is given to exactly the tasks that talk to it', () => {
    const talking = tasks.filter(({ settings }) => settings.includes('cluster')).map(({ task }) => task);
    expect(Object.keys(deliveryAccess).sort()).toEqual(talking.sort());
    expect(Object.keys(releasingAccess)).toEqual([releaseTask.task]);
    expect(Object.keys(standbyAccess)).toEqual([followTask, followSecretsTask.task]);
    const restarting = rolloutTasks.filter(({ settings }) => settings.includes('cluster')).map(({ task }) => task);
    expect(Object.keys(rotationAccess)).toEqual(restarting);
  });
});
