import { AwsError, Unmodelled } from '../aws/service.ts';

/** A deployed function, as its template describes it. */
export interface FunctionConfiguration {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly account: string;
  readonly roleArn: string;
  readonly runtime: string;
  readonly handler: string;
  /** Folder with the code. */
  readonly folder: string;
  readonly timeoutMilliseconds: number;
  readonly memoryMegabytes: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly kmsKeyArn?: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly logGroupName: string;
  readonly tracing: boolean;
  readonly deadLetterArn?: string;
  readonly reservedConcurrency?: number;
}

/** Environment variables that Lambda sets itself: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const reserved = [
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_DEFAULT_REGION',
  'AWS_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_LAMBDA_RUNTIME_API',
  'LAMBDA_TASK_ROOT',
  'LAMBDA_RUNTIME_DIR',
];

/**
 * Reads the properties of AWS::Lambda::Function. Throws AwsError InvalidParameterValueException for what Lambda refuses, and
 * Unmodelled for container images.
 */
export function readFunction(
  properties: Readonly<Record<string, unknown>>,
  place: { readonly name: string; readonly region: string; readonly account: string; readonly folder: string },
): FunctionConfiguration {
  const part = (name: string) => (properties[name] ?? {}) as Readonly<Record<string, unknown>>;
  if (properties['PackageType'] === 'Image')
    throw new Unmodelled(`${place.name} is a container image; functions of zip files are modelled.`);
  const timeoutSeconds = Number(properties['Timeout'] ?? 3);
  const memoryMegabytes = Number(properties['MemorySize'] ?? 128);
  within('timeout', timeoutSeconds, 1, 900);
  within('memorySize', memoryMegabytes, 128, 10_240);
  const concurrency = properties['ReservedConcurrentExecutions'];
  return {
    ...place,
    arn: `arn:aws:lambda:${place.region}:${place.account}:function:${place.name}`,
    roleArn: String(properties['Role']),
    runtime: String(properties['Runtime']),
    handler: String(properties['Handler']),
    timeoutMilliseconds: timeoutSeconds * 1000,
    memoryMegabytes,
    variables: readVariables(part('Environment')['Variables']),
    ...(properties['KmsKeyArn'] ? { kmsKeyArn: String(properties['KmsKeyArn']) } : {}),
    subnetIds: (part('VpcConfig')['SubnetIds'] ?? []) as string[],
    securityGroupIds: (part('VpcConfig')['SecurityGroupIds'] ?? []) as string[],
    logGroupName: String(part('LoggingConfig')['LogGroup'] ?? `/aws/lambda/${place.name}`),
    tracing: part('TracingConfig')['Mode'] === 'Active',
    ...(part('DeadLetterConfig')['TargetArn'] ? { deadLetterArn: String(part('DeadLetterConfig')['TargetArn']) } : {}),
    ...(concurrency === undefined ? {} : { reservedConcurrency: Number(concurrency) }),
  };
}

function readVariables(value: unknown): Readonly<Record<string, string>> {
  const variables = Object.fromEntries(Object.entries(value ?? {}).map(([name, text]) => [name, String(text)]));
  const taken = Object.keys(variables).filter((name) => reserved.includes(name));
  if (taken.length > 0) {
    throw refused(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys: ${taken.join(', ')}`,
    );
  }
  // 4 KB in all: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  if (Buffer.byteLength(JSON.stringify(variables)) > 4096) {
    throw refused(
      'Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.',
    );
  }
  return variables;
}

function within(name: string, value: number, minimum: number, maximum: number): void {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return;
  throw refused(
    `Value '${value}' at '${name}' failed to satisfy constraint: Member must have value between ${minimum} and ${maximum}`,
  );
}

function refused(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}
