import type { NetworkRequest } from '../../lambda/network.ts';
import type { AwsError, OperationInput } from '../service.ts';
import type { ClientShapes, ErrorShape, OperationShape } from './shapes.ts';

/** What goes back over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
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

/** Which names a service gives to the errors common to all services. */
export type ProtocolKind = 'json' | 'rest-json' | 'query' | 'rest-xml' | 'ec2';

/** How one family of AWS services puts operations, inputs, outputs and errors into HTTP. */
export interface WireProtocol {
  readonly kind: ProtocolKind;
  readonly settings: ProtocolSettings;
  /** Errors that the service documents and its model does not list. */
  readonly documentedErrors?: ReadonlySet<string>;
  /** Name of the operation that the request asks for. Throws AwsError when it names none. */
  operation(request: NetworkRequest, shapes: ClientShapes): string;
  /** The input as the service's code sees it: Date for times, Uint8Array for blobs. Throws AwsError for what AWS refuses. */
  decode(operation: OperationShape, request: NetworkRequest): OperationInput;
  /** The answer. Throws Unmodelled when the output does not fit the schema. */
  encode(operation: OperationShape, output: OperationInput, requestId: string): WireAnswer;
  /** `shape` is undefined for errors common to all services. */
  encodeError(error: AwsError, shape: ErrorShape | undefined, requestId: string): WireAnswer;
}
