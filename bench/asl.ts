import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { StateMachine } from 'aws-local-stepfunctions';
import { compile, type Environment, Execution } from '../rehearsal/asl/index.ts';
import { Kernel } from '../rehearsal/kernel/kernel.ts';
import type { Json } from '../rehearsal/kernel/log.ts';

/*
 * node bench/asl.ts [--seconds 2]
 * The interpreter's speed: state transitions a second beside aws-local-stepfunctions on the same JSONPath machines and inputs,
 * our history being written; JSONata transitions; a Map of 10,000 items; the memory of a history of 25,000 events. Ends with 1
 * when a figure that issue 3 names is missed.
 */

type Machine = {
  readonly name: string;
  readonly definition: { [key: string]: Json };
  readonly input: Json;
  readonly transitions: number;
};

const machines: readonly Machine[] = [
  {
    name: 'chain of Pass',
    definition: {
      StartAt: 'S0',
      States: Object.fromEntries(
        Array.from({ length: 50 }, (_, index) => [
          `S${index}`,
          {
            Type: 'Pass',
            Parameters: { 'order.$': '$.order', step: index, 'total.$': 'States.MathAdd($.total, 1)' },
            ...(index < 49 ? { Next: `S${index + 1}` } : { End: true }),
          },
        ]),
      ),
    },
    input: { order: { id: 'o-1', lines: [1, 2, 3] }, total: 0 },
    transitions: 50,
  },
  {
    name: 'loop of Choice',
    definition: {
      StartAt: 'Enough?',
      States: {
        'Enough?': {
          Type: 'Choice',
          Choices: [{ Variable: '$.n', NumericGreaterThanEquals: 100, Next: 'Done' }],
          Default: 'Add',
        },
        Add: { Type: 'Pass', Parameters: { 'n.$': 'States.MathAdd($.n, 1)' }, Next: 'Enough?' },
        Done: { Type: 'Succeed' },
      },
    },
    input: { n: 0 },
    transitions: 202,
  },
  {
    name: 'Map and Parallel',
    definition: {
      StartAt: 'Each',
      States: {
        Each: {
          Type: 'Map',
          ItemsPath: '$.items',
          ItemProcessor: {
            StartAt: 'Both',
            States: {
              Both: {
                Type: 'Parallel',
                Branches: ['A', 'B'].map((name) => ({
                  StartAt: name,
                  States: { [name]: { Type: 'Pass', End: true } },
                })),
                End: true,
              },
            },
          },
          End: true,
        },
      },
    },
    input: { items: Array.from({ length: 30 }, (_, index) => ({ index })) },
    transitions: 91,
  },
];

function environmentOf(kernel: Kernel): Environment {
  let ids = 0;
  return {
    clock: kernel,
    random: kernel.random('bench'),
    newId: () => String(++ids),
    runTask: async () => ({ output: {} }),
  };
}

/** Runs one execution to its end and gives it back. */
async function runOurs(machine: ReturnType<typeof compile>, input: Json): Promise<Execution> {
  const kernel = new Kernel({ seed: 1, startsAt: 0 });
  const execution = new Execution(machine, {
    arn: 'arn:aws:states:us-east-1:111111111111:execution:bench:run',
    name: 'run',
    stateMachineArn: 'arn:aws:states:us-east-1:111111111111:stateMachine:bench',
    stateMachineName: 'bench',
    roleArn: 'arn:aws:iam::111111111111:role/bench',
    input: JSON.stringify(input),
    type: machine.type,
    environment: environmentOf(kernel),
  });
  execution.start();
  await kernel.run({ done: () => execution.status !== 'RUNNING' });
  const result = await execution.result;
  if (result.status !== 'SUCCEEDED') throw new Error(`${result.error}: ${result.cause}`);
  return execution;
}

/** Transitions a second over at least so many seconds, after a warming up. */
async function rate(transitions: number, seconds: number, run: () => Promise<unknown>): Promise<number> {
  for (let count = 0; count < 20; count++) await run();
  const start = performance.now();
  let runs = 0;
  while (performance.now() - start < seconds * 1000) {
    await run();
    runs++;
  }
  return (runs * transitions) / ((performance.now() - start) / 1000);
}

/** The same work in JSONata: a chain of Pass with two expressions each. */
const jsonataChain: Machine = {
  name: 'chain of Pass, JSONata',
  definition: {
    QueryLanguage: 'JSONata',
    StartAt: 'S0',
    States: Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [
        `S${index}`,
        {
          Type: 'Pass',
          Output: { order: '{% $states.input.order %}', total: '{% $states.input.total + 1 %}' },
          ...(index < 49 ? { Next: `S${index + 1}` } : { End: true }),
        },
      ]),
    ),
  },
  input: { order: { id: 'o-1', lines: [1, 2, 3] }, total: 0 },
  transitions: 50,
};

