import { beforeAll, describe, expect, it } from 'vitest';
import { Kernel } from '../../../rehearsal/kernel/kernel.ts';
import { ExecutionEnvironment, type InvocationOutcome } from '../../../rehearsal/lambda/environment.ts';
import { Network, NetworkError, type NetworkRequest } from '../../../rehearsal/lambda/network.ts';
import { bundleHandler } from './bundle.ts';

const startsAt = Date.UTC(2026, 10, 20, 12);
let folder = '';

beforeAll(async () => {
  folder = await bundleHandler(`
    import { request } from 'node:https';
    import { randomUUID, randomBytes, createHash } from 'node:crypto';
    import { readFileSync } from 'node:fs';
    import { setTimeout as pause } from 'node:timers/promises';
    import { resolveTxt } from 'node:dns/promises';
    import { readFile } from 'node:fs/promises';
    import { Readable } from 'node:stream';
    import { createSocket } from 'node:dgram';
    let invocations = 0;
    let late = 0;
    class Refused extends Error { override name = 'Refused'; }
    const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const get = (options: object) => new Promise((resolve, reject) => {
      const sent = request({ hostname: 'api.example.test', path: '/x?y=1', timeout: 1000, ...options }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode, type: response.headers['content-type'], text: Buffer.concat(chunks).toString(), readable: response instanceof Readable, complete: response.complete }));
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer')));
      sent.on('error', (error: Error & { code?: string }) => reject(Object.assign(new Refused(error.message), { code: error.code, native: error instanceof Error })));
      sent.end('body');
    });
    const tasks: Record<string, (event: any, context: any) => unknown> = {
      clock: async () => { const before = Date.now(); const p = performance.now(); await sleep(1500); return { before, text: new Date().toISOString(), called: typeof Date(), passed: Date.now() - before, performance: performance.now() - p, hrtime: typeof process.hrtime.bigint(), intl: new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', year: 'numeric', month: '2-digit', day: '2-digit' }).format(), date: new Date() instanceof Date, constructor: new Date(5).constructor === Date }; },
      chance: () => [Math.random(), randomUUID(), crypto.randomUUID(), randomBytes(4).toString('hex')],
      warm: () => ({ invocations: ++invocations, late }),
      later: () => { setTimeout(() => { late = Date.now(); }, 5000); return null; },
      context: (_event, context) => ({ ...context, remaining: context.getRemainingTimeInMillis(), region: process.env.AWS_REGION, secret: process.env.HOME }),
      fails: () => { throw new Refused('not so'); },
      forever: () => new Promise(() => {}),
      stray: async () => { void Promise.reject(new Refused('nobody looked')); await sleep(100); },
      throwsInTimer: async () => { setTimeout(() => { throw new Refused('in a timer'); }, 10); await sleep(100); },
      speaks: () => { console.log('one', { two: 2 }); console.error(new Refused('three')); },
      foreign: async () => { const caught = await readFile('/etc/passwd', 'utf8').catch((error) => error); return { code: caught.code, error: caught instanceof Error, bytes: Buffer.from('a') instanceof Uint8Array, hash: createHash('sha256').update(new Uint8Array([1])).digest('hex').slice(0, 8), own: readFileSync(__filename, 'utf8').length > 0 }; },
      get: (event) => get(event.options ?? {}),
      pauses: async () => { const before = Date.now(); const value = await pause(110_000, 'over'); return { value, passed: Date.now() - before }; },
      dns: (event) => resolveTxt(event.name).catch(({ code, message }: Error & { code: string }) => ({ code, message })),
      socket: () => { createSocket('udp4'); },
      escape: () => Function('return typeof process.binding + typeof globalThis.process.env.SHELL + Date.now()')(),
      big: () => 'x'.repeat(7_000_000),
    };
    export const handler = async (event: { task: string }, context: unknown) => tasks[event.task]?.(event, context);
  `);
});

interface Options {
  readonly seed?: number;
  readonly clockAhead?: number;
  readonly timeoutMilliseconds?: number;
  readonly answer?: (
    request: NetworkRequest,
    kernel: Kernel,
  ) => Promise<{ status: number; headers: Record<string, string>; body: string }>;
}

