import { type Environment, Execution, type TaskCall, type TaskOutcome } from '../asl/index.ts';
import type { Json } from '../kernel/log.ts';
import type { Kms } from './kms.ts';
import type { ServiceModule, World } from './module.ts';
import {
  AwsError,
  type CallContext,
  type Operation,
  type OperationInput,
  type ResourceProvider,
  type SimulatedService,
} from './service.ts';
import { createStateMachine, roleOf, tracingActions } from './states-creation.ts';
import { integrationOf, performTask } from './states-integrations.ts';
import type { StateMachine } from './states-machine.ts';
import { logHistoryEvent, parsed, type RunningExecution, tellStatus } from './states-observers.ts';
import { statesOperations } from './states-operations.ts';

/** The simulated Step Functions of all regions: state machines by their ARN, executions by theirs. */
export class StatesService implements SimulatedService {
  readonly id = 'states';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly #world: World;
  readonly #machines = new Map<string, StateMachine>();
  readonly #executions = new Map<string, RunningExecution>();
  /** Task token → the execution that was started from outside; kept for ever, to tell an old token from a wrong one. */
  readonly #tokens = new Map<string, RunningExecution>();

  constructor(world: World) {
    this.#world = world;
    this.operations = statesOperations(this);
  }

  /** Throws AwsError StateMachineDoesNotExist. */
  machine(arn: string): StateMachine {
    const machine = this.#machines.get(arn);
    if (machine) return machine;
    throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
  }

  /** Throws AwsError ExecutionDoesNotExist. */
  execution(arn: string): RunningExecution {
    const execution = this.#executions.get(arn);
    if (execution) return execution;
    throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  }

  /** Every execution so far, oldest first. */
  executions(): readonly RunningExecution[] {
    return [...this.#executions.values()];
  }

  /** The execution that a token belongs to. Throws AwsError InvalidToken. */
  holderOf(token: string): RunningExecution {
    const holder = this.#tokens.get(token);
    if (holder) return holder;
    throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  }

  /** The state machine that a token belongs to, or undefined: what IAM is asked about. */
  machineOfToken(token: unknown): string | undefined {
    return this.#tokens.get(String(token))?.machine.arn;
  }

  /**
   * Starts an execution. The same name and input while it runs is the same execution; anything else under a used name is
   * refused. https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
   */
  start(input: OperationInput, context: CallContext): RunningExecution {
    const machine = this.machine(String(input['stateMachineArn']));
    const name = String(input['name'] ?? this.#world.account.nextId('execution', 'uuid'));
    const text = String(input['input'] ?? '{}');
    checkName(name);
    checkInput(text);
    const arn = executionArn(machine, name, context.requestId);
    const known = this.#executions.get(arn);
    if (known) {
      if (known.ended === undefined && known.input === text) return known;
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    this.#useKey(machine, name);
    return this.#run(machine, name, arn, text);
  }

  create(machine: StateMachine): void {
    if (this.#machines.has(machine.arn)) {
      throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${machine.arn}'`);
    }
    this.#machines.set(machine.arn, machine);
  }

  #run(machine: StateMachine, name: string, arn: string, input: string): RunningExecution {
    const { kernel } = this.#world.account;
    const execution = new Execution(machine.compiled, {
      arn,
      name,
      stateMachineArn: machine.arn,
      stateMachineName: machine.name,
      roleArn: machine.roleArn,
      input,
      type: machine.type,
      environment: this.#environment(machine, name, arn),
    });
    const running: RunningExecution = { machine, arn, name, input, startedAt: kernel.now(), execution };
    this.#executions.set(arn, running);
    tellStatus(this.#world.account, running);
    execution.result.then(
      (result) => {
        running.ended = { at: kernel.now(), result };
        tellStatus(this.#world.account, running);
      },
      (error: unknown) => kernel.fail(error),
    );
    if (machine.traces) this.#trace(machine, name);
    execution.start();
    return running;
  }

  #environment(machine: StateMachine, name: string, arn: string): Environment {
    const { account } = this.#world;
    return {
      clock: account.kernel,
      random: account.kernel.random(`asl/${machine.name}/${name}`),
      newId: (kind) =>
        kind === 'task-token'
          ? Buffer.from(`${account.nextId('task-token', 'uuid')}/${account.nextId('task-token', 'uuid')}`).toString(
              'base64',
            )
          : account.nextId(kind, 'uuid'),
      runTask: (call) => this.#runTask(machine, call),
      onEvent: (event, execution) => {
        // Children of a distributed Map have histories of their own; the log shows the execution that a person started.
        if (execution.arn === arn) logHistoryEvent(account, machine.name, name, event);
      },
    };
  }

  async #runTask(machine: StateMachine, call: TaskCall): Promise<TaskOutcome> {
    const { account } = this.#world;
    const integration = integrationOf(call.resource);
    // Checked when the state machine was created.
    if (!integration) throw new TypeError(`${call.resource} is no integration`);
    if (call.taskToken !== undefined) this.#tokens.set(call.taskToken, this.execution(call.rootExecutionArn));
    const principal = roleOf(machine.roleArn, call.executionArn.slice(call.executionArn.lastIndexOf(':') + 1));
    const port = {
      call: (service: string, operation: string, input: OperationInput) =>
        account.call({ service, operation, input, principal, region: machine.region }),
      newRequestId: () => account.nextId('request', 'uuid'),
    };
    const outcome = await performTask(port, integration, call);
    const waits = integration.pattern === 'sync' || integration.pattern === 'sync:2';
    if (!waits || !('output' in outcome)) return outcome;
    call.submitted(outcome.output);
    return this.#awaitChild(call, outcome.output, integration.pattern === 'sync:2', port.call);
  }

  /** `.sync` waits for the started execution's end; abandoned, it stops it. */
  async #awaitChild(
    call: TaskCall,
    answer: Json,
    asJson: boolean,
    callAws: (service: string, operation: string, input: OperationInput) => Promise<OperationInput>,
  ): Promise<TaskOutcome> {
    const child = this.execution(String((answer as Record<string, Json>)['ExecutionArn']));
    call.abandoned.onAbort(() => {
      if (child.ended) return;
      const stop = callAws('states', 'StopExecution', { executionArn: child.arn });
      stop.catch((error: unknown) => {
        if (!(error instanceof AwsError)) this.#world.account.kernel.fail(error);
      });
    });
    await child.execution.result;
    // Nobody hears the answer any more.
    if (call.abandoned.aborted) return { error: 'States.TaskFailed' };
    try {
      await callAws('states', 'DescribeExecution', { executionArn: child.arn });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return { error: 'States.TaskFailed', cause: error.message };
    }
    const description = syncDescription(child, asJson);
    if (child.ended?.result.status === 'SUCCEEDED') return { output: description };
    return { error: 'States.TaskFailed', cause: JSON.stringify(description) };
  }

  /** https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html: the state machine's role uses its key. */
  #useKey({ key, arn, region, roleArn }: StateMachine, name: string): void {
    if (!key) return;
    try {
      this.#world.account.service<Kms>('kms').authoriseKeyUse({
        principal: roleOf(roleArn, name),
        region,
        key,
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
        viaService: 'states',
        encryptionContext: { 'aws:states:stateMachineArn': arn },
      });
    } catch (error) {
      throw error instanceof AwsError ? new AwsError('KmsAccessDeniedException', error.message) : error;
    }
  }

  /** A trace that may not be written is lost without a word to the execution; the denied call shows in the log. */
  #trace({ roleArn, region }: StateMachine, name: string): void {
    for (const action of tracingActions) {
      try {
        this.#world.account.authorise(roleOf(roleArn, name), region, [{ action, resources: ['*'] }]);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
      }
    }
  }
}

