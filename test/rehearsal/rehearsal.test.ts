import { describe, expect, it } from 'vitest';
import type { CreateModule } from '../../rehearsal/aws/module.ts';
import type { CallSeen } from '../../rehearsal/faults/fault.ts';
import { noFaults } from '../../rehearsal/faults/fault.ts';
import { createRehearsal } from '../../rehearsal/rehearsal.ts';
import { smallAssembly } from './assembly/small-assembly.ts';
import { arn, ask, role, smallWorld, stateMachine } from './aws/small-world.ts';

const retrying = {
  QueryLanguage: 'JSONata',
  StartAt: 'Call',
  States: {
    Call: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: arn.function('work') },
      Retry: [
        { ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 2, JitterStrategy: 'FULL' },
      ],
      End: true,
    },
  },
};

async function logOf(seed: number): Promise<string> {
  const world = await smallWorld(
    {
      Role: role('runner', 'states.amazonaws.com', [{ Action: 'lambda:InvokeFunction', Resource: '*' }]),
      Machine: stateMachine('flow', retrying),
    },
    {
      seed,
      functions: {
        work: () => {
          throw new Error('always');
        },
      },
    },
  );
  await ask(world, 'states', 'StartExecution', { stateMachineArn: arn.stateMachine('flow') });
  await world.kernel.run({ until: world.kernel.now() + 60_000 });
  return world.log.sha256();
}

describe('a rehearsal', () => {
  it('gives the same log to the byte for the same seed, and another for another', async () => {
    const first = await logOf(7);
    expect(await logOf(7)).toBe(first);
    expect(await logOf(8)).not.toBe(first);
  });

  it('asks the faults nothing before the deployment has ended', async () => {
    const seen: CallSeen[] = [];
    const calling: CreateModule = ({ account }) => ({
      services: [
        {
          id: 'ssm',
          operations: {
            GetParameter: { inputs: ['Name'], authorise: () => [], run: () => ({ Parameter: { Value: 'v' } }) },
          },
        },
      ],
      providers: [
        { type: 'Test::Thing', modelled: ['Value'], inert: {}, create: () => ({ ref: 'thing', attributes: {} }) },
      ],
      started: async () => {
        await account.kernel.sleep(1, 'start');
      },
    });
    const template = { Resources: { Thing: { Type: 'Test::Thing', Properties: { Value: '{{resolve:ssm:/a/b}}' } } } };
    const rehearsal = await createRehearsal({
      assemblyDirectory: smallAssembly([{ name: 'One', template }]),
      seed: 1,
      startsAt: 0,
      modules: [calling],
      faults: {
        ...noFaults,
        onCall: (call) => {
          seen.push(call);
          return undefined;
        },
      },
    });
    expect(rehearsal.log.events.filter((event) => event.kind === 'aws.called')).toHaveLength(1);
    expect(seen).toEqual([]);
    await ask(rehearsal, 'ssm', 'GetParameter', { Name: '/a/b' });
    expect(seen).toHaveLength(1);
  });

  it('says so when the deployment waits for something that never comes', async () => {
    const stuck: CreateModule = () => ({
      providers: [{ type: 'Test::Thing', modelled: [], inert: {}, create: () => new Promise(() => undefined) }],
    });
    const assemblyDirectory = smallAssembly([
      { name: 'One', template: { Resources: { Thing: { Type: 'Test::Thing' } } } },
    ]);
    await expect(createRehearsal({ assemblyDirectory, seed: 1, startsAt: 0, modules: [stuck] })).rejects.toThrow(
      'stands still',
    );
  });

  it('refuses two modules for one service or resource type', async () => {
    const twice: CreateModule = () => ({ services: [{ id: 'ssm', operations: {} }] });
    const assemblyDirectory = smallAssembly([{ name: 'One', template: {} }]);
    await expect(createRehearsal({ assemblyDirectory, seed: 1, startsAt: 0, modules: [twice, twice] })).rejects.toThrow(
      "the service 'ssm'",
    );
  });
});
