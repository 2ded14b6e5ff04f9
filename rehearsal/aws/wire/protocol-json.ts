import type { NetworkRequest } from '../../lambda/network.ts';
import { AwsError, type OperationInput } from '../service.ts';
import { readJson, writeJson } from './json.ts';
import { ShapeProblem } from './problem.ts';
import type { WireAnswer, WireProtocol } from './protocol.ts';
import { type ErrorShape, membersOf, type OperationShape } from './shapes.ts';

/**
 * AWS JSON 1.0 and 1.1: the operation stands in `X-Amz-Target`, input and output are JSON bodies, errors carry `__type`.
 * `queryErrors`: the service used to speak the query protocol and still gives the old error code in a header.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html, https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#awsquerycompatible-trait
 */
export function jsonProtocol(
  version: '1.0' | '1.1',
  target: string,
  options: { queryErrors?: boolean } = {},
): WireProtocol {
  const contentType = `application/x-amz-json-${version}`;
  const answer = (status: number, body: unknown, requestId: string): WireAnswer => ({
    status,
    headers: { 'content-type': contentType, 'x-amzn-requestid': requestId },
    body: JSON.stringify(body),
  });
  return {
    kind: 'json',
    settings: {
      protocol: `aws.protocols#awsJson${version.replace('.', '_')}`,
      serviceTarget: target,
      awsQueryCompatible: options.queryErrors === true,
    },
    operation(request) {
      const [service, operation] = (request.headers['x-amz-target'] ?? '').split('.');
      if (service !== target || !operation || request.headers['content-type'] !== contentType) {
        throw new AwsError('UnknownOperationException', '');
      }
      return operation;
    },
    decode: decodeJson,
    encode: (operation, output, requestId) => answer(200, writeJson(operation.output, output), requestId),
    encodeError(error, shape, requestId) {
      const encoded = answer(shape?.status ?? error.statusCode, errorBody(error, shape), requestId);
      if (!options.queryErrors) return encoded;
      const fault = encoded.status >= 500 ? 'Receiver' : 'Sender';
      const code = `${shape?.queryCode ?? error.name};${fault}`;
      return { ...encoded, headers: { ...encoded.headers, 'x-amzn-query-error': code } };
    },
  };
}

function decodeJson(operation: OperationShape, request: NetworkRequest): OperationInput {
  let body: unknown;
  try {
    body = JSON.parse(request.body.toString('utf8') || '{}');
  } catch {
    throw new AwsError('SerializationException', 'The request body is not JSON.');
  }
  try {
    return readJson(operation.input, body) as OperationInput;
  } catch (error) {
    if (!(error instanceof ShapeProblem)) throw error;
    if (error.problem === 'type') throw new AwsError('SerializationException', error.message);
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value null at '${error.path}' failed to satisfy constraint: Member must not be null`,
    );
  }
}

function errorBody(error: AwsError, shape: ErrorShape | undefined): unknown {
  if (!shape) return { __type: error.name, message: error.message, ...error.fields };
  const members = membersOf(shape.schema);
  const name = members.has('Message') ? 'Message' : 'message';
  // Some shapes name it as a member, a required one even; where they don't, it goes out all the same.
  const fields = members.has(name) ? { [name]: error.message, ...error.fields } : error.fields;
  return { __type: error.name, [name]: error.message, ...(writeJson(shape.schema, fields) as object) };
}
