import {
  functionAgeMilliseconds,
  functionColdStartMilliseconds,
  functionIdleMilliseconds,
  functionInvocationMilliseconds,
  functionLoadMilliseconds,
} from '../aws/durations.ts';
import type { Ec2 } from '../aws/ec2-inert.ts';
import type { Kms } from '../aws/kms.ts';
import type { LogGroupStore, World } from '../aws/module.ts';
import { AwsError, type Principal, type SimulatedService, Unmodelled } from '../aws/service.ts';
import { ExecutionEnvironment, type InvocationOutcome } from './environment.ts';
import type { FunctionConfiguration } from './function.ts';
import { countInvocation, countThrottle } from './metrics.ts';
import type { Realm } from './realm.ts';

/** A principal that is Lambda itself, using the function's role. */
export function executionRole(configuration: FunctionConfiguration): Principal {
  return { kind: 'role', roleArn: configuration.roleArn, sessionName: configuration.name };
}

interface Environment {
  readonly sandbox: ExecutionEnvironment;
  readonly logStreamName: string;
}

/** The execution environments of one function: warm ones are used again, a further call at the same time makes another. */
export class FunctionPool {
  readonly configuration: FunctionConfiguration;
  readonly #world: World;
  #idle: Environment[] = [];
  /** Left by environments that grew old, for the next ones. */
  readonly #swept: Realm[] = [];
  #made = 0;
  #running = 0;

  constructor(world: World, configuration: FunctionConfiguration) {
    this.#world = world;
    this.configuration = configuration;
  }

