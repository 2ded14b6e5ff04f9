import { describe, expect, it } from 'vitest';
import type { CreateModule } from '../../../rehearsal/aws/module.ts';
import type { Principal } from '../../../rehearsal/aws/service.ts';
import { type FaultPlan, noFaults } from '../../../rehearsal/faults/fault.ts';
import { createRehearsal, type Rehearsal } from '../../../rehearsal/rehearsal.ts';
import { smallAssembly } from '../assembly/small-assembly.ts';
import { arn, ask, role } from './small-world.ts';

const caller: Principal = { kind: 'role', roleArn: arn.role('caller'), sessionName: 's' };

/** A service `ecr` with one operation that counts how often it ran. */
function counting(): { readonly create: CreateModule; runs: number } {
  const counter = {
    runs: 0,
    create: () => ({
      services: [
        {
          id: 'ecr',
          operations: {
            Count: {
              inputs: ['By'],
              authorise: () => [
                { action: 'ecr:Count', resources: ['arn:aws:ecr:us-east-1:111111111111:repository/a'] },
              ],
              run: () => ({ runs: ++counter.runs }),
            },
          },
        },
      ],
    }),
  };
  return counter;
}

function world(create: CreateModule, plan: FaultPlan = noFaults, seed = 1): Promise<Rehearsal> {
  const resources = { Caller: role('caller', 'lambda.amazonaws.com', [{ Action: 'ecr:Count', Resource: '*' }]) };
  return createRehearsal({
    assemblyDirectory: smallAssembly([{ name: 'Small', template: { Resources: resources } }]),
    seed,
    startsAt: 0,
    faults: plan,
    modules: [create],
  });
}

const calls = (rehearsal: Rehearsal) => rehearsal.log.events.filter((event) => event.kind === 'aws.called');

describe('a call', () => {
  it('takes its latency, runs once and is logged with its caller and resource', async () => {
    const counter = counting();
    const rehearsal = await world(counter.create);
    const at = rehearsal.kernel.now();
    expect(await ask(rehearsal, 'ecr', 'Count', { By: 1 }, caller)).toEqual({ runs: 1 });
    expect(rehearsal.kernel.now() - at).toBe(20);
    expect(calls(rehearsal)).toEqual([
      {
        at: at + 20,
        kind: 'aws.called',
        service: 'ecr',
        operation: 'Count',
        region: 'us-east-1',
        principal: 'caller',
        resource: 'arn:aws:ecr:us-east-1:111111111111:repository/a',
        outcome: 'ok',
      },
    ]);
  });

  it('of a role without the right is denied, logged, and does not run', async () => {
    const counter = counting();
    const rehearsal = await world(counter.create);
    const stranger = { ...caller, roleArn: arn.role('stranger') };
    await expect(ask(rehearsal, 'ecr', 'Count', {}, stranger)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      statusCode: 403,
    });
    expect(counter.runs).toBe(0);
    expect(calls(rehearsal)[0]).toMatchObject({ outcome: 'AccessDeniedException' });
    expect(rehearsal.log.events).toContainEqual(expect.objectContaining({ kind: 'iam.denied', action: 'ecr:Count' }));
  });

  it.each([
    ['throttle', 'ThrottlingException', 0],
    ['server-error', 'ServerException', 0],
    ['denied', 'AccessDeniedException', 0],
    ['timeout', 'NoAnswer', 0],
    ['lost-answer', 'NoAnswer', 1],
  ] as const)('under the fault %s ends in %s, having run %i times', async (kind, name, runs) => {
    const counter = counting();
    const rehearsal = await world(counter.create, { ...noFaults, onCall: () => ({ kind }) });
    await expect(ask(rehearsal, 'ecr', 'Count', {}, caller)).rejects.toMatchObject({ name });
    expect(counter.runs).toBe(runs);
    expect(calls(rehearsal)).toHaveLength(1);
    expect(calls(rehearsal)[0]).toMatchObject({ fault: kind, outcome: kind === 'lost-answer' ? 'ok' : name });
  });

  it.each([
    ['an unknown service', 'rds', 'Count', {}, "the service 'rds'; modelled are ecr"],
    ['an unknown operation', 'ecr', 'Guess', {}, 'ecr:Guess; modelled of ecr are Count'],
    ['an inherited name', 'ecr', 'toString', {}, 'ecr:toString'],
    ['an unknown member', 'ecr', 'Count', { Colour: 1 }, 'Colour in the input of ecr:Count; modelled are By'],
  ])(
    'with %s ends the run, even where the caller swallows the error',
    async (_what, service, operation, input, message) => {
      const rehearsal = await world(counting().create);
      rehearsal.account
        .call({ service, operation, input, principal: caller, region: 'us-east-1' })
        .catch(() => undefined);
      await expect(rehearsal.kernel.run()).rejects.toThrow(message);
    },
  );

  it('ignores members that are undefined', async () => {
    expect(await ask(await world(counting().create), 'ecr', 'Count', { Colour: undefined }, caller)).toEqual({
      runs: 1,
    });
  });
});

describe('a call to a region', () => {
  const us = 'us-east-1';

  it('that is lost gets no answer, and is logged with where it came from', async () => {
    const counter = counting();
    const rehearsal = await world(counter.create);
    rehearsal.account.regions.lose(us);
    const at = rehearsal.kernel.now();
    await expect(ask(rehearsal, 'ecr', 'Count', {}, caller)).rejects.toMatchObject({ name: 'NoAnswer' });
    expect(rehearsal.kernel.now() - at).toBe(10_000);
    expect([counter.runs, calls(rehearsal)[0]?.['outcome']]).toEqual([0, 'Unreachable']);
  });

  it('that is degraded fails in its share, of one service alone where told', async () => {
    const counter = counting();
    const rehearsal = await world(counter.create);
    const failed = async (): Promise<number> => {
      const asked = Array.from({ length: 40 }, () => ask(rehearsal, 'ecr', 'Count', {}, caller));
      const answers = await Promise.allSettled(asked);
      return answers.filter(({ status }) => status === 'rejected').length;
    };
    rehearsal.account.regions.degrade(us, { share: 0.5, services: ['rds'] });
    expect(await failed()).toBe(0);
    rehearsal.account.regions.degrade(us, { share: 0.5 });
    const some = await failed();
    expect(some).toBeGreaterThan(8);
    expect(some).toBeLessThan(32);
    rehearsal.account.regions.degrade(us, { share: 0 });
    expect(await failed()).toBe(0);
  });
});

describe('identifiers', () => {
  it('are the same for the same seed and kind, and differ otherwise', async () => {
    const ids = async (seed: number, kind: string) => {
      const { account } = await world(counting().create, noFaults, seed);
      return [account.nextId(kind, 'uuid'), account.nextId(kind, 'uuid')];
    };
    const first = await ids(1, 'execution');
    expect(await ids(1, 'execution')).toEqual(first);
    expect(first[0]).not.toBe(first[1]);
    expect(first[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await ids(2, 'execution')).not.toEqual(first);
    expect(await ids(1, 'message')).not.toEqual(first);
  });
});
