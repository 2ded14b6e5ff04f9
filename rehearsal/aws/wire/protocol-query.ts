import type { NetworkRequest } from '../../lambda/network.ts';
import { AwsError, type OperationInput } from '../service.ts';
import { ShapeProblem } from './problem.ts';
import type { WireAnswer, WireProtocol } from './protocol.ts';
import { readForm } from './query.ts';
import { membersOf, type OperationShape } from './shapes.ts';
import { escapeXml, writeXmlMembers } from './xml.ts';

/**
 * The AWS query protocol: operation and input in a form, output and errors in XML.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export function queryProtocol(version: string, xmlNamespace: string): WireProtocol {
  return {
    kind: 'query',
    settings: { protocol: 'aws.protocols#awsQuery', version, xmlNamespace },
    operation(request) {
      const form = formOf(request);
      const action = form.get('Action');
      if (!action || form.get('Version') !== version) {
        throw new AwsError('InvalidAction', `Could not find operation ${action} for version ${form.get('Version')}`);
      }
      return action;
    },
    decode: decodeForm,
    encode(operation, output, requestId) {
      const result = operation.output.isUnitSchema()
        ? ''
        : `<${operation.name}Result>${writeXmlMembers(operation.output, output)}</${operation.name}Result>`;
      const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
      return xmlAnswer(
        200,
        `<${operation.name}Response xmlns="${xmlNamespace}">${result}${metadata}</${operation.name}Response>`,
        requestId,
      );
    },
    encodeError(error, shape, requestId) {
      const status = shape?.status ?? error.statusCode;
      const fields = shape ? writeXmlMembers(shape.schema, errorMembers(error, shape.schema)) : messageOf(error);
      const fault = status >= 500 ? 'Receiver' : 'Sender';
      const code = escapeXml(shape?.queryCode ?? error.name);
      return xmlAnswer(
        status,
        `<ErrorResponse xmlns="${xmlNamespace}"><Error><Type>${fault}</Type><Code>${code}</Code>${fields}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
        requestId,
      );
    },
  };
}

function errorMembers(error: AwsError, schema: Parameters<typeof membersOf>[0]): Record<string, unknown> {
  const name = membersOf(schema).has('Message') ? 'Message' : 'message';
  return { ...error.fields, [name]: error.message };
}

function messageOf(error: AwsError): string {
  return `<Message>${escapeXml(error.message)}</Message>`;
}

function xmlAnswer(status: number, body: string, requestId: string): WireAnswer {
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body };
}

function formOf(request: NetworkRequest): Map<string, string> {
  return new Map(new URLSearchParams(request.body.toString('utf8')));
}

function decodeForm(operation: OperationShape, request: NetworkRequest): OperationInput {
  const form = formOf(request);
  form.delete('Action');
  form.delete('Version');
  try {
    return readForm(operation.input, form);
  } catch (error) {
    if (!(error instanceof ShapeProblem)) throw error;
    if (error.problem === 'type') throw new AwsError('MalformedQueryString', error.message);
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value null at '${error.path}' failed to satisfy constraint: Member must not be null`,
    );
  }
}
