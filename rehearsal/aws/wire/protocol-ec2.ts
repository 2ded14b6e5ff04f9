import type { NormalizedSchema } from '@smithy/core/schema';
import type { NetworkRequest } from '../../lambda/network.ts';
import { AwsError, type OperationInput } from '../service.ts';
import { ShapeProblem } from './problem.ts';
import type { WireAnswer, WireProtocol } from './protocol.ts';
import { readForm } from './query.ts';
import type { OperationShape } from './shapes.ts';
import { escapeXml, wireName, writeXmlMembers } from './xml.ts';

/** EC2's model lists no error; its documentation does: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const documentedErrors: ReadonlySet<string> = new Set([
  'ConcurrentSnapshotLimitExceeded',
  'IncorrectState',
  'InvalidParameterCombination',
  'InvalidParameterValue',
  'InvalidSnapshot.NotFound',
  'InvalidVolume.NotFound',
  'InvalidZone.NotFound',
  'KmsKeyId.InvalidState',
  'MissingParameter',
  'RequestLimitExceeded',
  'ResourceLimitExceeded',
  'SnapshotCreationPerVolumeRateExceeded',
  'SnapshotLimitExceeded',
  'TagLimitExceeded',
  'UnauthorizedOperation',
]);

/** The EC2 query protocol: https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html */
export function ec2Protocol(version: string, xmlNamespace: string): WireProtocol {
  return {
    kind: 'ec2',
    settings: { protocol: 'aws.protocols#ec2Query', version, xmlNamespace },
    documentedErrors,
    operation(request) {
      const form = formOf(request);
      const action = form.get('Action');
      if (!action || form.get('Version') !== version) {
        throw new AwsError('InvalidAction', `The action ${action} is not valid for this web service.`);
      }
      return action;
    },
    decode,
    encode(operation, output, requestId) {
      const members = operation.output.isUnitSchema() ? '' : writeXmlMembers(operation.output, output);
      return xmlAnswer(
        200,
        `<${operation.name}Response xmlns="${xmlNamespace}"><requestId>${requestId}</requestId>${members}</${operation.name}Response>`,
      );
    },
    encodeError: (error, _shape, requestId) =>
      xmlAnswer(
        error.statusCode,
        `<Response><Errors><Error><Code>${escapeXml(error.name)}</Code><Message>${escapeXml(error.message)}</Message></Error></Errors><RequestID>${requestId}</RequestID></Response>`,
      ),
  };
}

/** 'ec2QueryName', else the XML name with a capital letter. */
function formName(schema: NormalizedSchema, name: string): string {
  const { ec2QueryName } = schema.getMemberTraits() as { ec2QueryName?: string };
  const given = wireName(schema, name);
  return ec2QueryName ?? given.charAt(0).toUpperCase() + given.slice(1);
}

function decode(operation: OperationShape, request: NetworkRequest): OperationInput {
  const form = formOf(request);
  form.delete('Action');
  form.delete('Version');
  try {
    return readForm(operation.input, form, { nameOf: formName, flatLists: true });
  } catch (error) {
    if (!(error instanceof ShapeProblem)) throw error;
    if (error.problem === 'type') throw new AwsError('InvalidParameterValue', error.message);
    throw new AwsError('MissingParameter', `The request must contain the parameter ${error.path}`);
  }
}

function formOf(request: NetworkRequest): Map<string, string> {
  return new Map(new URLSearchParams(request.body.toString('utf8')));
}

function xmlAnswer(status: number, body: string): WireAnswer {
  return { status, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body };
}
