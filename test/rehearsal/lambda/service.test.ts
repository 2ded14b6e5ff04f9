import { beforeAll, describe, expect, it } from 'vitest';
import type { FaultPlan } from '../../../rehearsal/faults/fault.ts';
import { noFaults } from '../../../rehearsal/faults/fault.ts';
import { bundleHandler } from './bundle.ts';
import { account, fakeService, lambdaWorld, startsAt } from './world.ts';

const functionArn = `arn:aws:lambda:us-east-1:${account}:function:task`;
let folder = '';

beforeAll(async () => {
  folder = await bundleHandler(`
    import { request } from 'node:https';
    let count = 0;
    const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const respond = (event: any, body: object) => new Promise<void>((resolve, reject) => {
      const url = new URL(event.ResponseURL);
      const text = JSON.stringify({ StackId: event.StackId, RequestId: event.RequestId, LogicalResourceId: event.LogicalResourceId, ...body });
      const sent = request({ hostname: url.hostname, path: url.pathname + url.search, method: 'PUT', headers: { 'content-length': Buffer.byteLength(text) } }, (response) => { response.resume(); response.on('end', resolve); });
      sent.on('error', reject);
      sent.end(text);
    });
    export const handler = async (event: any) => {
      count++;
      if (event.sleep) await sleep(event.sleep);
      if (event.fail) throw Object.assign(new Error('because'), { name: event.fail });
      if (event.ResponseURL && event.ResourceProperties.answer) return respond(event, event.ResourceProperties.answer);
      return { count, at: Date.now(), key: process.env.AWS_ACCESS_KEY_ID, table: process.env.TABLE };
    };
  `);
});

const outcomes = (log: { events: readonly { kind: string }[] }) =>
  log.events.filter(({ kind }) => kind === 'function.ended');

