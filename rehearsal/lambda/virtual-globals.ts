import { Writable } from 'node:stream';
import { format, types } from 'node:util';
import { Unmodelled } from '../aws/service.ts';
import type { RandomStream } from '../kernel/random.ts';
import { taskRoot } from './virtual-files.ts';
import { fillRandom, randomUuid } from './virtual-modules.ts';

/** The Node.js of the runtime that functions deploy to; fixed, so that a run does not depend on the host's patch version. */
const nodeVersion = '24.11.0';

/** What the globals of one execution environment stand on. */
export interface GlobalsHost {
  /** Virtual milliseconds since 1970. */
  now(): number;
  /** When the environment was made. */
  startedAt(): number;
  random(): RandomStream;
  readonly variables: Record<string, string>;
  readonly timers: Readonly<Record<string, unknown>>;
  /** One line that the function wrote. */
  onLine(line: string): void;
  /** Runs a callback; what it throws ends the environment. */
  guard(action: () => void): void;
  fail(error: unknown): void;
}

/** What `prelude.js` takes. */
export interface PreludeHost {
  readonly now: () => number;
  readonly uniform: () => number;
  readonly binary: Readonly<Record<string, unknown>>;
  readonly isPromise: (value: unknown) => boolean;
  readonly isNativeError: (value: unknown) => boolean;
  readonly globals: Readonly<Record<string, unknown>>;
}

const binary = {
  ArrayBuffer,
  SharedArrayBuffer,
  DataView,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};

/** What a context's prelude gets, with the environment's `process` and `performance` for its modules. */
export function preludeHost(host: GlobalsHost): { prelude: PreludeHost; process: object; performance: object } {
  const performance = {
    now: () => host.now() - host.startedAt(),
    get timeOrigin() {
      return host.startedAt();
    },
    mark: () => undefined,
    measure: () => undefined,
  };
  const environmentProcess = processObject(host);
  const globals = {
    ...{
      Buffer,
      URL,
      URLSearchParams,
      TextEncoder,
      TextDecoder,
      AbortController,
      AbortSignal,
      Event,
      EventTarget,
      DOMException,
    },
    ...{ structuredClone, atob, btoa, ReadableStream, WritableStream, TransformStream, Blob, Headers },
    ...host.timers,
    queueMicrotask: (action: () => void) => queueMicrotask(() => host.guard(action)),
    console: consoleObject(host),
    process: environmentProcess,
    performance,
    crypto: {
      randomUUID: () => randomUuid(host.random()),
      getRandomValues: (view: ArrayBufferView) => fillRandom(host.random(), view),
      get subtle(): never {
        throw failed(host, 'crypto.subtle works on threads, which the sandbox does not model; use node:crypto.');
      },
    },
    fetch: () => {
      throw failed(host, 'fetch is not modelled; use node:https or an SDK client.');
    },
  };
  const prelude = {
    now: () => host.now(),
    uniform: () => host.random().uniform(),
    binary,
    isPromise: types.isPromise,
    isNativeError: types.isNativeError,
    globals,
  };
  return { prelude, process: environmentProcess, performance };
}

function failed(host: GlobalsHost, message: string): Unmodelled {
  const error = new Unmodelled(message);
  host.fail(error);
  return error;
}

/** Each call is one entry of the function's log; the lines of one text stay together. */
function consoleObject(host: GlobalsHost): object {
  const write = (...args: unknown[]) => host.onLine(format(...args));
  return {
    ...{
      log: write,
      info: write,
      warn: write,
      error: write,
      debug: write,
      trace: write,
      dir: (value: unknown) => write(value),
    },
    ...{ group: write, groupEnd() {}, time() {}, timeEnd() {}, timeLog() {}, table: write },
    assert(condition: unknown, ...args: unknown[]) {
      if (!condition) write('Assertion failed:', ...args);
    },
  };
}

function processObject(host: GlobalsHost): object {
  const elapsed = () => host.now() - host.startedAt();
  const hrtime = Object.assign(() => [Math.floor(elapsed() / 1000), Math.round((elapsed() % 1000) * 1e6)], {
    bigint: () => BigInt(Math.round(elapsed() * 1e6)),
  });
  const nothing = () => environmentProcess;
  const environmentProcess = {
    ...{
      env: host.variables,
      argv: ['/var/lang/bin/node', '/var/runtime/index.mjs'],
      execArgv: [],
      argv0: 'node',
      pid: 8,
      ppid: 1,
    },
    ...{ platform: 'linux', arch: 'arm64', version: `v${nodeVersion}`, versions: { node: nodeVersion, v8: '13.6' } },
    ...{ release: { name: 'node' }, title: 'node', exitCode: undefined, config: {}, features: {} },
    ...{ stdout: lineStream(host), stderr: lineStream(host), hrtime },
    uptime: () => elapsed() / 1000,
    cwd: () => taskRoot,
    memoryUsage: Object.assign(() => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }), {
      rss: () => 0,
    }),
    cpuUsage: () => ({ user: 0, system: 0 }),
    nextTick: (action: (...args: unknown[]) => void, ...args: unknown[]) =>
      process.nextTick(() => host.guard(() => action(...args))),
    emitWarning: (warning: unknown) => host.onLine(`(node:8) Warning: ${String(warning)}`),
    exit(code?: number): never {
      throw failed(host, `The function calls process.exit(${code ?? ''}), which the sandbox does not model.`);
    },
    ...{
      on: nothing,
      once: nothing,
      off: nothing,
      addListener: nothing,
      removeListener: nothing,
      listenerCount: () => 0,
    },
  };
  return environmentProcess;
}

/** `process.stdout`: what is written becomes a line of the log. */
function lineStream(host: GlobalsHost): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      const text = chunk.toString();
      host.onLine(text.endsWith('\n') ? text.slice(0, -1) : text);
      done();
    },
  });
}
