import type { TaskCall, TaskOutcome } from '../asl/index.ts';
import type { Json } from '../kernel/log.ts';
import { AwsError, NoAnswer, type OperationInput } from './service.ts';
import { type ErrorStyle, functionFailureOf, taskFailureOf } from './states-errors.ts';

/** One operation that a Task state can name. */
export interface Integration {
  /** Id of the simulated service and name of its operation. */
  readonly service: string;
  readonly operation: string;
  readonly style: ErrorStyle;
  /** `sync` and `sync:2` wait for the end of what was started. */
  readonly pattern: 'response' | 'token' | 'sync' | 'sync:2';
  /** SDK integrations take and give every member in PascalCase, whatever the service's own API has. */
  readonly pascalCase: boolean;
  /** Members that the service wants as text and that a state may give as JSON. */
  readonly texts: readonly string[];
}

interface OptimisedService {
  readonly service: string;
  readonly prefix: string;
  readonly general: string;
  readonly causeName: string;
  /** Operation in the resource → members that may be given as JSON. */
  readonly operations: Readonly<Record<string, readonly string[]>>;
  readonly patterns: readonly Integration['pattern'][];
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html; names of errors as in recorded executions. */
const optimised: Readonly<Record<string, OptimisedService>> = {
  lambda: {
    service: 'lambda',
    prefix: 'Lambda',
    general: 'AWSLambdaException',
    causeName: 'AWSLambda',
    operations: { invoke: ['Payload'] },
    patterns: ['response', 'token'],
  },
  sns: {
    service: 'sns',
    prefix: 'SNS',
    general: 'AmazonSNSException',
    causeName: 'AmazonSNS',
    operations: { publish: ['Message'] },
    patterns: ['response', 'token'],
  },
  sqs: {
    service: 'sqs',
    prefix: 'SQS',
    general: 'AmazonSQSException',
    causeName: 'AmazonSQS',
    operations: { sendMessage: ['MessageBody'] },
    patterns: ['response', 'token'],
  },
  states: {
    service: 'states',
    prefix: 'StepFunctions',
    general: 'AWSStepFunctionsException',
    causeName: 'AWSStepFunctions',
    operations: { startExecution: ['Input'] },
    patterns: ['response', 'token', 'sync', 'sync:2'],
  },
  dynamodb: {
    service: 'dynamodb',
    prefix: 'DynamoDB',
    general: 'AmazonDynamoDBException',
    causeName: 'AmazonDynamoDBv2',
    operations: { getItem: [], putItem: [], updateItem: [], deleteItem: [] },
    patterns: ['response'],
  },
  events: {
    service: 'events',
    prefix: 'EventBridge',
    general: 'AmazonEventBridgeException',
    causeName: 'AmazonEventBridge',
    operations: { putEvents: [] },
    patterns: ['response', 'token'],
  },
};

/**
 * Services of the SDK integrations: the name in the resource → simulated service and the prefix of its errors.
 * https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
 */
const sdkServices: Readonly<Record<string, { readonly service: string; readonly prefix: string }>> = {
  cloudwatch: { service: 'cloudwatch', prefix: 'CloudWatch' },
  dynamodb: { service: 'dynamodb', prefix: 'DynamoDb' },
  ecr: { service: 'ecr', prefix: 'Ecr' },
  eks: { service: 'eks', prefix: 'Eks' },
  elasticloadbalancingv2: { service: 'elasticloadbalancing', prefix: 'ElasticLoadBalancingV2' },
  eventbridge: { service: 'events', prefix: 'EventBridge' },
  kms: { service: 'kms', prefix: 'Kms' },
  lambda: { service: 'lambda', prefix: 'Lambda' },
  sfn: { service: 'states', prefix: 'Sfn' },
  sns: { service: 'sns', prefix: 'Sns' },
  sqs: { service: 'sqs', prefix: 'Sqs' },
  ssm: { service: 'ssm', prefix: 'Ssm' },
};

/** Services whose own API has camelCase members. */
const camelCaseServices = new Set(['ecr', 'eks', 'states', 'logs']);

/** What a Task's Resource names, or undefined where the rehearsal does not model it. A function's own ARN is an invocation. */
export function integrationOf(resource: string): Integration | undefined {
  if (/^arn:aws:lambda:[^:]+:\d+:function:/.test(resource)) return optimisedIntegration('lambda', 'invoke', undefined);
  const [, sdkService, sdkOperation, sdkToken] =
    /^arn:aws:states:::aws-sdk:([a-z0-9]+):([A-Za-z0-9]+)(\.waitForTaskToken)?$/.exec(resource) ?? [];
  if (sdkService && sdkOperation) {
    const known = sdkServices[sdkService];
    if (!known || !/^[a-z]/.test(sdkOperation)) return undefined;
    return {
      service: known.service,
      operation: upperFirst(sdkOperation),
      style: {
        prefix: known.prefix,
        general: `${known.prefix}Exception`,
        service: known.prefix,
        optimised: false,
      },
      pattern: sdkToken ? 'token' : 'response',
      pascalCase: true,
      texts: [],
    };
  }
  const [, service, operation, pattern] =
    /^arn:aws:states:::([a-z0-9-]+):([A-Za-z0-9]+)(?:\.(sync:2|sync|waitForTaskToken))?$/.exec(resource) ?? [];
  return service && operation ? optimisedIntegration(service, operation, pattern) : undefined;
}

function optimisedIntegration(name: string, operation: string, suffix: string | undefined): Integration | undefined {
  const known = optimised[name];
  const texts = known?.operations[operation];
  const pattern = suffix === undefined ? 'response' : suffix === 'waitForTaskToken' ? 'token' : suffix;
  if (!known || !texts || !known.patterns.some((allowed) => allowed === pattern)) return undefined;
  return {
    service: known.service,
    operation: upperFirst(operation),
    style: { prefix: known.prefix, general: known.general, service: known.causeName, optimised: true },
    pattern: pattern as Integration['pattern'],
    pascalCase: true,
    texts,
  };
}

/** How a task reaches the account: the call, and a request's id for what Step Functions adds to answers. */
export interface TaskPort {
  call(service: string, operation: string, input: OperationInput): Promise<OperationInput>;
  newRequestId(): string;
}

/** Makes the call of one attempt and gives the outcome as the state sees it. */
export async function performTask(port: TaskPort, integration: Integration, call: TaskCall): Promise<TaskOutcome> {
  const requestId = port.newRequestId();
  const isBareFunction = call.resource.startsWith('arn:aws:lambda:');
  const given = isBareFunction ? { FunctionName: call.resource, Payload: call.arguments } : call.arguments;
  try {
    const output = await port.call(integration.service, integration.operation, inputOf(integration, given));
    if (integration.service === 'lambda' && integration.operation === 'Invoke') {
      return invocationOutcome(output, isBareFunction, requestId, integration.style.optimised);
    }
    if (integration.service === 'events' && integration.style.optimised && Number(output['FailedEntryCount']) > 0) {
      return { error: 'EventBridge.FailedEntry', cause: JSON.stringify(output) };
    }
    return { output: outputOf(integration, output, requestId) };
  } catch (error) {
    if (error instanceof AwsError || error instanceof NoAnswer)
      return taskFailureOf(integration.style, error, requestId);
    throw error;
  }
}

/** The operation's input from what the state gave, in the names of the service's own API. */
export function inputOf(integration: Integration, given: Json): OperationInput {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return {};
  const input: Record<string, Json> = { ...given };
  for (const name of integration.texts) {
    const value = input[name];
    if (value !== undefined && (typeof value !== 'string' || name === 'Payload')) input[name] = JSON.stringify(value);
  }
  if (integration.service === 'events' && Array.isArray(input['Entries']))
    input['Entries'] = input['Entries'].map(withDetailText);
  return camelCaseServices.has(integration.service) ? (renamed(input, lowerFirst) as OperationInput) : input;
}

function withDetailText(entry: Json): Json {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry;
  const detail = entry['Detail'];
  return detail === undefined || typeof detail === 'string' ? entry : { ...entry, Detail: JSON.stringify(detail) };
}

/** A service's answer as JSON: PascalCase, times as ISO texts (SDK) or milliseconds (optimised), and the call's metadata. */
export function outputOf(integration: Integration, output: OperationInput, requestId: string): Json {
  const json = asJson(output, integration.style.optimised) as Record<string, Json>;
  const named = camelCaseServices.has(integration.service) ? (renamed(json, upperFirst) as Record<string, Json>) : json;
  return integration.style.optimised ? { ...named, ...callMetadata(requestId) } : named;
}

/** What optimised integrations add to an answer; of the headers, which only name the transport, none is modelled. */
function callMetadata(requestId: string): Record<string, Json> {
  return { SdkHttpMetadata: { HttpStatusCode: 200 }, SdkResponseMetadata: { RequestId: requestId } };
}

function invocationOutcome(
  output: OperationInput,
  bare: boolean,
  requestId: string,
  isOptimised: boolean,
): TaskOutcome {
  const payload = textOf(output['Payload']);
  if (output['FunctionError'] !== undefined) return functionFailureOf(payload);
  const parsed = (payload === '' ? {} : JSON.parse(payload)) as Json;
  if (bare) return { output: parsed };
  const answer = { ExecutedVersion: '$LATEST', Payload: isOptimised ? parsed : payload, StatusCode: 200 };
  return { output: isOptimised ? { ...answer, ...callMetadata(requestId) } : answer };
}

function textOf(payload: unknown): string {
  if (payload === undefined || payload === null) return '';
  if (typeof payload === 'string') return payload;
  return payload instanceof Uint8Array ? Buffer.from(payload).toString('utf8') : JSON.stringify(payload);
}

function asJson(value: unknown, timesAsMilliseconds: boolean): Json | undefined {
  if (value === undefined) return undefined;
  if (value instanceof Date) return timesAsMilliseconds ? value.getTime() : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map((item) => asJson(item, timesAsMilliseconds) ?? null);
  if (typeof value !== 'object' || value === null) return value as Json;
  const members = Object.entries(value).map(([name, member]) => [name, asJson(member, timesAsMilliseconds)] as const);
  return Object.fromEntries(members.filter(([, member]) => member !== undefined)) as Json;
}

/** Renames the members of structures at every depth. Keys of maps are renamed too: no modelled operation has such a map. */
function renamed(value: Json | undefined, rename: (name: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [rename(name), renamed(member, rename)]));
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
