import { AwsError } from '../service.ts';
import type { ProtocolKind } from './protocol.ts';

/**
 * Errors that every service can answer and no service's model lists, by their JSON name, with the code that the query services use.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html and its like
 */
const common: Readonly<Record<string, string>> = {
  AccessDeniedException: 'AccessDenied',
  // SNS's own word for a denied call: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors
  AuthorizationError: 'AuthorizationError',
  ExpiredTokenException: 'ExpiredToken',
  IncompleteSignatureException: 'IncompleteSignature',
  InternalFailure: 'InternalFailure',
  // EC2 and S3: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html, https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  InternalError: 'InternalError',
  InvalidAction: 'InvalidAction',
  // RDS: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/CommonErrors.html
  InvalidParameterCombination: 'InvalidParameterCombination',
  InvalidParameterValue: 'InvalidParameterValue',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  MalformedQueryString: 'MalformedQueryString',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  SerializationException: 'SerializationException',
  ServiceUnavailableException: 'ServiceUnavailable',
  ThrottlingException: 'Throttling',
  UnknownOperationException: 'InvalidAction',
  UnrecognizedClientException: 'InvalidClientTokenId',
  ValidationException: 'ValidationError',
};

/**
 * What EC2 and S3 call errors that the other query services call otherwise.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html, https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
const ownNames: Readonly<Record<'rest-xml' | 'ec2', Readonly<Record<string, string>>>> = {
  ec2: {
    AccessDenied: 'UnauthorizedOperation',
    InternalFailure: 'InternalError',
    InvalidClientTokenId: 'AuthFailure',
    MalformedQueryString: 'InvalidParameterValue',
    MissingAuthenticationToken: 'AuthFailure',
    SignatureDoesNotMatch: 'AuthFailure',
    Throttling: 'RequestLimitExceeded',
    ValidationError: 'MissingParameter',
  },
  'rest-xml': {
    InternalFailure: 'InternalError',
    InvalidAction: 'MethodNotAllowed',
    InvalidClientTokenId: 'InvalidAccessKeyId',
    MalformedQueryString: 'InvalidArgument',
    MissingAuthenticationToken: 'AccessDenied',
    SerializationException: 'MalformedXML',
    Throttling: 'SlowDown',
    ValidationError: 'InvalidArgument',
  },
};

/** The error under the name that this kind of service gives it; undefined when it is no common error. */
export function commonError(error: AwsError, protocol: ProtocolKind): AwsError | undefined {
  const found = Object.entries(common).find(([json, query]) => error.name === json || error.name === query);
  if (!found) return undefined;
  const [json, query] = found;
  const own = protocol === 'rest-xml' || protocol === 'ec2' ? ownNames[protocol][query] : undefined;
  const name = own ?? (protocol === 'json' || protocol === 'rest-json' ? json : query);
  // Query services answer 403 where JSON services answer 400 for whom they don't let in.
  const refused = protocol === 'json' ? 400 : 403;
  const busy = query === 'Throttling' && own !== undefined ? 503 : error.statusCode;
  const status = refusals.has(query) ? refused : busy;
  return new AwsError(name, error.message, status, error.fields);
}

const refusals = new Set([
  'AccessDenied',
  'AuthorizationError',
  'ExpiredToken',
  'IncompleteSignature',
  'SignatureDoesNotMatch',
  'MissingAuthenticationToken',
  'InvalidClientTokenId',
]);
