import { expect, it } from 'vitest';
import { createSqs } from '../../rehearsal/aws/sqs.ts';
import { createRehearsal } from '../../rehearsal/rehearsal.ts';
import { smallAssembly } from './assembly/small-assembly.ts';

const queue = (name: string) => ({
  Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: name } } },
});

it('does without the stacks that it is told to leave out, and without what depends on them, and names them', async () => {
  const { deployment, leftOut } = await createRehearsal({
    assemblyDirectory: smallAssembly([
      { name: 'Backups', template: queue('backups') },
      { name: 'Failover', dependsOn: ['Backups'], template: queue('failover') },
      { name: 'Traffic', dependsOn: ['Failover'], template: queue('traffic') },
    ]),
    seed: 1,
    startsAt: 0,
    modules: [createSqs],
    without: (name) => name === 'Failover',
  });
  expect(deployment.stacks.map(({ stackName }) => stackName)).toEqual(['Backups']);
  expect(leftOut).toEqual(['Failover', 'Traffic']);
});

it('deploys every stack unless it is told', async () => {
  const { deployment, leftOut } = await createRehearsal({
    assemblyDirectory: smallAssembly([{ name: 'Failover', template: queue('failover') }]),
    seed: 1,
    startsAt: 0,
    modules: [createSqs],
  });
  expect(deployment.stacks).toHaveLength(1);
  expect(leftOut).toEqual([]);
});