describe('a synchronous invocation', () => {
  it('starts cold, is warm the next time, and gets a second environment while the first is busy', async () => {
    const { answer, call, settled, log } = await lambdaWorld({
      folder,
      properties: { Environment: { Variables: { TABLE: 't' } } },
    });
    expect(await answer({})).toMatchObject({ count: 1, table: 't', key: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/) });
    expect(await answer({})).toMatchObject({ count: 2 });
    const both = await settled(
      Promise.all([call({ FunctionName: 'task', Payload: '{"sleep":1000}' }), call({ FunctionName: functionArn })]),
    );
    expect(both.map(({ Payload }) => JSON.parse(String(Payload)).count)).toEqual([3, 1]);
    const invoked = log.events.filter(({ kind }) => kind === 'function.invoked');
    expect(invoked.map(({ cold }) => cold)).toEqual([true, false, false, true]);
  });

  it('loses an environment that was idle for long', async () => {
    const { answer, kernel } = await lambdaWorld({ folder });
    await answer({});
    await kernel.run({ until: kernel.now() + 11 * 60_000 });
    expect(await answer({})).toMatchObject({ count: 1 });
  });

  it('answers a function’s failure as a payload', async () => {
    const { call, settled, log } = await lambdaWorld({ folder });
    const output = await settled(call({ FunctionName: 'task', Payload: '{"fail":"Refused"}' }));
    expect(output).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(JSON.parse(String(output['Payload']))).toMatchObject({ errorType: 'Refused', errorMessage: 'because' });
    expect(outcomes(log)).toMatchObject([{ function: 'task', outcome: 'Refused' }]);
  });

  it('times out after the template’s seconds', async () => {
    const { answer } = await lambdaWorld({ folder, properties: { Timeout: 2 } });
    await expect(answer({ sleep: 3000 })).rejects.toThrow(/^Sandbox.Timedout: .*Task timed out after 2.00 seconds$/);
  });

  it('is throttled above the reserved concurrency', async () => {
    const { call, settled } = await lambdaWorld({ folder, properties: { ReservedConcurrentExecutions: 1 } });
    const both = Promise.allSettled([
      call({ FunctionName: 'task', Payload: '{"sleep":100}' }),
      call({ FunctionName: 'task' }),
    ]);
    expect((await settled(both)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('of a role or service needs the right: identity policy or permission', async () => {
    const { account: simulated, settled, create } = await lambdaWorld({ folder });
    const rule = `arn:aws:events:us-east-1:${account}:rule/alarms`;
    const invoke = () =>
      settled(
        simulated.call({
          service: 'lambda',
          operation: 'Invoke',
          input: { FunctionName: 'task' },
          principal: { kind: 'service', service: 'events.amazonaws.com', sourceArn: rule },
          region: 'us-east-1',
        }),
      );
    await expect(invoke()).rejects.toThrow('no resource-based policy allows the service lambda:InvokeFunction');
    await create('AWS::Lambda::Permission', 'Permission', {
      Action: 'lambda:InvokeFunction',
      FunctionName: functionArn,
      Principal: 'events.amazonaws.com',
      SourceArn: rule,
    });
    expect(await invoke()).toMatchObject({ StatusCode: 200 });
  });
});

describe('the execution role', () => {
  it('is asked for the rights to log, at each invocation', async () => {
    const { answer, iam } = await lambdaWorld({ folder });
    expect(iam.ledger.unused().map(({ action }) => action)).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
    await answer({});
    expect(iam.ledger.unused()).toEqual([]);
  });

  it('without them loses the log and not the invocation', async () => {
    const { answer, log } = await lambdaWorld({
      folder,
      statements: [{ Effect: 'Deny', Action: 'logs:PutLogEvents', Resource: '*' }],
    });
    expect(await answer({})).toMatchObject({ count: 1 });
    expect(log.events.filter(({ kind }) => kind === 'iam.denied')).toMatchObject([{ action: 'logs:PutLogEvents' }]);
  });

  it('needs the rights to network interfaces before a function of a VPC is made', async () => {
    const properties = { VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] } };
    await expect(lambdaWorld({ folder, properties })).rejects.toThrow(
      'does not have permissions to call CreateNetworkInterface on EC2',
    );
    const rights = ['Create', 'Delete'].map((verb) => `ec2:${verb}NetworkInterface`);
    const Action = [...rights, 'ec2:Describe*', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'];
    const { answer } = await lambdaWorld({
      folder,
      properties,
      statements: [{ Effect: 'Allow', Action, Resource: '*' }],
    });
    expect(await answer({})).toMatchObject({ count: 1 });
  });

  it('that does not trust Lambda makes no function', async () => {
    await expect(lambdaWorld({ folder, properties: { Role: `arn:aws:iam::${account}:role/other` } })).rejects.toThrow(
      'The role defined for the function cannot be assumed by Lambda.',
    );
  });

  it('may not be given reserved variables', async () => {
    const properties = { Environment: { Variables: { AWS_REGION: 'eu-west-1' } } };
    await expect(lambdaWorld({ folder, properties })).rejects.toThrow('reserved keys: AWS_REGION');
  });
});

describe('an asynchronous invocation', () => {
  it('is tried again after one and two minutes, then goes to the dead-letter queue', async () => {
    const sent: { at: number; input: unknown }[] = [];
    const sqs = fakeService('sqs', 'sqs', {
      SendMessage(input) {
        sent.push({ at: kernel.now(), input });
        return {};
      },
    });
    const { call, settled, kernel, log } = await lambdaWorld({
      folder,
      services: [sqs],
      statements: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*' }],
      properties: { DeadLetterConfig: { TargetArn: `arn:aws:sqs:us-east-1:${account}:failed` } },
    });
    const event = '{"fail":"Refused"}';
    expect(await settled(call({ FunctionName: 'task', InvocationType: 'Event', Payload: event }))).toEqual({
      StatusCode: 202,
    });
    await kernel.run({ until: startsAt + 600_000 });
    const [first, second, third, ...more] = outcomes(log).map((one) => (one as unknown as { at: number }).at);
    expect(more).toEqual([]);
    expect(Math.round((Number(second) - Number(first)) / 1000)).toBe(60);
    expect(Math.round((Number(third) - Number(second)) / 1000)).toBe(120);
    expect(sent.map(({ input }) => input)).toEqual([
      { QueueUrl: `https://sqs.us-east-1.amazonaws.com/${account}/failed`, MessageBody: event },
    ]);
  });
});

describe('faults', () => {
  const once = (kind: 'crash-before' | 'crash-after' | 'deliver-twice'): FaultPlan => {
    let done = false;
    return {
      ...noFaults,
      onInvocation: () => {
        if (done) return undefined;
        done = true;
        return { kind };
      },
    };
  };

  it.each([
    ['crash-before', 0],
    ['crash-after', 1],
  ] as const)('%s: the caller hears ServiceException, and the function ran %i times', async (kind, runs) => {
    const { answer, log } = await lambdaWorld({ folder, faults: once(kind) });
    await expect(answer({})).rejects.toThrow('An error occurred and the request cannot be processed.');
    expect(outcomes(log)).toHaveLength(runs);
  });

  it('deliver-twice: the caller hears the second answer', async () => {
    const { answer } = await lambdaWorld({ folder, faults: once('deliver-twice') });
    expect(await answer({})).toMatchObject({ count: 2 });
  });
});

describe('a custom resource', () => {
  const request = (answer: object) => ({
    RequestType: 'Create' as const,
    StackId: 'arn:aws:cloudformation:us-east-1:111111111111:stack/Test/1',
    ResourceType: 'Custom::Objects',
    LogicalResourceId: 'Objects',
    ResourceProperties: { answer: answer as Record<string, string> },
  });

  it('is made by what the function puts on the ResponseURL', async () => {
    const { service, settled } = await lambdaWorld({ folder });
    const made = service.invokeCustomResource(
      functionArn,
      request({ Status: 'SUCCESS', PhysicalResourceId: 'objects', Data: { Count: 3 } }),
    );
    expect(await settled(made)).toEqual({ physicalResourceId: 'objects', data: { Count: 3 }, noEcho: false });
  });

  it('fails with the function’s reason, and after an hour without an answer', async () => {
    const { service, settled, kernel } = await lambdaWorld({ folder });
    const refused = service.invokeCustomResource(
      functionArn,
      request({ Status: 'FAILED', Reason: 'no cluster', PhysicalResourceId: 'x' }),
    );
    await expect(settled(refused)).rejects.toThrow('Message returned: no cluster');
    const from = kernel.now();
    const silent = service.invokeCustomResource(functionArn, { ...request({}), ResourceProperties: {} });
    await expect(settled(silent)).rejects.toThrow('did not receive a response from your Custom Resource');
    expect(kernel.now() - from).toBe(3_600_000);
  });
});

describe('a run', () => {
  it('with the same seed gives the same log to the byte', async () => {
    const run = async (seed: number) => {
      const made = await lambdaWorld({ folder, seed });
      await made.answer({ sleep: 5 });
      await made.answer({});
      return made.log.sha256();
    };
    expect(await run(3)).toBe(await run(3));
    expect(await run(3)).not.toBe(await run(4));
  });
});

describe('metrics of a function', () => {
  const sum = (metrics: readonly { name: string; value: number }[], name: string) =>
    metrics.filter((metric) => metric.name === name).reduce((all, { value }) => all + value, 0);

  it('count each invocation, those that failed, and how long they took', async () => {
    const { call, settled, metrics } = await lambdaWorld({ folder });
    await settled(call({ FunctionName: 'task', Payload: '{"sleep":2000}' }));
    await settled(call({ FunctionName: 'task', Payload: '{"fail":"Refused"}' }));
    expect([sum(metrics, 'Invocations'), sum(metrics, 'Errors'), sum(metrics, 'Throttles')]).toEqual([2, 1, 0]);
    expect(metrics.filter(({ name }) => name === 'Duration').map(({ value }) => value)).toEqual([2000, 0]);
    expect(metrics[0]).toMatchObject({
      namespace: 'AWS/Lambda',
      dimensions: { FunctionName: 'task' },
      region: 'us-east-1',
    });
  });

  it('count a refused invocation as a throttle and not as an invocation', async () => {
    const { call, settled, metrics } = await lambdaWorld({ folder, properties: { ReservedConcurrentExecutions: 0 } });
    await expect(settled(call({ FunctionName: 'task' }))).rejects.toThrow('Rate Exceeded');
    expect([sum(metrics, 'Invocations'), sum(metrics, 'Throttles')]).toEqual([0, 1]);
  });
});
