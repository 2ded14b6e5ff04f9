import type { World } from '../aws/module.ts';
import { AwsError, type ResourceProvider, type ResourceRequest, Unmodelled } from '../aws/service.ts';
import { generatedName } from '../iam/index.ts';
import { type FunctionConfiguration, readFunction } from './function.ts';
import { executionRole } from './function-pool.ts';

/** How a function handles asynchronous invocations: AWS::Lambda::EventInvokeConfig. */
export interface AsynchronousSettings {
  readonly retriesMaximum: number;
  readonly eventAgeMilliseconds: number;
  readonly onFailureArn?: string;
}

/** Where the providers put what they make. */
export interface FunctionStore {
  add(configuration: FunctionConfiguration): void;
  /** ARN of a function by its name or ARN. Throws AwsError ResourceNotFoundException. */
  arnOf(nameOrArn: string, region: string): string;
  setAsynchronous(functionArn: string, settings: AsynchronousSettings): void;
}

/** The CloudFormation providers of Lambda's resource types. */
export function lambdaProviders(world: World, store: FunctionStore): readonly ResourceProvider[] {
  return [functionProvider(world, store), permissionProvider(world, store), eventInvokeProvider(store), layerProvider];
}

function functionProvider(world: World, store: FunctionStore): ResourceProvider {
  return {
    type: 'AWS::Lambda::Function',
    modelled: [
      ...[
        'Code',
        'DeadLetterConfig',
        'Environment',
        'FunctionName',
        'Handler',
        'KmsKeyArn',
        'LoggingConfig',
        'MemorySize',
      ],
      ...['PackageType', 'ReservedConcurrentExecutions', 'Role', 'Runtime', 'Timeout', 'TracingConfig', 'VpcConfig'],
    ],
    inert: {
      Architectures: 'bundles are plain JavaScript and run on either',
      Description: 'text for people',
      EphemeralStorage: 'the sandbox has no writable file system',
      Layers: 'the files of layers are not mounted: a function that requires one fails to load',
      RecursiveLoop: 'loops are bounded by the kernel',
      RuntimeManagementConfig: 'the runtime is the one the rehearsal runs on',
      Tags: 'text for people',
    },
    create(request) {
      const configuration = readFunction(request.properties, {
        name: String(request.properties['FunctionName'] ?? generatedName(request, 64)),
        region: request.region,
        account: request.account,
        folder: codeFolder(world, request),
      });
      assumeRole(world, configuration);
      useNetworkInterfaces(world, configuration);
      store.add(configuration);
      return { ref: configuration.name, attributes: { Arn: configuration.arn } };
    },
  };
}

function codeFolder(world: World, request: ResourceRequest): string {
  const code = (request.properties['Code'] ?? {}) as Readonly<Record<string, unknown>>;
  const place = `${request.stackName}/${request.logicalId}`;
  // CDK's own helpers have their Python or JavaScript in the template; they can be deployed, and are refused when they are invoked.
  if (code['ZipFile'] !== undefined) return `(inline code of ${place})`;
  const folder = world.assets.locate(String(code['S3Bucket']), String(code['S3Key']));
  if (folder === undefined)
    throw new Unmodelled(`The code ${code['S3Bucket']}/${code['S3Key']} of ${place} is no asset of the assembly.`);
  return folder;
}

function assumeRole(world: World, { roleArn, arn, account }: FunctionConfiguration): void {
  try {
    world.iam.assumeByService(roleArn, 'lambda.amazonaws.com', { 'aws:SourceArn': arn, 'aws:SourceAccount': account });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new AwsError(
      'InvalidParameterValueException',
      'The role defined for the function cannot be assumed by Lambda.',
    );
  }
}

