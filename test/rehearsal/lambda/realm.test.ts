import { beforeAll, describe, expect, it } from 'vitest';
import { Kernel } from '../../../rehearsal/kernel/kernel.ts';
import { ExecutionEnvironment, type InvocationOutcome } from '../../../rehearsal/lambda/environment.ts';
import { Network } from '../../../rehearsal/lambda/network.ts';
import type { Realm } from '../../../rehearsal/lambda/realm.ts';
import { bundleHandler } from './bundle.ts';

let folder = '';

beforeAll(async () => {
  folder = await bundleHandler(`
    const tasks: Record<string, () => unknown> = {
      look: () => { console.log('{"cold_start":false}'); return [process.env.STREAM, process.env.MINE ?? null, Math.random(), process.uptime()]; },
      writes: () => { process.env.MINE = 'kept'; },
      fails: () => { throw new Error('not so'); },
      later: () => { setTimeout(() => {}, 60_000); },
    };
    export const handler = async (event: { task: string }) => tasks[event.task]?.();
  `);
});

function world() {
  const kernel = new Kernel({ seed: 1, startsAt: 0 });
  const lines: string[] = [];
  const environment = (stream: string, swept?: Realm) =>
    new ExecutionEnvironment(
      {
        kernel,
        network: new Network(),
        source: { functionName: 'task', region: 'us-east-1' },
        folder,
        handler: 'index.handler',
        variables: { STREAM: stream },
        random: kernel.random(stream),
        memoryMegabytes: 256,
        functionArn: 'arn:aws:lambda:us-east-1:111111111111:function:task',
        timeoutMilliseconds: 10_000,
        onLine: (_requestId, line) => lines.push(line),
      },
      swept,
    );
  const invoke = async (one: ExecutionEnvironment, task: string): Promise<InvocationOutcome> => {
    let outcome: InvocationOutcome | undefined;
    void one.invoke(task, JSON.stringify({ task })).then((done) => {
      outcome = done;
    });
    await kernel.run({ done: () => outcome !== undefined });
    if (!outcome) throw new Error(`${task} never ended`);
    return outcome;
  };
  return { kernel, environment, invoke, lines };
}

describe('a realm that an environment has left', () => {
  it('is to the next one as a new realm would be: its variables, chance, time and first log line', async () => {
    const { environment, invoke, lines, kernel } = world();
    const first = environment('one');
    await invoke(first, 'writes');
    const realm = first.retire();
    await kernel.run({ until: 5000 });
    const again = await invoke(environment('two', realm), 'look');
    const other = world();
    await other.kernel.run({ until: 5000 });
    expect(realm).toBeDefined();
    expect(again).toEqual(await other.invoke(other.environment('two'), 'look'));
    expect(lines).toEqual(['{"cold_start":true}']);
  });

  it.each(['fails', 'later'])('is not taken again after an invocation that %s', async (task) => {
    const { environment, invoke } = world();
    const one = environment('one');
    await invoke(one, task);
    expect(one.retire()).toBeUndefined();
  });
});
