import { describe, expect, it } from 'vitest';
import { NoAnswer } from '../../../rehearsal/aws/service.ts';
import type { CallFault, FaultPlan } from '../../../rehearsal/faults/fault.ts';
import { noFaults } from '../../../rehearsal/faults/fault.ts';
import { arn, ask, role, runToEnd, smallWorld, stateMachine } from './small-world.ts';

const statesRole = (statements: Parameters<typeof role>[2]) => role('runner', 'states.amazonaws.com', statements);
const mayInvoke = { Action: 'lambda:InvokeFunction', Resource: arn.function('work') };

function task(resource: string, args: unknown, more: Record<string, unknown> = {}) {
  return { Type: 'Task', Resource: resource, Arguments: args, End: true, ...more };
}

function machine(states: Record<string, unknown>) {
  return { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states };
}

const invokeWork = task('arn:aws:states:::lambda:invoke', {
  FunctionName: arn.function('work'),
  Payload: '{% $states.input %}',
});

const once = (service: string, fault: CallFault): FaultPlan => {
  let left = 1;
  return { ...noFaults, onCall: (call) => (call.service === service && left-- > 0 ? fault : undefined) };
};

describe('a state machine', () => {
  it('invokes a function under its role and shows the run in the log, the metrics and the default bus', async () => {
    const world = await smallWorld(
      {
        Role: statesRole([mayInvoke]),
        Machine: stateMachine('flow', machine({ Work: { ...invokeWork, Output: '{% $states.result.Payload %}' } })),
      },
      { functions: { work: (event) => ({ seen: event }) } },
    );
    const described = await runToEnd(world, 'flow', { a: 1 });
    expect(described).toMatchObject({ status: 'SUCCEEDED', output: '{"seen":{"a":1}}', input: '{"a":1}' });
    const kinds = world.log.events.filter((event) => /^(execution|state)\./.test(event.kind));
    expect(kinds.map((event) => [event.kind, event['state'] ?? event['status']])).toEqual([
      ['execution.started', undefined],
      ['state.entered', 'Work'],
      ['state.exited', 'Work'],
      ['execution.ended', 'SUCCEEDED'],
    ]);
    expect(kinds[1]).toMatchObject({ workflow: 'flow', stateType: 'Task' });
    expect(world.log.events).toContainEqual(
      expect.objectContaining({ kind: 'aws.called', service: 'lambda', principal: 'runner', outcome: 'ok' }),
    );
  });

  it('is denied what its role does not allow, under the name Step Functions gives', async () => {
    const world = await smallWorld({
      Role: statesRole([]),
      Machine: stateMachine('flow', machine({ Work: invokeWork })),
    });
    const { error, cause } = await runToEnd(world, 'flow');
    expect(error).toBe('Lambda.AWSLambdaException');
    expect(cause).toContain('is not authorized to perform: lambda:InvokeFunction');
    expect(cause).toContain('Status Code: 403; Error Code: AccessDeniedException');
    expect(world.log.events).toContainEqual(
      expect.objectContaining({ kind: 'iam.denied', action: 'lambda:InvokeFunction' }),
    );
  });

  it('fails by the name of the error its function threw', async () => {
    class TagNotFound extends Error {
      override readonly name = 'TagNotFound';
    }
    const world = await smallWorld(
      { Role: statesRole([mayInvoke]), Machine: stateMachine('flow', machine({ Work: invokeWork })) },
      {
        functions: {
          work: () => {
            throw new TagNotFound('no such tag');
          },
        },
      },
    );
    const described = await runToEnd(world, 'flow');
    expect(described).toMatchObject({ status: 'FAILED', error: 'TagNotFound' });
    expect(JSON.parse(described['cause'])).toMatchObject({ errorType: 'TagNotFound', errorMessage: 'no such tag' });
  });

  it.each([
    ['throttle', 'Lambda.TooManyRequestsException'],
    ['server-error', 'Lambda.ServiceException'],
    ['timeout', 'Lambda.SdkClientException'],
    ['lost-answer', 'Lambda.SdkClientException'],
    ['denied', 'Lambda.AWSLambdaException'],
  ] as const)('sees a fault %s as %s', async (kind, error) => {
    const world = await smallWorld(
      { Role: statesRole([mayInvoke]), Machine: stateMachine('flow', machine({ Work: invokeWork })) },
      { functions: { work: () => null }, faults: once('lambda', { kind }) },
    );
    expect(await runToEnd(world, 'flow')).toMatchObject({ status: 'FAILED', error });
  });

  it('publishes to SNS, calls an SDK integration in PascalCase, and puts events', async () => {
    const definition = machine({
      Notify: {
        ...task('arn:aws:states:::sns:publish', { TopicArn: arn.topic('news'), Message: { n: 1 } }),
        End: undefined,
        Next: 'Describe',
      },
      Describe: {
        ...task('arn:aws:states:::aws-sdk:sfn:describeStateMachine', { StateMachineArn: arn.stateMachine('flow') }),
        Assign: { type: '{% $states.result.Type %}' },
        End: undefined,
        Next: 'Put',
      },
      Put: {
        ...task('arn:aws:states:::events:putEvents', {
          Entries: [
            { Source: 'mainstay', DetailType: 'x', Detail: { a: 1 } },
            { DetailType: 'x', Detail: {} },
          ],
        }),
        Catch: [{ ErrorEquals: ['EventBridge.FailedEntry'], Output: '{% $type %}', Next: 'Done' }],
      },
      Done: { Type: 'Succeed' },
    });
    const world = await smallWorld({
      Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news' } },
      Role: statesRole([
        { Action: 'sns:Publish', Resource: arn.topic('news') },
        { Action: 'states:DescribeStateMachine', Resource: arn.stateMachine('flow') },
        { Action: 'events:PutEvents', Resource: '*' },
      ]),
      Machine: stateMachine('flow', definition),
    });
    expect(await runToEnd(world, 'flow')).toMatchObject({ status: 'SUCCEEDED', output: '"STANDARD"' });
    expect(world.log.events).toContainEqual(
      expect.objectContaining({ kind: 'notification.sent', topic: 'news', message: '{"n":1}' }),
    );
  });

  it('names the errors of optimised and SDK integrations as recorded on AWS', async () => {
    const missing = arn.stateMachine('missing');
    const world = await smallWorld({
      Role: statesRole([{ Action: ['states:*', 'sns:*'], Resource: '*' }]),
      Optimised: stateMachine(
        'optimised',
        machine({ A: task('arn:aws:states:::states:startExecution', { StateMachineArn: missing }) }),
      ),
      Sdk: stateMachine(
        'sdk',
        machine({ A: task('arn:aws:states:::aws-sdk:sfn:sendTaskSuccess', { TaskToken: 't', Output: '1' }) }),
      ),
      Topic: stateMachine(
        'topic',
        machine({ A: task('arn:aws:states:::sns:publish', { TopicArn: arn.topic('none'), Message: 'm' }) }),
      ),
    });
    const optimised = await runToEnd(world, 'optimised');
    expect(optimised['error']).toBe('StepFunctions.StateMachineDoesNotExistException');
    expect(optimised['cause']).toMatch(
      /^State Machine Does Not Exist: '.*missing' \(Service: AWSStepFunctions; Status Code: 400;/,
    );
    const sdk = await runToEnd(world, 'sdk');
    expect(sdk['error']).toBe('Sfn.InvalidTokenException');
    expect(sdk['cause']).toMatch(/^Invalid Token: 'Invalid token' \(Service: Sfn, Status Code: 400, Request ID: /);
    expect(await runToEnd(world, 'topic')).toMatchObject({ error: 'SNS.NotFoundException' });
  });
});

describe('executions', () => {
  const waiting = machine({ Wait: { Type: 'Wait', Seconds: 600, End: true } });
  const world = () => smallWorld({ Role: statesRole([]), Machine: stateMachine('flow', waiting) });
  const start = (input: string) => ({ stateMachineArn: arn.stateMachine('flow'), name: 'one', input });

  it('are the same under the same name and input while they run, and refused otherwise', async () => {
    const rehearsal = await world();
    const first = await ask(rehearsal, 'states', 'StartExecution', start('{}'));
    expect(await ask(rehearsal, 'states', 'StartExecution', start('{}'))).toEqual(first);
    await expect(ask(rehearsal, 'states', 'StartExecution', start('{"b":1}'))).rejects.toThrow(
      'Execution Already Exists',
    );
    await rehearsal.kernel.run({ until: rehearsal.kernel.now() + 700_000 });
    await expect(ask(rehearsal, 'states', 'StartExecution', start('{}'))).rejects.toMatchObject({
      name: 'ExecutionAlreadyExists',
    });
  });

  it('stop as ABORTED with the reason given, and are listed newest first', async () => {
    const rehearsal = await world();
    await ask(rehearsal, 'states', 'StartExecution', start('{}'));
    await ask(rehearsal, 'states', 'StartExecution', { ...start('{}'), name: 'two' });
    await ask(rehearsal, 'states', 'StopExecution', {
      executionArn: arn.execution('flow', 'one'),
      error: 'Replaced',
      cause: 'by a test',
    });
    const described = await ask(rehearsal, 'states', 'DescribeExecution', {
      executionArn: arn.execution('flow', 'one'),
    });
    expect(described).toMatchObject({ status: 'ABORTED', error: 'Replaced', cause: 'by a test' });
    const { executions } = await ask(rehearsal, 'states', 'ListExecutions', {
      stateMachineArn: arn.stateMachine('flow'),
    });
    expect(executions.map((execution: { name: string }) => execution.name)).toEqual(['two', 'one']);
    const { events } = await ask(rehearsal, 'states', 'GetExecutionHistory', {
      executionArn: arn.execution('flow', 'one'),
      reverseOrder: true,
    });
    expect(events[0]).toMatchObject({ type: 'ExecutionAborted' });
  });

  it.each([
    ['an unknown state machine', { stateMachineArn: arn.stateMachine('none') }, 'StateMachineDoesNotExist'],
    ['a name with a slash', { ...start('{}'), name: 'a/b' }, 'InvalidName'],
    ['an input that is no JSON', start('{'), 'InvalidExecutionInput'],
  ])('refuse %s', async (_what, input, name) => {
    await expect(ask(await world(), 'states', 'StartExecution', input)).rejects.toMatchObject({ name });
  });

  it('refuse an operation and a member that nobody models', async () => {
    await expect(ask(await world(), 'states', 'RedriveExecution', {})).rejects.toThrow(
      'does not model states:RedriveExecution',
    );
    await expect(ask(await world(), 'states', 'StartExecution', { ...start('{}'), traceHeader: 'x' })).rejects.toThrow(
      'traceHeader',
    );
  });
});

describe('task tokens', () => {
  const definition = machine({
    Ask: task(
      'arn:aws:states:::lambda:invoke.waitForTaskToken',
      { FunctionName: arn.function('work'), Payload: { token: '{% $states.context.Task.Token %}' } },
      { TimeoutSeconds: 60 },
    ),
  });

  async function asked() {
    const tokens: string[] = [];
    const rehearsal = await smallWorld(
      { Role: statesRole([mayInvoke]), Machine: stateMachine('flow', definition) },
      { functions: { work: (event) => tokens.push((event as { token: string }).token) } },
    );
    await ask(rehearsal, 'states', 'StartExecution', { stateMachineArn: arn.stateMachine('flow'), name: 'one' });
    await rehearsal.kernel.run({ until: rehearsal.kernel.now() + 1_000 });
    return { rehearsal, taskToken: String(tokens[0]) };
  }

  it('end the task with the output sent; a second answer comes too late', async () => {
    const { rehearsal, taskToken } = await asked();
    await ask(rehearsal, 'states', 'SendTaskSuccess', { taskToken, output: '{"yes":true}' });
    const described = await ask(rehearsal, 'states', 'DescribeExecution', {
      executionArn: arn.execution('flow', 'one'),
    });
    expect(described).toMatchObject({ status: 'SUCCEEDED', output: '{"yes":true}' });
    await expect(ask(rehearsal, 'states', 'SendTaskFailure', { taskToken })).rejects.toMatchObject({
      name: 'TaskTimedOut',
      message: "Task Timed Out: 'Provided task does not exist anymore'",
    });
  });

  it('answered after the timeout are refused', async () => {
    const { rehearsal, taskToken } = await asked();
    await rehearsal.kernel.run({ until: rehearsal.kernel.now() + 61_000 });
    await expect(ask(rehearsal, 'states', 'SendTaskSuccess', { taskToken, output: '1' })).rejects.toMatchObject({
      name: 'TaskTimedOut',
    });
  });

  it('that never were are invalid', async () => {
    const { rehearsal } = await asked();
    await expect(ask(rehearsal, 'states', 'SendTaskHeartbeat', { taskToken: 'x' })).rejects.toMatchObject({
      name: 'InvalidToken',
    });
  });
});

describe('a started child', () => {
  const child = stateMachine(
    'child',
    machine({
      Wait: { Type: 'Wait', Seconds: 100, Next: 'End' },
      End: { Type: 'Pass', Output: { ok: true }, End: true },
    }),
  );
  const rule = 'arn:aws:events:us-east-1:111111111111:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule';
  const rights = [
    { Action: 'states:StartExecution', Resource: arn.stateMachine('child') },
    { Action: ['states:DescribeExecution', 'states:StopExecution'], Resource: arn.execution('child', '*') },
    { Action: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'], Resource: rule },
  ];
  const parent = (resource: string) =>
    stateMachine(
      'parent',
      machine({ Run: task(resource, { StateMachineArn: arn.stateMachine('child'), Input: { a: 1 }, Name: 'c' }) }),
    );

  it('is waited for by .sync:2, which gives its output as JSON', async () => {
    const world = await smallWorld({
      Role: statesRole(rights),
      Child: child,
      Parent: parent('arn:aws:states:::states:startExecution.sync:2'),
    });
    const described = await runToEnd(world, 'parent');
    expect(JSON.parse(described['output'])).toMatchObject({
      Status: 'SUCCEEDED',
      Input: { a: 1 },
      Output: { ok: true },
    });
  });

  it('is stopped with its parent', async () => {
    const world = await smallWorld({
      Role: statesRole(rights),
      Child: child,
      Parent: parent('arn:aws:states:::states:startExecution.sync'),
    });
    await ask(world, 'states', 'StartExecution', { stateMachineArn: arn.stateMachine('parent'), name: 'p' });
    await world.kernel.run({ until: world.kernel.now() + 10_000 });
    await ask(world, 'states', 'StopExecution', { executionArn: arn.execution('parent', 'p') });
    await world.kernel.run({ until: world.kernel.now() + 1_000 });
    expect(
      await ask(world, 'states', 'DescribeExecution', { executionArn: arn.execution('child', 'c') }),
    ).toMatchObject({ status: 'ABORTED' });
  });

  it('needs the rights to the managed rule when the state machine is created', async () => {
    const resources = {
      Role: statesRole(rights.slice(0, 2)),
      Child: child,
      Parent: parent('arn:aws:states:::states:startExecution.sync'),
    };
    await expect(smallWorld(resources)).rejects.toThrow(/Parent .*AccessDenied.*events:PutTargets/);
  });
});

describe('the creation of a state machine', () => {
  const pass = machine({ A: { Type: 'Pass', End: true } });

  it.each([
    [
      'a resource nobody models',
      machine({ Act: task('arn:aws:states:::batch:submitJob.sync', {}) }),
      {},
      /state 'Act' of flow has the resource/,
    ],
    [
      'an SDK operation nobody models',
      machine({ Act: task('arn:aws:states:::aws-sdk:sns:createTopic', {}) }),
      {},
      /state 'Act' of flow calls sns:CreateTopic/,
    ],
    [
      'members in camelCase',
      machine({ Act: task('arn:aws:states:::aws-sdk:sfn:describeExecution', { executionArn: 'x' }) }),
      {},
      /state 'Act' of flow gives executionArn/,
    ],
    ['another role for a task', machine({ Act: { ...invokeWork, Credentials: { RoleArn: 'x' } } }), {}, /Credentials/],
    [
      'logging without its rights',
      pass,
      { LoggingConfiguration: { Level: 'ALL', Destinations: [{}] } },
      /logs:CreateLogDelivery/,
    ],
  ])('refuses %s', async (_what, definition, properties, message) => {
    const resources = { Role: statesRole([]), Machine: stateMachine('flow', definition, properties) };
    await expect(smallWorld(resources)).rejects.toThrow(message);
  });

  it('refuses a role that does not trust Step Functions', async () => {
    const resources = { Role: role('runner', 'lambda.amazonaws.com', []), Machine: stateMachine('flow', pass) };
    await expect(smallWorld(resources)).rejects.toThrow(/Machine .*AccessDenied: states.amazonaws.com .*trust policy/);
  });

  it('replaces substitutions in the definition', async () => {
    const definition = machine({ A: { Type: 'Pass', Output: '${Answer}', End: true } });
    const world = await smallWorld({
      Role: statesRole([]),
      Machine: stateMachine('flow', definition, { DefinitionSubstitutions: { Answer: 'forty-two' } }),
    });
    expect(await runToEnd(world, 'flow')).toMatchObject({ output: '"forty-two"' });
  });
});

describe('a lost answer', () => {
  it('leaves the operation done and the caller without an answer', async () => {
    const definition = machine({ Wait: { Type: 'Wait', Seconds: 600, End: true } });
    const world = await smallWorld(
      { Role: statesRole([]), Machine: stateMachine('flow', definition) },
      { faults: once('states', { kind: 'lost-answer' }) },
    );
    const start = ask(world, 'states', 'StartExecution', { stateMachineArn: arn.stateMachine('flow'), name: 'one' });
    await expect(start).rejects.toBeInstanceOf(NoAnswer);
    expect(
      await ask(world, 'states', 'DescribeExecution', { executionArn: arn.execution('flow', 'one') }),
    ).toMatchObject({ status: 'RUNNING' });
    expect(world.log.events).toContainEqual(
      expect.objectContaining({ kind: 'aws.called', operation: 'StartExecution', outcome: 'ok', fault: 'lost-answer' }),
    );
  });
});