  /** Runs the function once. Throws AwsError TooManyRequestsException, KMSAccessDeniedException. */
  async run(requestId: string, payload: string): Promise<InvocationOutcome> {
    const { kernel, log } = this.#world.account;
    const { name, reservedConcurrency } = this.configuration;
    if (reservedConcurrency !== undefined && this.#running >= reservedConcurrency) {
      countThrottle(this.#world.account, this.configuration);
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, {
        Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      });
    }
    this.#running++;
    try {
      const warm = this.#takeWarm();
      log.write('function.invoked', { function: name, requestId, cold: warm === undefined });
      const started =
        functionInvocationMilliseconds + (warm ? 0 : functionColdStartMilliseconds + functionLoadMilliseconds);
      await kernel.sleep(started, `start of ${name}`);
      const environment = warm ?? this.#create();
      this.#useLogs(environment.logStreamName, warm === undefined);
      const from = kernel.now();
      const outcome = await environment.sandbox.invoke(requestId, payload);
      if (!environment.sandbox.gone && !(outcome.kind === 'failed' && outcome.lost)) this.#idle.push(environment);
      const ended = outcome.kind === 'answered' ? 'ok' : outcome.failure.errorType;
      const milliseconds = kernel.now() - from;
      log.write('function.ended', { function: name, requestId, outcome: ended, milliseconds });
      countInvocation(this.#world.account, this.configuration, { failed: ended !== 'ok', milliseconds });
      return outcome;
    } finally {
      this.#running--;
    }
  }

  /** The environment used last, so that spare ones grow old and go. */
  #takeWarm(): Environment | undefined {
    const now = this.#world.account.kernel.now();
    this.#idle = this.#idle.filter(({ sandbox }) => {
      const keep =
        !sandbox.gone &&
        now - sandbox.lastUsedAt <= functionIdleMilliseconds &&
        now - sandbox.createdAt <= functionAgeMilliseconds;
      if (!keep) this.#retire(sandbox);
      return keep;
    });
    return this.#idle.pop();
  }

  #retire(sandbox: ExecutionEnvironment): void {
    const realm = sandbox.retire();
    if (realm && this.#world.functionsKeepNothing) this.#swept.push(realm);
  }

  #create(): Environment {
    const { account, network } = this.#world;
    const {
      name,
      region,
      runtime,
      subnetIds,
      securityGroupIds,
      folder,
      handler,
      memoryMegabytes,
      timeoutMilliseconds,
      arn,
    } = this.configuration;
    if (!/^nodejs/.test(runtime)) throw new Unmodelled(`${name} runs on ${runtime}; the sandbox models Node.js.`);
    this.#decryptVariables();
    const stream = `${name}/${++this.#made}`;
    const day = new Date(account.kernel.now()).toISOString().slice(0, 10).replaceAll('-', '/');
    const logStreamName = `${day}/[$LATEST]${account.nextId('log-stream', 'hex16')}${account.nextId('log-stream', 'hex16')}`;
    const [subnet] = subnetIds;
    const vpcId = subnet === undefined ? undefined : account.service<Ec2 & SimulatedService>('ec2').vpcOfSubnet(subnet);
    const options = {
      kernel: account.kernel,
      network,
      source: { functionName: name, region, subnetIds, securityGroupIds, ...(vpcId === undefined ? {} : { vpcId }) },
      folder,
      handler,
      variables: { ...this.#runtimeVariables(logStreamName), ...this.configuration.variables },
      random: account.kernel.random(`lambda/${region}/${stream}`),
      memoryMegabytes,
      functionArn: arn,
      clockOffset: () => account.regions.clockOffset(region),
      timeoutMilliseconds,
      onLine: (requestId: string, line: string) =>
        account.log.write('function.logged', { function: name, requestId, line }),
    };
    return { sandbox: new ExecutionEnvironment(options, this.#swept.pop()), logStreamName };
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
  #runtimeVariables(logStreamName: string): Record<string, string> {
    const { arn, name, region, roleArn, handler, memoryMegabytes, logGroupName } = this.configuration;
    const credentials = this.#world.credentials.issue(roleArn, name, arn);
    return {
      _HANDLER: handler,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: logGroupName,
      AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      LAMBDA_TASK_ROOT: '/var/task',
      LAMBDA_RUNTIME_DIR: '/var/runtime',
      LANG: 'en_US.UTF-8',
      PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
      TZ: ':UTC',
    };
  }

  /** With a key of the customer's the execution role decrypts: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html */
  #decryptVariables(): void {
    const { kmsKeyArn, region, arn, variables } = this.configuration;
    if (kmsKeyArn === undefined || Object.keys(variables).length === 0) return;
    try {
      this.#world.account.service<Kms>('kms').authoriseKeyUse({
        principal: executionRole(this.configuration),
        region,
        key: kmsKeyArn,
        actions: ['kms:Decrypt'],
        viaService: 'lambda',
        encryptionContext: { 'aws:lambda:FunctionArn': arn },
      });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw new AwsError(
        'KMSAccessDeniedException',
        `Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the function's KMS key settings. KMS Exception: ${error.name} KMS Message: ${error.message}`,
        502,
      );
    }
  }

  /**
   * The rights that Lambda needs to write the function's log. Without them the function runs and its log is lost; the denial is
   * in the event log. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
   */
  #useLogs(logStreamName: string, isNew: boolean): void {
    const { account } = this.#world;
    const { region, logGroupName, tracing, account: owner } = this.configuration;
    const groups = account.service<LogGroupStore & SimulatedService>('logs');
    const stream = `arn:aws:logs:${region}:${owner}:log-group:${logGroupName}:log-stream:`;
    if (!groups.exists(region, logGroupName) && this.#may('logs:CreateLogGroup', stream))
      groups.create(region, logGroupName);
    if (isNew) this.#may('logs:CreateLogStream', `${stream}${logStreamName}`);
    this.#may('logs:PutLogEvents', `${stream}${logStreamName}`);
    if (!tracing) return;
    this.#may('xray:PutTraceSegments', '*');
    this.#may('xray:PutTelemetryRecords', '*');
  }

  #may(action: string, resource: string): boolean {
    try {
      this.#world.account.authorise(executionRole(this.configuration), this.configuration.region, [
        { action, resources: [resource] },
      ]);
      return true;
    } catch (error) {
      if (error instanceof AwsError) return false;
      throw error;
    }
  }
}
