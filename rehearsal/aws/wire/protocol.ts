import type { NetworkRequest } from '../../lambda/network.ts';
import type { AwsError, OperationInput } from '../service.ts';
import type { ErrorShape, OperationShape } from './shapes.ts';

/** What goes back over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What tells one service's protocol from another's, under the names of the SDK clients' `protocolSettings`. */
export interface ProtocolSettings {
  /** `aws.protocols#awsJson1_0` */
  readonly protocol: string;
  /** What stands before the operation in `X-Amz-Target`. */
  readonly serviceTarget?: string;
  readonly version?: string;
  readonly xmlNamespace?: string;
  readonly awsQueryCompatible?: boolean;
}

/** How one family of AWS services puts operations, inputs, outputs and errors into HTTP. */
export interface WireProtocol {
  /** Which names it gives to the errors common to all services. */
  readonly kind: 'json' | 'query';
  readonly settings: ProtocolSettings;
  /** Name of the operation that the request asks for. Throws AwsError when it names none. */
  operation(request: NetworkRequest): string;
  /** The input as the service's code sees it: Date for times, Uint8Array for blobs. Throws AwsError for what AWS refuses. */
  decode(operation: OperationShape, request: NetworkRequest): OperationInput;
  /** The answer. Throws Unmodelled when the output does not fit the schema. */
  encode(operation: OperationShape, output: OperationInput, requestId: string): WireAnswer;
  /** `shape` is undefined for errors common to all services. */
  encodeError(error: AwsError, shape: ErrorShape | undefined, requestId: string): WireAnswer;
}
