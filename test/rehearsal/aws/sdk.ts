import { Readable } from 'node:stream';
import type { CreateModule, World } from '../../../rehearsal/aws/module.ts';
import { createWire } from '../../../rehearsal/aws/wire/index.ts';
import { createRehearsal, type Rehearsal } from '../../../rehearsal/rehearsal.ts';
import { account, type SmallStack, smallAssembly } from '../assembly/small-assembly.ts';

export const caller = `arn:aws:iam::${account}:role/caller`;

/** What a real SDK client needs of its settings to call the simulated account as a role. */
export interface SdkSettings {
  readonly region: string;
  readonly credentials: () => Promise<{
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
    readonly expiration: Date;
  }>;
  readonly requestHandler: { handle(request: SentRequest): Promise<{ readonly response: object }> };
  readonly maxAttempts: 1;
}

interface SentRequest {
  readonly method: string;
  readonly hostname: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface SdkWorld {
  readonly rehearsal: Rehearsal;
  readonly world: World;
  /** Settings of a client in this region, as the role `caller` unless another is named. */
  settings(region?: string, role?: string): SdkSettings;
  /** Lets virtual time pass until the call has answered. */
  settled<T>(call: Promise<T>): Promise<T>;
  wait(milliseconds: number): Promise<void>;
}

/** The role that the tests call as: it may do what the statements say. */
export function callerRole(...statements: readonly object[]) {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: 'caller',
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      Policies: [{ PolicyName: 'inline', PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
    },
  };
}

/** A deployed world whose services real SDK clients call over the wire. */
export async function sdkWorld(
  stacks: readonly (Omit<SmallStack, 'template'> & { readonly resources: Readonly<Record<string, unknown>> })[],
  modules: readonly CreateModule[],
  startsAt = Date.UTC(2026, 0, 5, 9),
): Promise<SdkWorld> {
  let world: World | undefined;
  const rehearsal = await createRehearsal({
    assemblyDirectory: smallAssembly(
      stacks.map(({ resources, ...stack }) => ({ ...stack, template: { Resources: resources } })),
    ),
    seed: 1,
    startsAt,
    modules: [
      ...modules,
      createWire,
      (made) => {
        world = made;
        return {};
      },
    ],
  });
  if (!world) throw new Error('no module was made');
  return worldOf(rehearsal, world);
}

function worldOf(rehearsal: Rehearsal, world: World): SdkWorld {
  const { kernel } = rehearsal;
  return {
    rehearsal,
    world,
    settings: (region = 'us-east-1', role = caller) => ({
      region,
      maxAttempts: 1,
      // Expired at once for the SDK, which then asks again for each call: virtual years pass between two.
      credentials: async () => ({
        ...world.credentials.issue(role, 'test', `arn:aws:lambda:${region}:${account}:function:test`),
        expiration: new Date(0),
      }),
      requestHandler: { handle: (request) => sent(rehearsal, region, request) },
    }),
    settled: async (call) => {
      let done = false;
      const end = () => {
        done = true;
      };
      call.then(end, end);
      // The SDK takes turns of the host's loop of its own before it asks for virtual time again.
      for (let turn = 0; turn < 1000 && !done; turn++) await kernel.run({ done: () => done });
      return call;
    },
    wait: (milliseconds) => kernel.run({ until: kernel.now() + milliseconds }),
  };
}

async function sent({ network }: Rehearsal, region: string, request: SentRequest): Promise<{ response: object }> {
  const query = Object.entries(request.query ?? {}).map(([name, value]) =>
    value === null ? encodeURIComponent(name) : `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  );
  const answer = await network.request({
    method: request.method,
    host: request.hostname,
    port: 443,
    path: query.length === 0 ? request.path : `${request.path}?${query.join('&')}`,
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: Buffer.from((request.body ?? '') as Uint8Array),
    source: { functionName: 'test', region },
  });
  return {
    response: {
      statusCode: answer.status,
      headers: answer.headers,
      body: Readable.from(answer.body.length === 0 ? [] : [Buffer.from(answer.body)]),
    },
  };
}