function world(options: Options = {}) {
  const kernel = new Kernel({ seed: options.seed ?? 1, startsAt });
  const network = new Network();
  const lines: string[] = [];
  const requests: NetworkRequest[] = [];
  network.connect({
    name: 'example',
    serves: (host) => host === 'api.example.test',
    async handle(request) {
      requests.push(request);
      if (options.answer) return options.answer(request, kernel);
      await kernel.sleep(40, 'example');
      return { status: 201, headers: { 'Content-Type': 'text/plain' }, body: 'ok' };
    },
  });
  const environment = new ExecutionEnvironment({
    kernel,
    network,
    source: { functionName: 'task', region: 'us-east-1' },
    folder,
    handler: 'index.handler',
    variables: { AWS_REGION: 'us-east-1', AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/task' },
    random: kernel.random('lambda/task/1'),
    memoryMegabytes: 256,
    functionArn: 'arn:aws:lambda:us-east-1:111111111111:function:task',
    timeoutMilliseconds: options.timeoutMilliseconds ?? 10_000,
    clockOffset: () => options.clockAhead ?? 0,
    onLine: (requestId, line) => lines.push(`${requestId} ${line}`),
  });
  const invoke = async (task: string, more: object = {}): Promise<InvocationOutcome> => {
    let outcome: InvocationOutcome | undefined;
    void environment.invoke(`request-${task}`, JSON.stringify({ task, ...more })).then((done) => {
      outcome = done;
    });
    await kernel.run({ done: () => outcome !== undefined });
    if (!outcome) throw new Error(`${task} never ended`);
    return outcome;
  };
  const answer = async (task: string, more: object = {}): Promise<unknown> => {
    const outcome = await invoke(task, more);
    if (outcome.kind === 'failed') throw new Error(JSON.stringify(outcome.failure));
    return JSON.parse(outcome.payload);
  };
  return { kernel, network, environment, invoke, answer, lines, requests };
}

describe('a function in the sandbox', () => {
  it('sees virtual time only, and waits in it', async () => {
    const { answer, kernel } = world();
    expect(await answer('clock')).toEqual({
      before: startsAt,
      text: '2026-11-20T12:00:01.500Z',
      called: 'string',
      passed: 1500,
      performance: 1500,
      hrtime: 'bigint',
      intl: '20/11/2026',
      date: true,
      constructor: true,
    });
    expect(kernel.now()).toBe(startsAt + 1500);
  });

  it('has the clock of its region, and stays as long as by any other', async () => {
    const { answer, kernel } = world({ clockAhead: -2_000 });
    expect(await answer('clock')).toMatchObject({ before: startsAt - 2_000, passed: 1500, performance: 1500 });
    expect(kernel.now()).toBe(startsAt + 1500);
  });

  it('may stay for as long as its timeout, in virtual time', async () => {
    expect(await world({ timeoutMilliseconds: 120_000 }).answer('pauses')).toEqual({ value: 'over', passed: 110_000 });
    await expect(world().answer('pauses')).rejects.toThrow('Task timed out after 10.00 seconds');
  });

  it('draws chance from the seed', async () => {
    const first = await world({ seed: 7 }).answer('chance');
    expect(await world({ seed: 7 }).answer('chance')).toEqual(first);
    expect(await world({ seed: 8 }).answer('chance')).not.toEqual(first);
    expect((first as string[])[1]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('stays warm between invocations and is frozen while none runs', async () => {
    const { answer, kernel } = world();
    await answer('warm');
    await answer('later');
    await kernel.run({ until: startsAt + 60_000 });
    expect(await answer('warm')).toEqual({ invocations: 2, late: startsAt + 60_000 });
  });

  it('gets Lambda’s context and its own environment variables, not the host’s', async () => {
    const { answer } = world();
    expect(await answer('context')).toEqual({
      callbackWaitsForEmptyEventLoop: true,
      functionVersion: '$LATEST',
      functionName: 'task',
      memoryLimitInMB: '256',
      logGroupName: '/aws/lambda/task',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:111111111111:function:task',
      awsRequestId: 'request-context',
      remaining: 10_000,
      region: 'us-east-1',
    });
  });

  it('cannot reach the host’s globals by a constructed function', async () => {
    const { answer } = world();
    expect(await answer('escape')).toBe(`undefinedundefined${startsAt}`);
  });

  it('reads its own files, and no others; Node’s errors and bytes are instances of its own classes', async () => {
    const { answer } = world();
    expect(await answer('foreign')).toEqual({ code: 'ENOENT', error: true, bytes: true, hash: '4bf5122f', own: true });
  });

  it('has its output captured, without a trace of the host', async () => {
    const { invoke, lines } = world();
    await invoke('speaks');
    expect(lines[0]).toBe('request-speaks one { two: 2 }');
    expect(lines[1]).toMatch(/^request-speaks Refused: three\n {4}at /);
    expect(lines.join()).not.toContain(import.meta.dirname);
  });
});

describe('a function that fails', () => {
  it('is reported with the error’s name, message and trace', async () => {
    const outcome = await world().invoke('fails');
    expect(outcome).toMatchObject({
      kind: 'failed',
      lost: false,
      failure: { errorType: 'Refused', errorMessage: 'not so' },
    });
  });

  it('times out in virtual time, and its environment is gone', async () => {
    const { invoke, kernel, environment } = world();
    expect(await invoke('forever')).toEqual({
      kind: 'failed',
      lost: true,
      failure: {
        errorType: 'Sandbox.Timedout',
        errorMessage: 'RequestId: request-forever Error: Task timed out after 10.00 seconds',
      },
    });
    expect(kernel.now()).toBe(startsAt + 10_000);
    expect(environment.gone).toBe(true);
  });

  it('by throwing in a timer loses its environment', async () => {
    expect(await world().invoke('throwsInTimer')).toMatchObject({ lost: true, failure: { errorType: 'Refused' } });
  });

  it('by an answer above 6 MB is reported so', async () => {
    expect(await world().invoke('big')).toMatchObject({ failure: { errorType: 'Function.ResponseSizeTooLarge' } });
  });

  it('by using a module that shows the real machine ends the run', async () => {
    await expect(world().invoke('socket')).rejects.toThrow(
      'The function uses dgram.createSocket, which the sandbox does not model.',
    );
  });
});

describe('a question to DNS', () => {
  it('is answered by the resolver of its region, or by ENOTFOUND', async () => {
    const { answer, network } = world();
    network.resolveBy((name, _type, { region }) => (name === 'known.example.com' ? { values: [region] } : undefined));
    expect(await answer('dns', { name: 'known.example.com' })).toEqual([['us-east-1']]);
    expect(await answer('dns', { name: 'other.example.com' })).toEqual({
      code: 'ENOTFOUND',
      message: 'queryTxt ENOTFOUND other.example.com',
    });
  });
});

describe('an https request', () => {
  it('is answered in virtual time, and carries its body, headers and certificate authority', async () => {
    const { answer, requests, kernel } = world();
    const options = { method: 'PUT', headers: { Accept: 'x' }, ca: 'PEM', port: 6443 };
    expect(await answer('get', { options })).toEqual({
      status: 201,
      type: 'text/plain',
      text: 'ok',
      readable: true,
      complete: true,
    });
    expect(kernel.now()).toBe(startsAt + 40);
    expect(requests[0]).toMatchObject({
      method: 'PUT',
      host: 'api.example.test',
      port: 6443,
      path: '/x?y=1',
      headers: { accept: 'x', host: 'api.example.test:6443' },
      certificateAuthority: 'PEM',
      source: { functionName: 'task', region: 'us-east-1' },
    });
    expect(requests[0]?.body.toString()).toBe('body');
  });

  it('that is not answered times out', async () => {
    const { invoke, kernel } = world({ answer: () => new Promise(() => {}) });
    expect(await invoke('get')).toMatchObject({ failure: { errorType: 'Refused', errorMessage: 'no answer' } });
    expect(kernel.now()).toBe(startsAt + 1000);
  });

  it('to a host that nobody serves fails as a closed network does', async () => {
    const outcome = await world().invoke('get', { options: { hostname: 'elsewhere.test' } });
    expect(outcome).toMatchObject({
      failure: { errorMessage: expect.stringContaining('getaddrinfo ENOTFOUND elsewhere.test') },
    });
  });

  it('whose connection breaks fails with the socket’s error', async () => {
    const answer = () => Promise.reject(new NetworkError('ECONNRESET', 'socket hang up'));
    expect(await world({ answer }).invoke('get')).toMatchObject({ failure: { errorMessage: 'socket hang up' } });
  });
});
