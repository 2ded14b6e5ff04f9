import { Stack } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnRotationSchedule } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { type RotationPlan, rotationPlanParameterName, rotationRulesOf, rotationTask } from '../../domain/rotation.ts';
import type { EncryptionKey } from './encryption-key.ts';
import type { Grant } from './grant.ts';
import { TaskFunction } from './task-function.ts';

export interface RotatedSecretProps {
  readonly plan: RotationPlan;
  /** Folder with the bundle of the secret's kind. */
  readonly bundle: string;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly grants: readonly Grant[];
  readonly encryptionKey: EncryptionKey;
  readonly logRetention: RetentionDays;
  /** Present where the secret opens something in the VPC. */
  readonly network?: { readonly vpc: IVpc; readonly securityGroups: readonly ISecurityGroup[] };
  /** Whether it rotates here: a copy can't, until it is promoted. */
  readonly scheduled: boolean;
}

/**
 * What one secret rotates with in one region: its plan, the function with the four steps, which Secrets Manager may invoke for this secret
 * alone, and the schedule.
 */
export class RotatedSecret extends Construct {
  readonly task: TaskFunction;

  constructor(scope: Construct, id: string, props: RotatedSecretProps) {
    super(scope, id);
    const { plan } = props;
    const { region, account } = Stack.of(this);
    const parameter = new StringParameter(this, 'Plan', {
      parameterName: rotationPlanParameterName(plan.environment, plan.secret),
      description: `How ${plan.secret} rotates; written from the platform's definition`,
      stringValue: JSON.stringify(plan),
    });
    this.task = new TaskFunction(this, 'Rotate', {
      task: rotationTask(plan.secret),
      environmentName: plan.environment,
      description: `Rotates ${plan.secret}`,
      bundle: props.bundle,
      timeoutSeconds: props.timeoutSeconds,
      memoryMebibytes: 512,
      environment: props.environment,
      grants: props.grants,
      encryptionKey: props.encryptionKey,
      logRetention: props.logRetention,
      ...(props.network ? { network: props.network } : {}),
    });
    // https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
    const permission = new CfnPermission(this, 'Invoke', {
      action: 'lambda:InvokeFunction',
      functionName: this.task.function.functionArn,
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: account,
      sourceArn: `arn:aws:secretsmanager:${region}:${account}:secret:${plan.secretName}-??????`,
    });
    if (!props.scheduled) return;
    const { scheduleExpression, duration } = rotationRulesOf(plan);
    const schedule = new CfnRotationSchedule(this, 'Schedule', {
      secretId: plan.secretName,
      rotationLambdaArn: this.task.function.functionArn,
      rotationRules: { scheduleExpression, ...(duration ? { duration } : {}) },
      // A deployment rotates nothing: whoever reads the secret would restart with it.
      rotateImmediatelyOnUpdate: false,
    });
    schedule.node.addDependency(permission, parameter);
  }
}
