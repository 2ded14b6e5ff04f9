import { functionName, stateMachineName } from '../../domain/names.ts';
import {
  type RotationPlan,
  rotationPlanParameterName,
  rotationPlanParameterPath,
  rotationTask,
} from '../../domain/rotation.ts';
import type { Grant } from '../constructs/grant.ts';
import { Rights, type SharedStores } from '../delivery/rights.ts';
import type { Environment } from '../environment.ts';

/** Of the functions that rotate, in one region: by names alone, which are the same in both. */
export class RotationRights extends Rights {
  private readonly plans: readonly RotationPlan[];
  private readonly secretsKeyArn: string;

  constructor(
    environment: Environment,
    stores: SharedStores,
    region: string,
    props: { readonly plans: readonly RotationPlan[]; readonly secretsKeyArn: string },
  ) {
    super(environment, stores, region);
    this.plans = props.plans;
    this.secretsKeyArn = props.secretsKeyArn;
  }

  /** The four steps on one secret: its plan, its versions, its superuser's current one, the claim, the start of the rollout. */
  rotate(plan: RotationPlan): Grant[] {
    const { superuserSecretName } = plan;
    return [
      ...this.readParameters([plan], rotationPlanParameterName(plan.environment, plan.secret)),
      {
        actions: [
          'secretsmanager:DescribeSecret',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        resources: [this.secret(plan.secretName)],
      },
      ...(superuserSecretName
        ? [{ actions: ['secretsmanager:GetSecretValue'], resources: [this.secret(superuserSecretName)] }]
        : []),
      { actions: ['secretsmanager:GetRandomPassword'], resources: ['*'], because: 'noResourceLevel' },
      ...this.useSecretsKey('kms:Decrypt', 'kms:GenerateDataKey'),
      ...this.interlock('claim'),
      { actions: ['states:StartExecution'], resources: [this.rollout()] },
    ];
  }

  /** Which secret, and how its consumers are delivered. */
  readRotation(): Grant[] {
    const plans = this.arn('ssm', `parameter${rotationPlanParameterName(this.environment.name, '*')}`);
    return [{ actions: ['ssm:GetParameter'], resources: [plans], because: 'rotationPlans' }, ...this.readPlan()];
  }

  /** The version before opens again. */
  undo(): Grant[] {
    return [...this.readParameters(this.plans), ...this.changeSecrets(), ...this.useSecretsKey('kms:Decrypt')];
  }

  /** Looks after all of them: runs steps to their end, undoes, starts what is overdue, gives claims back. */
  watch(): Grant[] {
    const functions = this.plans.map(({ secret }) =>
      this.arn('lambda', `function:${functionName(this.environment.name, rotationTask(secret))}`),
    );
    return [
      ...this.undo(),
      ...this.readAllRotationPlans(),
      ...this.readReign(),
      { actions: ['secretsmanager:RotateSecret'], resources: this.secrets() },
      // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
      { actions: ['lambda:InvokeFunction'], resources: functions },
      ...this.interlock('claim'),
      ...this.interlock('release'),
      { actions: ['states:StartExecution'], resources: [this.rollout()] },
      {
        actions: ['states:DescribeExecution'],
        resources: [this.arn('states', `execution:${stateMachineName(this.environment.name, 'secret-rollout')}:*`)],
        because: 'releasingExecutions',
      },
      ...this.publish(),
    ];
  }

  /** Which version is current, and who reads it: the values are the pods' alone. */
  follow(): Grant[] {
    return [
      ...this.readAllRotationPlans(),
      ...this.readAllPlans(),
      { actions: ['secretsmanager:DescribeSecret'], resources: this.secrets() },
    ];
  }

  private readAllRotationPlans(): Grant[] {
    const path = this.arn('ssm', `parameter${rotationPlanParameterPath(this.environment.name)}`);
    return [
      {
        actions: ['ssm:GetParametersByPath'],
        resources: [path.replace(/\/$/, ''), `${path}*`],
        because: 'rotationPlans',
      },
    ];
  }

  /** Where the servers answer in this region, and what else is named. */
  private readParameters(plans: readonly RotationPlan[], ...names: readonly string[]): Grant[] {
    const endpoints = plans.flatMap(({ endpointParameter }) => endpointParameter ?? []);
    const resources = [...new Set([...names, ...endpoints])].map((name) => this.arn('ssm', `parameter${name}`));
    return resources.length === 0 ? [] : [{ actions: ['ssm:GetParameter'], resources }];
  }

  private changeSecrets(): Grant[] {
    const actions = [
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ];
    return [{ actions, resources: this.secrets() }];
  }

  private secrets(): string[] {
    return this.plans.map(({ secretName }) => this.secret(secretName));
  }

  /** The six characters that Secrets Manager adds: https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html */
  private secret(name: string): string {
    return this.arn('secretsmanager', `secret:${name}-??????`);
  }

  private useSecretsKey(...actions: readonly string[]): Grant[] {
    return [
      {
        actions,
        resources: [this.secretsKeyArn],
        conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${this.region}.amazonaws.com` } },
      },
    ];
  }

  private rollout(): string {
    return this.arn('states', `stateMachine:${stateMachineName(this.environment.name, 'secret-rollout')}`);
  }
}
