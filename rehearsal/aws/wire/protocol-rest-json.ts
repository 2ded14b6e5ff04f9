import type { NetworkRequest } from '../../lambda/network.ts';
import { AwsError, type OperationInput } from '../service.ts';
import { readJson, writeJson } from './json.ts';
import { ShapeProblem } from './problem.ts';
import type { WireAnswer, WireProtocol } from './protocol.ts';
import { type Binding, bindingsOf, readText, writeText } from './rest-binding.ts';
import { membersOf, type OperationShape } from './shapes.ts';

/** REST with JSON: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export function restJsonProtocol(version: string): WireProtocol {
  return {
    kind: 'rest-json',
    settings: { protocol: 'aws.protocols#restJson1', version },
    operation(request, { operations }) {
      const found = [...operations.values()].find((operation) => labelsOf(operation, request) !== undefined);
      if (found) return found.name;
      throw new AwsError('UnknownOperationException', '');
    },
    decode,
    encode: (operation, output, requestId) =>
      payloadOf(operation.output)
        ? withPayload(operation, output, requestId)
        : answer(operation.http?.[2] ?? 200, writeJson(operation.output, output), requestId),
    encodeError(error, shape, requestId) {
      const fields = shape
        ? writeJson(shape.schema, withMessage(error, membersOf(shape.schema).has('message')))
        : error.fields;
      const body = { message: error.message, ...(fields as object) };
      const encoded = answer(shape?.status ?? error.statusCode, body, requestId);
      return { ...encoded, headers: { ...encoded.headers, 'x-amzn-errortype': error.name } };
    },
  };
}

function withMessage({ message, fields }: AwsError, named: boolean): OperationInput {
  return named ? { message, ...fields } : { ...fields };
}

function answer(status: number, body: unknown, requestId: string): WireAnswer {
  const headers = { 'content-type': 'application/json', 'x-amzn-requestid': requestId };
  return { status, headers, body: JSON.stringify(body) };
}

function payloadOf(schema: OperationShape['input']): Binding | undefined {
  return bindingsOf(schema).find(({ place }) => place === 'payload');
}

/** An operation whose answer is bytes and headers: Invoke of Lambda. */
function withPayload({ http, output: schema }: OperationShape, output: OperationInput, requestId: string): WireAnswer {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'x-amzn-requestid': requestId };
  let body = '';
  for (const { name, schema: member, place, key } of bindingsOf(schema)) {
    const value: unknown = output[name];
    if (value === undefined) continue;
    if (place === 'header') headers[key] = writeText(member, value, name);
    if (place === 'payload') body = Buffer.from(value as Uint8Array).toString('utf8');
  }
  return { status: Number(output['StatusCode'] ?? http?.[2] ?? 200), headers, body };
}

/** What stands at the labels of the operation's address; undefined where method or address don't fit. */
function labelsOf({ http }: OperationShape, request: NetworkRequest): ReadonlyMap<string, string> | undefined {
  const [method, address = ''] = http ?? [];
  if (method !== request.method) return undefined;
  const wanted = address.split('?')[0]?.split('/') ?? [];
  const given = (request.path.split('?')[0] ?? '').split('/');
  if (wanted.length !== given.length) return undefined;
  const labels = new Map<string, string>();
  for (const [index, part] of wanted.entries()) {
    const text = decodeURIComponent(given[index] ?? '');
    const label = /^\{(\w+)\}$/.exec(part)?.[1];
    if (label !== undefined && text !== '') labels.set(label, text);
    else if (part !== text) return undefined;
  }
  return labels;
}

function decode(operation: OperationShape, request: NetworkRequest): OperationInput {
  const labels = labelsOf(operation, request);
  const query = new URL(request.path, 'https://host').searchParams;
  try {
    if (payloadOf(operation.input)) return bytesAndHeaders(operation, request, labels);
    const body = JSON.parse(request.body.toString('utf8') || '{}') as Record<string, unknown>;
    const members = bindingsOf(operation.input).flatMap(({ name, schema, place, key }) => {
      if (place === 'body') return body[name] === undefined ? [] : [[name, body[name]]];
      if (place !== 'label' && place !== 'query') throw new ShapeProblem('type', name, `a member in the ${place}`);
      const text = place === 'label' ? labels?.get(name) : query.get(key);
      return text === undefined || text === null ? [] : [[name, readText(schema, text, name)]];
    });
    const foreign = Object.keys(body).find((name) => !membersOf(operation.input).has(name));
    if (foreign !== undefined) throw new ShapeProblem('type', foreign, 'the operation has no such member');
    return readJson(operation.input, Object.fromEntries(members)) as OperationInput;
  } catch (error) {
    if (error instanceof ShapeProblem || error instanceof SyntaxError)
      throw new AwsError('SerializationException', error.message);
    throw error;
  }
}

function bytesAndHeaders(
  { input }: OperationShape,
  { headers, body, path }: NetworkRequest,
  labels: ReadonlyMap<string, string> | undefined,
): OperationInput {
  const query = new URL(path, 'https://host').searchParams;
  const members = bindingsOf(input).flatMap(({ name, schema, place, key }): [string, unknown][] => {
    if (place === 'payload') return body.length === 0 ? [] : [[name, new Uint8Array(body)]];
    const found = place === 'label' ? labels?.get(name) : place === 'query' ? query.get(key) : headers[key];
    return found === undefined || found === null ? [] : [[name, readText(schema, found, name)]];
  });
  return Object.fromEntries(members);
}
