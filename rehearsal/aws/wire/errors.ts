import { AwsError } from '../service.ts';

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
  InvalidAction: 'InvalidAction',
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

/** The error under the name that this kind of service gives it; undefined when it is no common error. */
export function commonError(error: AwsError, protocol: 'json' | 'query'): AwsError | undefined {
  const found = Object.entries(common).find(([json, query]) => error.name === json || error.name === query);
  if (!found) return undefined;
  const [json, query] = found;
  const name = protocol === 'json' ? json : query;
  // Query services answer 403 where JSON services answer 400 for whom they don't let in.
  const status =
    protocol === 'query' && refusals.has(query)
      ? 403
      : protocol === 'json' && refusals.has(query)
        ? 400
        : error.statusCode;
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
