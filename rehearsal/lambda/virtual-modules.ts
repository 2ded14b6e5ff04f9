import { AsyncLocalStorage } from 'node:async_hooks';
import buffer from 'node:buffer';
import { Console } from 'node:console';
import crypto from 'node:crypto';
import events from 'node:events';
import path from 'node:path';
import querystring from 'node:querystring';
import stream from 'node:stream';
import stringDecoder from 'node:string_decoder';
import url from 'node:url';
import util from 'node:util';
import zlib from 'node:zlib';
import { Unmodelled } from '../aws/service.ts';
import type { RandomStream } from '../kernel/random.ts';
import { fileModule, taskRoot } from './virtual-files.ts';
import { subtleCrypto } from './virtual-subtle.ts';
import { timersPromises } from './virtual-timers.ts';

/** What `require` of one execution environment stands on. */
export interface ModuleHost {
  /** Folder of the bundle on the host. */
  readonly folder: string;
  random(): RandomStream;
  readonly process: object;
  readonly https: object;
  readonly http: object;
  readonly net: object;
  readonly tls: object;
  readonly timers: object;
  readonly dns: object;
  readonly performance: object;
  error(message: string, fields: Readonly<Record<string, unknown>>): Error;
  fail(error: unknown): void;
}

/** `require` for Node's own modules. Throws Unmodelled for modules that show the real machine. */
export function requireFrom(host: ModuleHost): (name: string) => unknown {
  const modules = nodeModules(host);
  return (name) => {
    const bare = name.replace(/^node:/, '');
    if (Object.hasOwn(modules, bare)) return modules[bare];
    if (name.startsWith('@aws-sdk/client-')) {
      throw unmodelled(host, `The bundle requires ${name} of Lambda's own SDK, whose version AWS changes: bundle it.`);
    }
    if (name.startsWith('node:') || notModelled.has(bare)) return closed(host, bare);
    throw host.error(`Cannot find module '${name}'\nRequire stack:\n- ${taskRoot}/index.js`, {
      code: 'MODULE_NOT_FOUND',
    });
  };
}

/** Loaded by the SDK for features that functions do not use: an error only when they are used. */
const notModelled = new Set([
  'child_process',
  'cluster',
  'dgram',
  'http2',
  'inspector',
  'module',
  'perf_hooks',
  'readline',
  'v8',
  'vm',
  'worker_threads',
]);

function nodeModules(host: ModuleHost): Readonly<Record<string, unknown>> {
  const files = fileModule({
    folder: host.folder,
    error: host.error,
    unmodelled: (message) => unmodelled(host, message),
  });
  return {
    assert: process.getBuiltinModule('node:assert'),
    async_hooks: { AsyncLocalStorage },
    buffer,
    console: { Console },
    crypto: cryptoModule(host),
    dns: { promises: host.dns },
    'dns/promises': host.dns,
    events,
    fs: files,
    'fs/promises': files.promises,
    http: host.http,
    https: host.https,
    net: host.net,
    os: operatingSystem,
    path,
    'path/posix': path.posix,
    perf_hooks: { performance: host.performance },
    process: host.process,
    querystring,
    stream,
    'stream/promises': stream.promises,
    'stream/web': process.getBuiltinModule('node:stream/web'),
    string_decoder: stringDecoder,
    timers: host.timers,
    'timers/promises': timersPromises(host.timers as Readonly<Record<string, unknown>>, (message) =>
      unmodelled(host, message),
    ),
    tls: host.tls,
    url,
    util,
    'util/types': util.types,
    zlib: zlibModule(host),
  };
}

/** A module whose every function ends the run when it is called. */
function closed(host: ModuleHost, name: string): object {
  return new Proxy(
    {},
    {
      get(_target, member) {
        if (typeof member === 'symbol' || member === '__esModule' || member === 'then') return undefined;
        return () => {
          throw unmodelled(host, `The function uses ${name}.${member}, which the sandbox does not model.`);
        };
      },
    },
  );
}

function unmodelled(host: ModuleHost, message: string): Unmodelled {
  const error = new Unmodelled(message);
  host.fail(error);
  return error;
}

/** The bytes of one environment's chance. */
export function randomBytes(random: RandomStream, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let index = 0; index < size; index++) bytes[index] = random.below(256);
  return bytes;
}

