import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { ISecurityGroup, ISubnet, IVpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { functionName } from '../../domain/names.ts';
import type { EncryptionKey } from './encryption-key.ts';
import { acknowledgeWildcards, type Grant, policiesOf } from './grant.ts';

export interface TaskFunctionProps {
  /** `read-plan`: names the function and its bundle. */
  readonly task: string;
  readonly environmentName: string;
  readonly description: string;
  /** Folder with the bundled `index.js`. */
  readonly bundle: string;
  readonly timeoutSeconds: number;
  readonly memoryMebibytes: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly grants: readonly Grant[];
  /** Its policy admits the log group, see `functionLogGroups`. */
  readonly encryptionKey: EncryptionKey;
  readonly logRetention: RetentionDays;
  /** Present for a function that talks to the cluster, whose endpoint is private. */
  readonly network?: { readonly vpc: IVpc; readonly securityGroups: readonly ISecurityGroup[] };
}

/** Log groups of all task functions of an environment. */
export function functionLogGroups(environmentName: string): string {
  return `/aws/lambda/${functionName(environmentName, '*')}`;
}

/** A Lambda function for one task, with a role of its own that may do what the task does and nothing else. */
export class TaskFunction extends Construct {
  readonly name: string;
  readonly functionArn: string;
  readonly role: Role;
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: TaskFunctionProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.name = functionName(props.environmentName, props.task);
    // Spelled out, so that a role can name the function that uses it without a circle.
    this.functionArn = `arn:aws:lambda:${stack.region}:${stack.account}:function:${this.name}`;
    const logGroup = this.logGroup(props);
    this.role = this.executionRole(props);
    this.function = new LambdaFunction(this, 'Function', {
      functionName: this.name,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(props.bundle),
      timeout: Duration.seconds(props.timeoutSeconds),
      memorySize: props.memoryMebibytes,
      environment: { ...props.environment },
      environmentEncryption: props.encryptionKey,
      role: this.role,
      logGroup,
      ...(props.network
        ? {
            vpc: props.network.vpc,
            securityGroups: [...props.network.securityGroups],
            vpcSubnets: { subnets: subnetsOf(props.network.vpc) },
          }
        : {}),
    });
  }

  private logGroup(props: TaskFunctionProps): LogGroup {
    const logGroupName = `/aws/lambda/${this.name}`;
    return new LogGroup(this, 'Logs', {
      logGroupName,
      encryptionKey: props.encryptionKey,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  private executionRole(props: TaskFunctionProps): Role {
    const { region, account } = Stack.of(this);
    const grants = {
      Run: [
        {
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [`arn:aws:logs:${region}:${account}:log-group:/aws/lambda/${this.name}:*`],
          because: 'ownLogStreams',
        },
        // Its own environment variables.
        { actions: ['kms:Decrypt'], resources: [props.encryptionKey.keyArn] },
        ...(props.network ? networkInterfaces(this.functionArn) : []),
      ],
      Task: props.grants,
    } satisfies Record<string, readonly Grant[]>;
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Runs ${this.name}`,
      inlinePolicies: policiesOf(grants),
    });
    acknowledgeWildcards(role, grants);
    return role;
  }
}

/**
 * Lambda makes and removes the function's network interfaces with the function's role. The Deny takes the rights away from
 * the code that runs in it.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
function networkInterfaces(functionArn: string): Grant[] {
  const actions = [
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ];
  return [
    { actions, resources: ['*'], because: 'networkInterfaces' },
    { actions, resources: ['*'], denied: true, conditions: { ArnEquals: { 'lambda:SourceFunctionArn': functionArn } } },
  ];
}

/** Private ones with a way out, or those without in a network that has no way out. */
function subnetsOf({ privateSubnets, isolatedSubnets }: IVpc): ISubnet[] {
  return privateSubnets.length > 0 ? privateSubnets : isolatedSubnets;
}