/** The Step Functions module: the service and AWS::StepFunctions::StateMachine. */
export function createStates(world: World): ServiceModule {
  const service = new StatesService(world);
  const stateMachine: ResourceProvider = {
    type: 'AWS::StepFunctions::StateMachine',
    modelled: [
      'StateMachineName',
      'DefinitionString',
      'Definition',
      'DefinitionS3Location',
      'DefinitionSubstitutions',
      'RoleArn',
      'StateMachineType',
      'LoggingConfiguration',
      'TracingConfiguration',
      'EncryptionConfiguration',
    ],
    inert: { Tags: 'tags change nothing that runs' },
    create(request) {
      const machine = createStateMachine(world.account, world.iam, world.assets, request);
      service.create(machine);
      return {
        ref: machine.arn,
        attributes: { Arn: machine.arn, Name: machine.name, StateMachineRevisionId: 'INITIAL' },
      };
    },
  };
  return { services: [service], providers: [stateMachine] };
}

/** What `.sync` answers; `.sync:2` gives input and output as JSON. Members and times as in recorded executions. */
function syncDescription({ machine, arn, name, input, startedAt, ended }: RunningExecution, asJson: boolean): Json {
  const result = ended?.result;
  const given = (text: string): Json => (asJson ? (parsed(text) ?? null) : text);
  return {
    ExecutionArn: arn,
    Input: given(input),
    InputDetails: { Included: true },
    Name: name,
    ...(result?.output === undefined ? {} : { Output: given(result.output) }),
    OutputDetails: { Included: true },
    ...(result?.error === undefined ? {} : { Error: result.error }),
    ...(result?.cause === undefined ? {} : { Cause: result.cause }),
    StartDate: startedAt,
    StateMachineArn: machine.arn,
    Status: result?.status ?? 'RUNNING',
    StopDate: ended?.at ?? null,
  };
}

function executionArn(machine: StateMachine, name: string, requestId: string): string {
  const kind = machine.type === 'EXPRESS' ? 'express' : 'execution';
  const arn = machine.arn.replace(':stateMachine:', `:${kind}:`);
  return machine.type === 'EXPRESS' ? `${arn}:${name}:${requestId}` : `${arn}:${name}`;
}

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html: 1 to 80 characters, none of these. */
function checkName(name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: AWS forbids control characters in names
  if (name.length >= 1 && name.length <= 80 && !/[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/.test(name))
    return;
  throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
}

function checkInput(text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${String(error)}'`);
  }
  if (Buffer.byteLength(text) > 262_144) {
    throw new AwsError('InvalidExecutionInput', 'Invalid State Machine Execution Input: more than 262144 bytes');
  }
}