/** A version 4 UUID: RFC 9562, section 5.4. */
export function randomUuid(random: RandomStream): string {
  const bytes = randomBytes(random, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Fills an array of bytes or numbers, as `crypto.getRandomValues` does. */
export function fillRandom<T extends ArrayBufferView>(random: RandomStream, view: T): T {
  const bytes = randomBytes(random, view.byteLength);
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes);
  return view;
}

/** Hashes and signatures are the real ones; chance is the run's; what works on threads or the real machine is not there. */
function cryptoModule(host: ModuleHost): object {
  const {
    createHash,
    createSign,
    createVerify,
    createPublicKey,
    createPrivateKey,
    timingSafeEqual,
    getHashes,
    constants,
  } = crypto;
  const { createCipheriv, createDecipheriv, X509Certificate, hash, pbkdf2Sync } = crypto;
  return {
    ...{
      createHash,
      // The same bytes, five times as fast: Node looks long at a key that is not a KeyObject yet.
      createHmac: (name: string, key: crypto.BinaryLike | crypto.KeyObject, options?: stream.TransformOptions) =>
        crypto.createHmac(name, ArrayBuffer.isView(key) ? crypto.createSecretKey(key) : key, options),
      createSign,
      createVerify,
      createPublicKey,
      createPrivateKey,
      timingSafeEqual,
      getHashes,
    },
    ...{ constants, createCipheriv, createDecipheriv, X509Certificate, hash, pbkdf2Sync },
    webcrypto: {
      subtle: subtleCrypto((message) => unmodelled(host, message)),
      getRandomValues: (view: ArrayBufferView) => fillRandom(host.random(), view),
      randomUUID: () => randomUuid(host.random()),
    },
    randomUUID: () => randomUuid(host.random()),
    randomFillSync: (view: ArrayBufferView) => fillRandom(host.random(), view),
    getRandomValues: (view: ArrayBufferView) => fillRandom(host.random(), view),
    randomBytes(size: number, callback?: (error: null, bytes: Buffer) => void) {
      const bytes = randomBytes(host.random(), size);
      if (callback) process.nextTick(callback, null, bytes);
      return bytes;
    },
    randomInt(from: number, to?: number) {
      return to === undefined ? host.random().below(from) : from + host.random().below(to - from);
    },
  };
}

/** The synchronous functions, and the callback ones on top of them: Node's own run on threads, in an order nobody fixes. */
function zlibModule(host: ModuleHost): object {
  const pairs = [
    'gzip',
    'gunzip',
    'deflate',
    'inflate',
    'deflateRaw',
    'inflateRaw',
    'brotliCompress',
    'brotliDecompress',
    'unzip',
  ] as const;
  const members: Record<string, unknown> = { constants: zlib.constants, crc32: zlib.crc32 };
  for (const name of pairs) {
    const run = zlib[`${name}Sync`];
    members[`${name}Sync`] = run;
    members[name] = (data: Buffer, ...rest: unknown[]) => {
      const callback = rest.at(-1) as (error: unknown, result?: Buffer) => void;
      const options = rest.length > 1 ? (rest[0] as object) : {};
      process.nextTick(() => {
        let result: Buffer;
        try {
          result = run(data, options);
        } catch (error) {
          callback(error);
          return;
        }
        callback(null, result);
      });
    };
  }
  for (const name of ['createGzip', 'createGunzip', 'createDeflate', 'createInflate']) {
    members[name] = () => {
      throw unmodelled(
        host,
        `zlib.${name} works on threads, which the sandbox does not model; use ${name.slice(6).toLowerCase()}Sync.`,
      );
    };
  }
  return members;
}

/** Amazon Linux 2023 on Graviton, as the functions are deployed. */
const operatingSystem = {
  EOL: '\n',
  arch: () => 'arm64',
  platform: () => 'linux',
  type: () => 'Linux',
  release: () => '5.10.0',
  homedir: () => '/home/sbx_user1051',
  tmpdir: () => '/tmp',
  hostname: () => '169.254.1.1',
  cpus: () => [],
  totalmem: () => 0,
  freemem: () => 0,
  constants: { signals: {} },
};
