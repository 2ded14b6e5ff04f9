import type { CallFault, FaultPlan } from '../faults/fault.ts';
import type { Iam } from '../iam/index.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { EventLog } from '../kernel/log.ts';
import { callLatencyMilliseconds, unansweredCallMilliseconds } from './durations.ts';
import { deniedNameOf, serverErrorOf, throttleOf } from './failures.ts';
import type { ServiceModule } from './module.ts';
import { Regions } from './regions.ts';
import {
  type AccountServices,
  type AuthorisationRequest,
  AwsError,
  type CallContext,
  NoAnswer,
  type Operation,
  type OperationInput,
  type Principal,
  type ResourceProvider,
  type SimulatedService,
  Unmodelled,
} from './service.ts';

/** Name of a principal as logs show it: the role's name, the service's host, `person/<name>`. */
export function principalName(principal: Principal): string {
  if (principal.kind === 'role') return principal.roleArn.slice(principal.roleArn.lastIndexOf('/') + 1);
  return principal.kind === 'service' ? principal.service : `person/${principal.name}`;
}

/** The simulated account: services, resource providers, and the one path that every call takes. */
export class SimulatedAccount implements AccountServices {
  readonly kernel: Kernel;
  readonly log: EventLog;
  readonly account: string;
  readonly partition = 'aws';
  readonly regions: Regions;
  readonly #faults: FaultPlan;
  readonly #services = new Map<string, SimulatedService>();
  readonly #providers = new Map<string, ResourceProvider>();
  readonly #iam: Iam;

  constructor(options: { kernel: Kernel; log: EventLog; account: string; faults: FaultPlan; iam: Iam }) {
    this.#iam = options.iam;
    this.kernel = options.kernel;
    this.log = options.log;
    this.regions = new Regions(options.kernel, options.log);
    this.account = options.account;
    this.#faults = options.faults;
  }

  /** Adds what a module brings. Throws RangeError when two modules claim one service or resource type. */
  register(module: ServiceModule): void {
    for (const service of module.services ?? []) {
      if (this.#services.has(service.id)) throw new RangeError(`Two modules simulate the service '${service.id}'.`);
      this.#services.set(service.id, service);
    }
    for (const provider of module.providers ?? []) {
      if (this.#providers.has(provider.type)) throw new RangeError(`Two modules provide the type '${provider.type}'.`);
      this.#providers.set(provider.type, provider);
    }
  }

  /** The provider of a CloudFormation resource type, or undefined. */
  provider(type: string): ResourceProvider | undefined {
    return this.#providers.get(type);
  }

  service<T extends SimulatedService>(id: string): T {
    const service = this.#services.get(id);
    if (service) return service as T;
    throw this.#unmodelled(
      `The rehearsal does not model the service '${id}'; modelled are ${[...this.#services.keys()].sort().join(', ')}.`,
    );
  }

  async call(request: {
    readonly service: string;
    readonly operation: string;
    readonly input: OperationInput;
    readonly principal: Principal;
    readonly region: string;
  }): Promise<OperationInput> {
    const { service, principal, region } = request;
    const operation = this.#operation(service, request.operation, request.input);
    const seen = { at: this.kernel.now(), service, operation: request.operation, region, principal };
    const fault = this.#faults.onCall(seen) ?? this.regions.faultOf(region, service);
    if (fault) this.log.write('fault.injected', { fault: fault.kind, on: `${service}:${request.operation}` });
    const written = {
      service,
      operation: request.operation,
      region,
      principal: principalName(principal),
      fault: fault?.kind,
    };
    if (!this.regions.reaches(this.kernel.place, region)) {
      this.log.write('aws.called', { ...written, outcome: 'Unreachable', from: this.kernel.place });
      return this.#silent(service, request.operation);
    }
    let resource: string | undefined;
    try {
      const context = { principal, region, account: this.account, requestId: this.nextId('request', 'uuid') };
      const requests = operation.authorise(request.input, context);
      resource = requests[0]?.resources[0];
      const work = this.#perform(request, operation, context, fault, requests);
      const output = await this.regions.answered(region, work, () => this.#silent(service, request.operation));
      this.log.write('aws.called', { ...written, resource, outcome: 'ok' });
      if (fault?.kind === 'lost-answer') throw lost(service, request.operation, true);
      return output;
    } catch (error) {
      if (!(error instanceof AwsError) && !(error instanceof NoAnswer)) {
        this.kernel.fail(error);
        throw error;
      }
      if (!(error instanceof NoAnswer && error.ran)) {
        this.log.write('aws.called', { ...written, resource, outcome: error.name });
      }
      throw error;
    }
  }

  /** Nothing answers, and after a while the connection is given up. */
  async #silent(service: string, operation: string): Promise<never> {
    await this.kernel.sleep(unansweredCallMilliseconds, `${service}:${operation}`);
    throw lost(service, operation, false);
  }

  async #perform(
    request: { readonly service: string; readonly operation: string; readonly input: OperationInput },
    operation: Operation,
    context: CallContext,
    fault: CallFault | undefined,
    requests: readonly AuthorisationRequest[],
  ): Promise<OperationInput> {
    const { service } = request;
    const label = `${service}:${request.operation}`;
    if (fault?.kind === 'timeout') {
      await this.kernel.sleep(unansweredCallMilliseconds, label);
      throw lost(service, request.operation, false);
    }
    const refusal = this.#refusal(service, context, fault, requests);
    await this.kernel.sleep(operation.latencyMilliseconds ?? callLatencyMilliseconds, label);
    if (refusal) throw refusal;
    return this.kernel.within(context.region, () => operation.run(request.input, context));
  }

