import { RDSClient } from '@aws-sdk/client-rds';
import { onTestFinished, vi } from 'vitest';
import { createCloudWatch } from '../../../rehearsal/aws/cloudwatch.ts';
import { createEc2 } from '../../../rehearsal/aws/ec2-inert.ts';
import { createKms } from '../../../rehearsal/aws/kms.ts';
import type { CreateModule, World } from '../../../rehearsal/aws/module.ts';
import { createRds, type Rds } from '../../../rehearsal/aws/rds.ts';
import { createSecretsManager } from '../../../rehearsal/aws/secretsmanager.ts';
import { createWire } from '../../../rehearsal/aws/wire/index.ts';
import { createRehearsal, type Rehearsal } from '../../../rehearsal/rehearsal.ts';
import { account, smallAssembly } from '../assembly/small-assembly.ts';
import { ground, instance, replica, secret } from './databases-world.ts';
import { startsAt } from './services-world.ts';

export const primary = 'us-east-1';
export const standby = 'us-west-2';
export const minute = 60_000;
export const hour = 60 * minute;

/** A role that functions may have, with these statements. */
export function role(name: string, ...statements: readonly Readonly<Record<string, unknown>>[]) {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: name,
      AssumeRolePolicyDocument: {
        Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      Policies: [
        {
          PolicyName: 'own',
          PolicyDocument: { Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })) },
        },
      ],
    },
  };
}

const administrator = role('administrator', { Action: ['rds:*', 'kms:*', 'iam:PassRole', 's3:*'], Resource: '*' });

/** An instance `shop` with properties of its own. */
export function shop(more: Readonly<Record<string, unknown>> = {}) {
  return { ...instance, Properties: { ...instance.Properties, ...more } };
}

export interface RdsWorld {
  readonly rehearsal: Rehearsal;
  readonly rds: Rds;
  /** A call through the SDK; settles in virtual time. */
  send<Output>(
    command: Readonly<Record<string, unknown>> | object,
    place?: { readonly region?: string; readonly role?: string },
  ): Promise<Output>;
  wait(milliseconds: number): Promise<void>;
  arn(region: string, kind: string, name: string): string;
}

interface Options {
  readonly primaryResources?: Readonly<Record<string, unknown>>;
  /** What stands in the standby beside the network and the key. */
  readonly standbyResources?: Readonly<Record<string, unknown>>;
  readonly postgres?: boolean;
  readonly modules?: readonly CreateModule[];
}

/** RDS with `shop` in the primary, reached by the real SDK over the wire. */
export async function rdsWorld(options: Options = {}): Promise<RdsWorld> {
  let world: World | undefined;
  const capture: CreateModule = (made) => {
    world = made;
    return {};
  };
  const own = { Administrator: administrator, Secret: secret, Instance: shop() };
  const stack = (name: string, region: string, resources: object) => ({
    name,
    region,
    template: { Resources: resources },
    dependsOn: name === 'Standby' ? ['Primary'] : [],
  });
  const rehearsal = await createRehearsal({
    assemblyDirectory: smallAssembly([
      stack('Primary', primary, { ...ground, ...own, ...options.primaryResources }),
      stack('Standby', standby, { ...ground, ...options.standbyResources }),
    ]),
    seed: 1,
    startsAt,
    ...(options.postgres === undefined ? {} : { postgres: options.postgres }),
    modules: [
      createCloudWatch,
      createEc2,
      createKms,
      createRds,
      createSecretsManager,
      createWire,
      ...(options.modules ?? []),
      capture,
    ],
  });
  if (!world) throw new Error('no world was made');
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const send = sender(rehearsal, world);
  return {
    rehearsal,
    rds: rehearsal.account.service<Rds>('rds'),
    send: send as RdsWorld['send'],
    wait: (milliseconds) => rehearsal.kernel.run({ until: rehearsal.kernel.now() + milliseconds }),
    arn: (region, kind, name) => `arn:aws:rds:${region}:${account}:${kind}:${name}`,
  };
}

/** With a replica `shop` in the standby. */
export const withReplica: Options = { standbyResources: { Instance: replica() } };

interface HttpRequest {
  readonly method: string;
  readonly hostname: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

function sender({ kernel, network }: Rehearsal, { credentials }: World) {
  return async (command: object, { region = primary, role: name = 'administrator' } = {}): Promise<unknown> => {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials.issue(
      `arn:aws:iam::${account}:role/${name}`,
      'test',
    );
    let underWay = false;
    const requestHandler = {
      async handle(request: HttpRequest) {
        underWay = true;
        const asked = network.request({
          method: request.method,
          host: request.hostname,
          port: 443,
          path: request.path,
          headers: request.headers,
          body: Buffer.from(request.body ?? ''),
          source: { functionName: 'test', region },
        });
        const { status, headers, body } = await asked.finally(() => {
          underWay = false;
        });
        return { response: { statusCode: status, headers, body: Buffer.from(body) } };
      },
    };
    const client = new RDSClient({
      region,
      credentials: { accessKeyId, secretAccessKey, sessionToken },
      maxAttempts: 1,
      // biome-ignore lint/suspicious/noExplicitAny: a handler of HTTP without sockets
      requestHandler: requestHandler as any,
    });
    // The SDK signs by the machine's clock.
    vi.setSystemTime(kernel.now());
    let settled = false;
    // biome-ignore lint/suspicious/noExplicitAny: any command of the client
    const answer = client.send(command as any).finally(() => {
      settled = true;
    });
    answer.catch(() => undefined);
    while (!settled) {
      await new Promise((resolve) => setImmediate(resolve));
      if (underWay) await kernel.run({ done: () => !underWay });
    }
    return answer;
  };
}