/**
 * Lambda makes, looks at and in the end removes a VPC function's network interfaces with the function's role. All these rights
 * are asked for when the function is made, which is when Lambda checks them.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
function useNetworkInterfaces(world: World, configuration: FunctionConfiguration): void {
  const { region, account, subnetIds, securityGroupIds } = configuration;
  if (subnetIds.length === 0) return;
  const arn = (resource: string) => `arn:aws:ec2:${region}:${account}:${resource}`;
  const networkInterface = arn('network-interface/*');
  const made = [
    networkInterface,
    ...subnetIds.map((id) => arn(`subnet/${id}`)),
    ...securityGroupIds.map((id) => arn(`security-group/${id}`)),
  ];
  const rights = [
    { action: 'ec2:CreateNetworkInterface', resources: made },
    { action: 'ec2:DescribeNetworkInterfaces', resources: ['*'] },
    { action: 'ec2:DescribeSubnets', resources: ['*'] },
    { action: 'ec2:DeleteNetworkInterface', resources: [networkInterface] },
    { action: 'ec2:AssignPrivateIpAddresses', resources: [networkInterface] },
    { action: 'ec2:UnassignPrivateIpAddresses', resources: [networkInterface] },
  ];
  for (const right of rights) {
    try {
      world.account.authorise(executionRole(configuration), region, [right]);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw new AwsError(
        'InvalidParameterValueException',
        `The provided execution role does not have permissions to call ${right.action.slice(4)} on EC2`,
      );
    }
  }
}

/** Statements of each function's own policy, as `AddPermission` appends them. */
function permissionProvider(world: World, store: FunctionStore): ResourceProvider {
  const statements = new Map<string, unknown[]>();
  return {
    type: 'AWS::Lambda::Permission',
    modelled: ['Action', 'FunctionName', 'Principal', 'SourceAccount', 'SourceArn'],
    inert: {},
    create(request) {
      const { Action, FunctionName, Principal, SourceAccount, SourceArn } = request.properties;
      const arn = store.arnOf(String(FunctionName), request.region);
      const sid = generatedName(request, 100);
      const service = /^[a-z0-9.-]+\.amazonaws\.com$/.test(String(Principal));
      const conditions = {
        ...(SourceArn === undefined ? {} : { ArnLike: { 'aws:SourceArn': SourceArn } }),
        ...(SourceAccount === undefined ? {} : { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
      };
      const all = [
        ...(statements.get(arn) ?? []),
        {
          Sid: sid,
          Effect: 'Allow',
          Principal: service ? { Service: Principal } : { AWS: Principal },
          Action,
          Resource: arn,
          ...(Object.keys(conditions).length > 0 ? { Condition: conditions } : {}),
        },
      ];
      statements.set(arn, all);
      world.iam.putResourcePolicy(
        arn,
        { Version: '2012-10-17', Statement: all },
        { stack: request.stackName, logicalId: request.logicalId, policy: `resource policy of ${arn}` },
      );
      return { ref: sid, attributes: { Id: sid } };
    },
  };
}

function eventInvokeProvider(store: FunctionStore): ResourceProvider {
  return {
    type: 'AWS::Lambda::EventInvokeConfig',
    modelled: ['DestinationConfig', 'FunctionName', 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts', 'Qualifier'],
    inert: {},
    create(request) {
      const { DestinationConfig, FunctionName, MaximumEventAgeInSeconds, MaximumRetryAttempts, Qualifier } =
        request.properties;
      if (Qualifier !== undefined && Qualifier !== '$LATEST')
        throw new Unmodelled(`The qualifier ${Qualifier} is not modelled; $LATEST is.`);
      const destinations = (DestinationConfig ?? {}) as Readonly<Record<string, { Destination?: string }>>;
      if (destinations['OnSuccess']) throw new Unmodelled('DestinationConfig.OnSuccess is not modelled; OnFailure is.');
      const onFailureArn = destinations['OnFailure']?.Destination;
      store.setAsynchronous(store.arnOf(String(FunctionName), request.region), {
        retriesMaximum: Number(MaximumRetryAttempts ?? 2),
        eventAgeMilliseconds: Number(MaximumEventAgeInSeconds ?? 21_600) * 1000,
        ...(onFailureArn === undefined ? {} : { onFailureArn }),
      });
      return { ref: generatedName(request, 64), attributes: {} };
    },
  };
}

const layerReason = 'layers are not mounted; the functions that use one are CDK’s own and are not run';

const layerProvider: ResourceProvider = {
  type: 'AWS::Lambda::LayerVersion',
  modelled: [],
  inert: {
    ...{ CompatibleArchitectures: layerReason, CompatibleRuntimes: layerReason, Content: layerReason },
    ...{ Description: layerReason, LayerName: layerReason, LicenseInfo: layerReason },
  },
  create(request) {
    const name = String(request.properties['LayerName'] ?? generatedName(request, 140));
    const arn = `arn:aws:lambda:${request.region}:${request.account}:layer:${name}:1`;
    return { ref: arn, attributes: { LayerVersionArn: arn } };
  },
};