  /** Why the service would not even begin, decided when the call arrives; undefined when it begins. */
  #refusal(
    service: string,
    context: CallContext,
    fault: CallFault | undefined,
    requests: readonly AuthorisationRequest[],
  ): AwsError | undefined {
    if (fault?.kind === 'throttle') return throttleOf(service);
    if (fault?.kind === 'server-error') return serverErrorOf(service);
    if (fault?.kind === 'denied')
      return this.#denied(context.principal, requests[0], 'a fault of this run denies the call', fault.kind);
    try {
      this.authorise(context.principal, context.region, requests);
    } catch (error) {
      if (error instanceof AwsError) return error;
      throw error;
    }
    return undefined;
  }

  authorise(principal: Principal, region: string, requests: readonly AuthorisationRequest[]): void {
    if (principal.kind === 'person') return;
    for (const request of requests) {
      const { decision, reason } = this.#iam.decide(principal, region, request);
      if (decision === 'denied') throw this.#denied(principal, request, reason);
    }
  }

  nextId(kind: string, shape: 'uuid' | 'hex16' | 'hex17' | 'alnum13'): string {
    const random = this.kernel.random(`id/${kind}`);
    const digits = (count: number, base: number): string => {
      let text = '';
      for (let index = 0; index < count; index++) text += random.below(base).toString(base);
      return text;
    };
    if (shape === 'hex16') return digits(16, 16);
    if (shape === 'hex17') return digits(17, 16);
    if (shape === 'alnum13') return digits(13, 36).toUpperCase();
    return `${digits(8, 16)}-${digits(4, 16)}-4${digits(3, 16)}-a${digits(3, 16)}-${digits(12, 16)}`;
  }

  #operation(service: string, name: string, input: OperationInput): Operation {
    const operations = this.service(service).operations;
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (!operation) {
      throw this.#unmodelled(
        `The rehearsal does not model ${service}:${name}; modelled of ${service} are ${Object.keys(operations).join(', ')}.`,
      );
    }
    const unknown = Object.keys(input).filter(
      (member) => input[member] !== undefined && !operation.inputs.includes(member),
    );
    if (unknown.length > 0) {
      throw this.#unmodelled(
        `The rehearsal does not model ${unknown.join(', ')} in the input of ${service}:${name}; modelled are ${operation.inputs.join(', ') || 'none'}.`,
      );
    }
    return operation;
  }

  #denied(
    principal: Principal,
    request: AuthorisationRequest | undefined,
    reason: string,
    fault?: CallFault['kind'],
  ): AwsError {
    const action = request?.action ?? 'unknown';
    const resource = request?.resources[0] ?? '*';
    this.log.write('iam.denied', { principal: principalName(principal), action, resource, reason, fault });
    return new AwsError(
      deniedNameOf(action),
      `User: ${callerArn(principal)} is not authorized to perform: ${action} on resource: ${resource} because ${reason}`,
      403,
    );
  }

  /** Ends the run even where a caller would swallow the error. */
  #unmodelled(message: string): Unmodelled {
    const error = new Unmodelled(message);
    this.kernel.fail(error);
    return error;
  }
}

function callerArn(principal: Principal): string {
  if (principal.kind === 'service') return principal.service;
  if (principal.kind === 'person') return principal.name;
  return `${principal.roleArn.replace(':iam::', ':sts::').replace(':role/', ':assumed-role/')}/${principal.sessionName}`;
}

function lost(service: string, operation: string, ran: boolean): NoAnswer {
  return new NoAnswer(`No answer came from ${service}:${operation}; the connection was closed.`, ran);
}
