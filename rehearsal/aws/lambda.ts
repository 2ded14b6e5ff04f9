import type { FaultPlan } from '../faults/fault.ts';
import type { Iam } from '../iam/index.ts';
import type { Json } from '../kernel/log.ts';
import type { CredentialStore } from '../lambda/credentials.ts';
import type { Network } from '../lambda/network.ts';
import type { AccountServices, ResourceProvider, SimulatedService } from './service.ts';

/** Where a function's code is: the unzipped folder of the asset that the template names. */
export interface FunctionAssets {
  /** Absolute folder of the asset behind `Code.S3Bucket` / `Code.S3Key`. Throws Unmodelled when there is none. */
  folder(bucket: string, key: string): string;
}

/** The part of CloudWatch Logs that Lambda uses on a function's behalf. */
export interface LogGroups {
  exists(region: string, logGroupName: string): boolean;
  /** Lambda makes a missing group when the execution role may. */
  create(region: string, logGroupName: string): void;
}

/** What the Lambda service needs from the rest of the account. */
export interface LambdaOptions {
  readonly services: AccountServices;
  readonly iam: Iam;
  readonly credentials: CredentialStore;
  readonly network: Network;
  readonly faults: FaultPlan;
  readonly assets: FunctionAssets;
  readonly logGroups: LogGroups;
  /** VPC of a subnet, for the network source of functions in a VPC. */
  vpcOfSubnet(subnetId: string): string;
}

/** What a synchronous invocation gives. A function that failed answers with `functionError` and the error as payload. */
export interface InvocationResult {
  readonly payload: Json;
  readonly functionError?: 'Unhandled';
}

/** The simulated Lambda of all regions. */
export interface LambdaService extends SimulatedService {
  readonly id: 'lambda';
  /** AWS::Lambda::Function, ::Permission, ::EventInvokeConfig, ::LayerVersion. */
  readonly providers: readonly ResourceProvider[];
  /**
   * Sends a custom resource's request event to its function and waits in virtual time for the answer on the ResponseURL,
   * as CloudFormation does. Throws when the function fails or does not answer within the hour CloudFormation waits.
   */
  invokeCustomResource(functionArn: string, request: CustomResourceRequest): Promise<CustomResourceAnswer>;
}

/** CloudFormation's request to a custom resource; RequestId and ResponseURL are added here. */
export interface CustomResourceRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly StackId: string;
  readonly ResourceType: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: Readonly<Record<string, Json>>;
  readonly OldResourceProperties?: Readonly<Record<string, Json>>;
}

export interface CustomResourceAnswer {
  readonly physicalResourceId: string;
  readonly data: Readonly<Record<string, Json>>;
  readonly noEcho: boolean;
}

/** The Lambda service of one simulated account. */
export function lambdaService(_options: LambdaOptions): LambdaService {
  throw new Error('in the making');
}
