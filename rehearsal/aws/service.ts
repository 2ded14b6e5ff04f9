import type { Kernel } from '../kernel/kernel.ts';
import type { EventLog } from '../kernel/log.ts';
import type { Regions } from './regions.ts';

/** Who calls: the principal of an IAM decision. */
export type Principal =
  | {
      readonly kind: 'role';
      readonly roleArn: string;
      readonly sessionName: string;
      /** The function whose code calls: the condition key lambda:SourceFunctionArn. Absent when Lambda itself uses the role. */
      readonly sourceFunctionArn?: string;
    }
  /** An AWS service acting for itself (`events.amazonaws.com`), judged by resource policies alone. */
  | { readonly kind: 'service'; readonly service: string; readonly sourceArn?: string }
  /** A person at the console or CLI: administrator of the account. Logged as such. */
  | { readonly kind: 'person'; readonly name: string };

/** What a call to the simulated AWS carries beside its input. */
export interface CallContext {
  readonly principal: Principal;
  readonly region: string;
  readonly account: string;
  /** Deterministic within a run. */
  readonly requestId: string;
}

/** An error as AWS answers it: `name` is the error's shape name in the service's model. */
export class AwsError extends Error {
  readonly statusCode: number;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(name: string, message: string, statusCode = 400, fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = name;
    this.statusCode = statusCode;
    this.fields = fields;
  }
}

/**
 * No answer came: the connection was closed, or it timed out. The wire shows it to a function as a socket error. `ran` says
 * whether the operation took effect all the same.
 */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly ran: boolean;

  constructor(message: string, ran: boolean) {
    super(message);
    this.ran = ran;
  }
}

/** The rehearsal was asked for something it does not model. Never answered with a silent success: it ends the run. */
export class Unmodelled extends Error {
  override readonly name = 'Unmodelled';
}

/** What IAM is asked before an operation runs. */
export interface AuthorisationRequest {
  /** `ecr:DescribeImages` */
  readonly action: string;
  /** ARNs, or `['*']` where the action has no resource level. */
  readonly resources: readonly string[];
  /** Condition keys in their full names (`kms:ViaService`, `sns:Protocol`); global keys are added by the account. */
  readonly conditions?: Readonly<Record<string, string | readonly string[]>>;
}

// biome-ignore lint/suspicious/noExplicitAny: inputs and outputs are checked against the SDK's schema where they cross the wire
export type OperationInput = Record<string, any>;

/** One operation of a simulated service. */
export interface Operation {
  /** The decisions IAM makes before it runs; the service authorization reference is the source. */
  authorise(input: OperationInput, context: CallContext): readonly AuthorisationRequest[];
  /** Members of the input that are modelled. Any other member that comes is `Unmodelled`. */
  readonly inputs: readonly string[];
  run(input: OperationInput, context: CallContext): OperationInput | Promise<OperationInput>;
  /** Milliseconds until the answer; the account's default where it is left out. */
  readonly latencyMilliseconds?: number;
}

/** A simulated AWS service: one file each in `rehearsal/aws/`. State is kept per region by the service itself. */
export interface SimulatedService {
  /** Lower-case IAM prefix and endpoint id: `ecr`, `states`, `monitoring` has id `cloudwatch`. */
  readonly id: string;
  readonly operations: Readonly<Record<string, Operation>>;
}

/** A CloudFormation resource as the deployment hands it over: intrinsics are resolved. */
export interface ResourceRequest {
  readonly type: string;
  readonly logicalId: string;
  readonly stackName: string;
  readonly region: string;
  readonly account: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What `Ref` and `Fn::GetAtt` of the resource give. */
export interface DeployedResource {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** How one CloudFormation resource type comes into being in the simulated account. */
export interface ResourceProvider {
  readonly type: string;
  /** Properties whose effect is modelled. */
  readonly modelled: readonly string[];
  /** Properties that have no effect here, each with the reason. Any property in neither list is `Unmodelled`. */
  readonly inert: Readonly<Record<string, string>>;
  create(request: ResourceRequest): DeployedResource | Promise<DeployedResource>;
}

/** What every simulated service is given. `rehearsal/aws/account.ts` is the one implementation. */
export interface AccountServices {
  readonly kernel: Kernel;
  readonly log: EventLog;
  readonly account: string;
  readonly partition: 'aws';
  /** Which regions live, and which of them hear each other. */
  readonly regions: Regions;
  /**
   * Calls an operation as a principal: faults, IAM, latency, the operation, the log. The one way in, for the wire, for Step
   * Functions' integrations, for EventBridge targets and for services that call each other.
   */
  call(request: {
    readonly service: string;
    readonly operation: string;
    readonly input: OperationInput;
    readonly principal: Principal;
    readonly region: string;
  }): Promise<OperationInput>;
  /** The IAM decision alone, for rights that a service uses on a role's behalf (logs, network interfaces, KMS). Throws AwsError AccessDenied. */
  authorise(principal: Principal, region: string, requests: readonly AuthorisationRequest[]): void;
  /** The simulated service with this id, for direct access between services. Throws Unmodelled. */
  service<T extends SimulatedService>(id: string): T;
  /** The next deterministic identifier of a kind, e.g. `nextId('execution', 'uuid')`. */
  nextId(kind: string, shape: 'uuid' | 'hex16' | 'hex17' | 'alnum13'): string;
}
