import { parseXML } from '@aws-sdk/xml-builder';
import type { NetworkRequest } from '../../lambda/network.ts';
import { AwsError, type OperationInput } from '../service.ts';
import { ShapeProblem } from './problem.ts';
import type { WireAnswer, WireProtocol } from './protocol.ts';
import { type Binding, bindingsOf, readText, readXml, writeText } from './rest-binding.ts';
import { type ClientShapes, type OperationShape, requiredMembers } from './shapes.ts';
import { escapeXml, wireName, writeElement, writeXmlMembers } from './xml.ts';

/** Errors of S3 that its model does not list: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const documentedErrors: ReadonlySet<string> = new Set([
  'BadDigest',
  'ConditionalRequestConflict',
  'EntityTooLarge',
  'EntityTooSmall',
  'InvalidArgument',
  'InvalidPart',
  'InvalidPartOrder',
  'InvalidRange',
  'InvalidRequest',
  'InvalidTag',
  'KMS.DisabledException',
  'KMS.NotFoundException',
  'MalformedXML',
  'MethodNotAllowed',
  'NoSuchObjectLockConfiguration',
  'NoSuchVersion',
  'PermanentRedirect',
  'PreconditionFailed',
  'SlowDown',
  'XAmzContentSHA256Mismatch',
]);

/** Headers that belong to the signature and the client, not to the operation. */
const ownHeaders = new Set([
  // Of operations whose body is XML; that the body arrives whole is not in question here.
  'x-amz-checksum-crc32',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-decoded-content-length',
  'x-amz-security-token',
  'x-amz-trailer',
  'x-amz-user-agent',
]);

