import { AwsError } from './service.ts';

/** How each service names a throttled call. Sources: the 'Errors' sections of the services' API references. */
const throttleNames: Readonly<Record<string, string>> = {
  // https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
  lambda: 'TooManyRequestsException',
  // Query protocol: https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
  sns: 'Throttling',
  elasticloadbalancing: 'Throttling',
  cloudwatch: 'Throttling',
  rds: 'Throttling',
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
  sqs: 'RequestThrottled',
  // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  s3: 'SlowDown',
  // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
  ec2: 'RequestLimitExceeded',
};

/** How each service names its own failure. */
const serverErrorNames: Readonly<Record<string, string>> = {
  // https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
  lambda: 'ServiceException',
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
  dynamodb: 'InternalServerError',
  // https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
  ecr: 'ServerException',
  ssm: 'InternalServerError',
  cloudwatch: 'InternalServiceFault',
  s3: 'InternalError',
  ec2: 'InternalError',
};

/** The error with which a service refuses a call that came too fast. */
export function throttleOf(service: string): AwsError {
  const name = throttleNames[service] ?? 'ThrottlingException';
  const status = service === 's3' || service === 'ec2' ? 503 : 400;
  return new AwsError(name, 'Rate exceeded', service === 'lambda' ? 429 : status);
}

/** The error with which a service says that it failed itself. */
export function serverErrorOf(service: string): AwsError {
  return new AwsError(
    serverErrorNames[service] ?? 'InternalFailure',
    'The request processing has failed because of an unknown error, exception or failure.',
    500,
  );
}

/** How a service that speaks the query protocol names a denied call; the JSON protocols say AccessDeniedException. */
const deniedNames: Readonly<Record<string, string>> = {
  // https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors
  sns: 'AuthorizationErrorException',
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/CommonErrors.html
  elasticloadbalancing: 'AccessDenied',
  cloudwatch: 'AccessDenied',
  rds: 'AccessDenied',
  sqs: 'AccessDenied',
  sts: 'AccessDenied',
  s3: 'AccessDenied',
  ec2: 'UnauthorizedOperation',
};

/** Name of the error that refuses an action (`sns:Publish`). */
export function deniedNameOf(action: string): string {
  return deniedNames[action.slice(0, action.indexOf(':'))] ?? 'AccessDeniedException';
}
