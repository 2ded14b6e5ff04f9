import { SimulatedAccount } from '../../../rehearsal/aws/account.ts';
import { createLambda, type LambdaService } from '../../../rehearsal/aws/lambda.ts';
import type { MetricValue } from '../../../rehearsal/aws/module.ts';
import {
  AwsError,
  type CallContext,
  type Operation,
  type OperationInput,
  type SimulatedService,
} from '../../../rehearsal/aws/service.ts';
import { awsEndpoints } from '../../../rehearsal/aws/wire/index.ts';
import { type FaultPlan, noFaults } from '../../../rehearsal/faults/fault.ts';
import { createIam } from '../../../rehearsal/iam/index.ts';
import { Kernel } from '../../../rehearsal/kernel/kernel.ts';
import { EventLog } from '../../../rehearsal/kernel/log.ts';
import { CredentialStore, Network } from '../../../rehearsal/lambda/index.ts';

export const account = '111111111111';
export const startsAt = Date.UTC(2026, 10, 20, 12);
const logRights = { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' };

/** An operation of a fake service: its action is allowed on `*`, and every input is taken. */
export type FakeOperation = (input: OperationInput, context: CallContext) => OperationInput | Promise<OperationInput>;

export function fakeService(
  id: string,
  prefix: string,
  operations: Readonly<Record<string, FakeOperation>>,
): SimulatedService {
  const all = Object.entries(operations).map(([name, run]): [string, Operation] => [
    name,
    {
      inputs: new Proxy<string[]>([], {
        get: (target, key) => (key === 'includes' ? () => true : Reflect.get(target, key)),
      }),
      authorise: () => [{ action: `${prefix}:${name}`, resources: ['*'] }],
      run,
    },
  ]);
  return { id, operations: Object.fromEntries(all) };
}

/** A small simulated account with Lambda, its wire, and one function `task` whose code lies in `folder`. */
export async function lambdaWorld(options: {
  readonly folder: string;
  readonly services?: readonly SimulatedService[];
  readonly faults?: FaultPlan;
  readonly statements?: readonly unknown[];
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly seed?: number;
}) {
  const kernel = new Kernel({ seed: options.seed ?? 1, startsAt });
  const log = new EventLog(() => kernel.now());
  const iam = createIam({ account, now: () => kernel.now(), log });
  const faults = options.faults ?? noFaults;
  const simulated = new SimulatedAccount({ kernel, log, account, faults, iam });
  const credentials = new CredentialStore({ seed: kernel.seed, now: () => kernel.now() });
  const network = new Network();
  const groups = new Set(['us-east-1//aws/lambda/task']);
  const logs = {
    ...fakeService('logs', 'logs', {}),
    exists: (region: string, name: string) => groups.has(`${region}/${name}`),
    create: (region: string, name: string) => groups.add(`${region}/${name}`),
  };
  const metrics: MetricValue[] = [];
  const given = options.services?.find(({ id }) => id === 'cloudwatch') ?? fakeService('cloudwatch', 'cloudwatch', {});
  const cloudwatch = { ...given, putMetric: (value: MetricValue) => metrics.push(value) };
  const others = options.services?.filter(({ id }) => id !== 'cloudwatch') ?? [];
  const ec2 = { ...fakeService('ec2', 'ec2', {}), vpcOfSubnet: () => 'vpc-1' };
  const assets = { locate: () => options.folder };
  const lambda = createLambda({ account: simulated, iam, credentials, network, assets, faults });
  simulated.register({ services: [logs, ec2, cloudwatch, ...others], providers: iam.providers });
  simulated.register(lambda);
  for (const peer of [...(lambda.peers ?? []), awsEndpoints(simulated, credentials)]) network.connect(peer);
  const create = async (type: string, logicalId: string, properties: Record<string, unknown>) => {
    const provider = simulated.provider(type);
    if (!provider) throw new Error(`no provider for ${type}`);
    return provider.create({ type, logicalId, stackName: 'Test', region: 'us-east-1', account, properties });
  };
  await create('AWS::IAM::Role', 'Role', {
    RoleName: 'task-role',
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    Policies: [
      {
        PolicyName: 'task',
        PolicyDocument: { Version: '2012-10-17', Statement: [logRights, ...(options.statements ?? [])] },
      },
    ],
  });
  await create('AWS::Lambda::Function', 'Function', {
    FunctionName: 'task',
    Code: { S3Bucket: 'assets', S3Key: 'code.zip' },
    Handler: 'index.handler',
    Runtime: 'nodejs24.x',
    Role: `arn:aws:iam::${account}:role/task-role`,
    Timeout: 60,
    ...options.properties,
  });
  const settled = async <T>(promise: Promise<T>): Promise<T> => {
    let done = false;
    const watched = promise.finally(() => {
      done = true;
    });
    watched.catch(() => {});
    await kernel.run({ done: () => done });
    if (!done) throw new Error('nothing more happens, and the promise is open');
    return watched;
  };
  const call = (input: OperationInput) =>
    simulated.call({
      service: 'lambda',
      operation: 'Invoke',
      input,
      principal: { kind: 'person', name: 'engineer' },
      region: 'us-east-1',
    });
  return {
    kernel,
    log,
    metrics,
    iam,
    account: simulated,
    credentials,
    network,
    create,
    settled,
    call,
    service: simulated.service<LambdaService>('lambda'),
    /** Invokes `task` and gives its answer; throws the function's own failure as `<errorType>: <errorMessage>`. */
    async answer(event: unknown): Promise<unknown> {
      const output = await settled(call({ FunctionName: 'task', Payload: JSON.stringify(event) }));
      const payload = JSON.parse(String(output['Payload']));
      if (output['FunctionError']) throw new Error(`${payload.errorType}: ${payload.errorMessage}`);
      return payload;
    },
  };
}

export { AwsError };