/** REST with XML, with the bucket in the host or as the first part of the path: https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html */
export function restXmlProtocol(version: string, xmlNamespace: string): WireProtocol {
  return {
    kind: 'rest-xml',
    settings: { protocol: 'aws.protocols#restXml', version, xmlNamespace },
    documentedErrors,
    operation: operationOf,
    decode,
    encode: (operation, output, requestId) => encode(operation, output, requestId, xmlNamespace),
    encodeError: (error, shape, requestId) => ({
      status: shape && shape.status !== 400 ? shape.status : error.statusCode,
      headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId },
      body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escapeXml(error.name)}</Code><Message>${escapeXml(error.message)}</Message><RequestId>${requestId}</RequestId></Error>`,
    }),
  };
}

interface Address {
  readonly bucket: string;
  readonly key: string | undefined;
  readonly query: URLSearchParams;
}

function addressOf({ host, path }: NetworkRequest): Address {
  const url = new URL(path, 'https://host');
  const parts = url.pathname.slice(1).split('/').map(decodeURIComponent);
  const inHost = /^(.+)\.s3\./.exec(host)?.[1];
  const bucket = inHost ?? parts.shift() ?? '';
  const key = parts.join('/');
  return { bucket, key: key === '' ? undefined : key, query: url.searchParams };
}

/** The operation whose method, path and fixed parameters fit; of several, the one with the most parameters. */
function operationOf(request: NetworkRequest, { operations }: ClientShapes): string {
  const { key, query } = addressOf(request);
  const fitting = [...operations.values()].flatMap(({ name, http, input }) => {
    const [method, address = ''] = http ?? [];
    const [path, fixed = ''] = address.split('?');
    if (method !== request.method || (path === '/{Key+}') !== (key !== undefined)) return [];
    const wanted = [...new URLSearchParams(fixed)];
    const fits = wanted.every(([parameter, value]) => query.get(parameter) === value);
    if (!fits) return [];
    const known = new Set([...wanted.map(([parameter]) => parameter), ...bindingsOf(input).map((one) => one.key)]);
    return [...query.keys()].every((parameter) => known.has(parameter)) ? [{ name, weight: wanted.length }] : [];
  });
  const [best] = fitting.sort((a, b) => b.weight - a.weight);
  if (best) return best.name;
  throw new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405);
}

function decode(operation: OperationShape, request: NetworkRequest): OperationInput {
  try {
    const bindings = bindingsOf(operation.input);
    refuseUnknownHeaders(request, bindings);
    const members = bindings.flatMap((binding) => {
      const value = memberOf(binding, request);
      return value === undefined ? [] : [[binding.name, value] as const];
    });
    const input = Object.fromEntries(members);
    for (const name of requiredMembers(operation.input)) {
      if (input[name] === undefined) throw new ShapeProblem('missing', name, 'the member is required');
    }
    return input;
  } catch (error) {
    if (error instanceof ShapeProblem) throw new AwsError('InvalidArgument', error.message);
    throw error;
  }
}

function refuseUnknownHeaders(request: NetworkRequest, bindings: readonly Binding[]): void {
  const known = (header: string): boolean =>
    ownHeaders.has(header) ||
    bindings.some(({ place, key }) =>
      place === 'prefix' ? header.startsWith(key) : place === 'header' && header === key,
    );
  const unknown = Object.keys(request.headers).find((header) => header.startsWith('x-amz-') && !known(header));
  if (unknown !== undefined) throw new ShapeProblem('type', unknown, 'the operation has no such header');
}

function memberOf({ name, schema, place, key }: Binding, request: NetworkRequest): unknown {
  const { bucket, key: objectKey, query } = addressOf(request);
  if (place === 'label') return name === 'Bucket' ? bucket : objectKey;
  if (place === 'query') {
    const text = query.get(key);
    return text === null ? undefined : readText(schema, text, name);
  }
  if (place === 'header') {
    const text = request.headers[key];
    return text === undefined ? undefined : readText(schema, text, name);
  }
  if (place === 'prefix') return prefixed(request.headers, key);
  if (place === 'body') return undefined;
  if (schema.isBlobSchema()) return new Uint8Array(bodyOf(request));
  if (request.body.length === 0) return undefined;
  const root = (schema.getMergedTraits() as { xmlName?: string }).xmlName ?? schema.getName() ?? name;
  const parsed = parseXML(request.body.toString('utf8')) as Record<string, unknown>;
  return readXml(schema, parsed[root], name);
}

function prefixed(headers: Readonly<Record<string, string>>, prefix: string): Record<string, string> | undefined {
  const found = Object.entries(headers).filter(([header]) => header.startsWith(prefix));
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map(([header, value]) => [header.slice(prefix.length), value]));
}

/** The body without the frames of a chunked upload. */
function bodyOf({ headers, body }: NetworkRequest): Buffer {
  if (!/aws-chunked/.test(headers['content-encoding'] ?? '')) return body;
  throw new AwsError(
    'InvalidRequest',
    'The rehearsal takes no streams as bodies: give the SDK bytes, so that it sends one piece with its checksum.',
  );
}

function encode(operation: OperationShape, output: OperationInput, requestId: string, namespace: string): WireAnswer {
  const { output: schema } = operation;
  const bindings = bindingsOf(schema);
  const known = new Map(bindings.map((binding) => [binding.name, binding]));
  const unknown = Object.keys(output).find((name) => output[name] !== undefined && !known.has(name));
  if (unknown !== undefined) throw new ShapeProblem('type', unknown, `${operation.name} answers no such member`);
  const headers: Record<string, string> = { 'x-amz-request-id': requestId };
  for (const { name, schema: member, place, key } of bindings) {
    const value: unknown = output[name];
    if (value === undefined) continue;
    if (place === 'header') headers[key] = writeText(member, value, name);
    if (place === 'prefix')
      for (const [item, text] of Object.entries(value as object)) headers[`${key}${item}`] = String(text);
  }
  const status = operation.http?.[2] ?? 200;
  const payload = bindings.find(({ place }) => place === 'payload');
  if (payload?.schema.isBlobSchema())
    return { status, headers, body: Buffer.from((output[payload.name] ?? '') as Uint8Array) };
  return {
    status,
    headers: { ...headers, 'content-type': 'application/xml' },
    body: xmlBody(operation, output, payload, namespace),
  };
}

function xmlBody(
  { name, output: schema }: OperationShape,
  output: OperationInput,
  payload: Binding | undefined,
  namespace: string,
): string {
  if (payload) {
    const root = wireName(payload.schema, payload.name);
    return output[payload.name] === undefined
      ? ''
      : writeElement(root, payload.schema, output[payload.name], payload.name);
  }
  const bound = new Set(
    bindingsOf(schema)
      .filter(({ place }) => place !== 'body')
      .map((one) => one.name),
  );
  if (bindingsOf(schema).length === bound.size) return '';
  return `<${name}Result xmlns="${namespace}">${writeXmlMembers(schema, output, '', bound)}</${name}Result>`;
}