/** An inline Map writes four events an item, so 10,000 items fit a Standard history only when they are child executions. */
function mapOf(mode: 'INLINE' | 'DISTRIBUTED'): { [key: string]: Json } {
  return {
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        ItemsPath: '$',
        ItemProcessor: {
          ProcessorConfig: mode === 'INLINE' ? { Mode: mode } : { Mode: mode, ExecutionType: 'STANDARD' },
          StartAt: 'Item',
          States: { Item: { Type: 'Pass', End: true } },
        },
        End: true,
      },
    },
  };
}

async function mapSeconds(mode: 'INLINE' | 'DISTRIBUTED'): Promise<number> {
  const machine = compile(mapOf(mode), { type: mode === 'INLINE' ? 'EXPRESS' : 'STANDARD' });
  const items = Array.from({ length: 10_000 }, (_, index) => index);
  const start = performance.now();
  await runOurs(machine, items);
  return (performance.now() - start) / 1000;
}

/** What the host holds for scripts, buffers included. */
function memoryBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Garbage is gone. */
async function collected(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
}

/** Megabytes that an execution with a nearly full history holds; each state's output carries so much text of its own. */
async function historyMegabytes(payloadBytes: number): Promise<{ events: number; megabytes: number }> {
  const definition = structuredClone(machines[1]?.definition) as { [key: string]: Json };
  const choice = (definition['States'] as { [key: string]: { [key: string]: Json } })['Enough?'] as {
    [key: string]: Json;
  };
  choice['Choices'] = [{ Variable: '$.n', NumericGreaterThanEquals: 6240, Next: 'Done' }];
  const add = (definition['States'] as { [key: string]: { [key: string]: Json } })['Add'] as { [key: string]: Json };
  const parameters = add['Parameters'] as { [key: string]: Json };
  // Every state's text is another, because the number in it is.
  if (payloadBytes > 0) add['Parameters'] = { ...parameters, 'load.$': '$.load' };
  const machine = compile(definition);
  await collected();
  const before = memoryBytes();
  const execution = await runOurs(machine, { n: 0, load: 'load '.repeat(payloadBytes / 5) });
  await collected();
  return { events: execution.history.length, megabytes: (memoryBytes() - before) / 2 ** 20 };
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '2' } } });
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) {
    console.error(`--seconds ${values.seconds}: allowed is a number above 0`);
    return 2;
  }
  const missed: string[] = [];
  console.log('machine                    ours /s   aws-local-stepfunctions /s   ratio');
  for (const { name, definition, input, transitions } of machines) {
    const compiled = compile(definition);
    const ours = await rate(transitions, seconds, () => runOurs(compiled, input));
    // Its types know fewer fields than its interpreter.
    const theirMachine = new StateMachine(definition as never);
    const theirs = await rate(transitions, seconds, () => theirMachine.run(input as never).result);
    const ratio = ours / theirs;
    if (ratio < 2) missed.push(`${name}: ${ratio.toFixed(2)} times as fast, promised is 2`);
    console.log(
      `${name.padEnd(24)} ${ours.toFixed(0).padStart(9)} ${theirs.toFixed(0).padStart(28)} ${ratio.toFixed(1).padStart(7)}`,
    );
  }
  const chain = compile(jsonataChain.definition);
  const jsonata = await rate(jsonataChain.transitions, seconds, () => runOurs(chain, jsonataChain.input));
  console.log(`${jsonataChain.name.padEnd(24)} ${jsonata.toFixed(0).padStart(9)}`);
  for (const mode of ['INLINE', 'DISTRIBUTED'] as const) {
    const taken = await mapSeconds(mode);
    if (taken > 2) missed.push(`Map of 10,000 items, ${mode}: ${taken.toFixed(2)} s, promised are 2`);
    console.log(`Map of 10,000 items, ${mode.toLowerCase()}: ${taken.toFixed(2)} s`);
  }
  for (const payloadBytes of [0, 100_000]) {
    const { events, megabytes } = await historyMegabytes(payloadBytes);
    if (megabytes > 64) missed.push(`a history of ${events} events holds ${megabytes.toFixed(1)} MB, promised are 64`);
    console.log(
      `history of ${events} events with ${payloadBytes} bytes of payload in each: ${megabytes.toFixed(1)} MB`,
    );
  }
  console.log(missed.length === 0 ? 'All promised figures hold.' : `Missed: ${missed.join('; ')}`);
  return missed.length === 0 ? 0 : 1;
}

process.exitCode = await main();
