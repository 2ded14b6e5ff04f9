import { CfnOutput, Duration } from 'aws-cdk-lib';
import {
  CfnSecurityGroupEgress,
  CfnSecurityGroupIngress,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { interlockTableName } from '../../domain/interlock.ts';
import { stateMachineName } from '../../domain/names.ts';
import { type RotationPlan, rotationHandlers, rotationVariables } from '../../domain/rotation.ts';
import { rotationsOf } from '../../platforms/rotation.ts';
import type { DatabaseDoor } from '../constructs/database-instance.ts';
import { retentionOf } from '../constructs/retention.ts';
import { RotatedSecret } from '../constructs/rotated-secret.ts';
import type { TaskFunction } from '../constructs/task-function.ts';
import { Workflow } from '../constructs/workflow.ts';
import { authorities } from '../delivery/settings.ts';
import type { SharedControlPlane } from '../delivery/shared.ts';
import { bundleOf, definedTasks } from '../delivery/task-functions.ts';
import { type Environment, partOf, pascalCase, type Site } from '../environment.ts';
import { RotationRights } from '../rotation/rights.ts';
import { followSecretsTask, rolloutTasks, rotationTimeoutSeconds, watchTask } from '../rotation/tasks.ts';
import type { ClusterAccess } from './cluster-stack.ts';
import { PlatformStack } from './platform-stack.ts';

/** Often enough that what a rotation left behind is mended before somebody is woken for it. */
const watchEveryMinutes = 15;
/** A pod of the standby that reads a former password so much longer loses nothing: it serves nobody. */
const followEveryMinutes = 15;

export interface RotationStackProps {
  readonly cluster: ClusterAccess;
  readonly shared: SharedControlPlane;
  /** Of the region's own key of secrets. */
  readonly secretsKeyArn: string;
  /** By the database's name. */
  readonly doors: ReadonlyMap<string, DatabaseDoor>;
  readonly functions: ReadonlyMap<string, string>;
}

/**
 * The rotation of the platform's secrets in one region. The standby's is the same, without schedules: copies can't rotate until a failover
 * promotes them. Until then its pods follow what the primary rotated.
 */
export class RotationStack extends PlatformStack {
  private readonly site: Site;
  private readonly definition: Environment;
  private readonly props: RotationStackProps;
  private readonly plans: readonly RotationPlan[];
  private readonly rights: RotationRights;
  private readonly loginSecurityGroup: SecurityGroup;

  constructor(scope: Construct, environment: Environment, site: Site, props: RotationStackProps) {
    const { platform, name } = environment;
    super(scope, {
      environment,
      region: site.place.name,
      part: partOf(site, 'Rotation'),
      description: `${platform.title} (${environment.stage}): rotation of secrets in ${site.place.name}`,
    });
    this.site = site;
    this.definition = environment;
    this.props = props;
    this.plans = rotationsOf(platform, name);
    this.rights = new RotationRights(environment, props.shared.stores, this.region, {
      plans: this.plans,
      secretsKeyArn: props.secretsKeyArn,
    });
    this.loginSecurityGroup = this.securityGroup(props.cluster.vpc);
    for (const plan of this.plans) this.rotated(plan);
    const standsBy = site.role === 'standby';
    const tasks = [...rolloutTasks, watchTask, ...(standsBy ? [followSecretsTask] : [])];
    const functions = definedTasks(this, tasks, this.rights, {
      ...props,
      environment,
      encryptionKey: props.shared.encryptionKey,
      loginSecurityGroup: this.loginSecurityGroup,
    });
    const rollout = this.rollout(functions);
    this.schedule(functions.get(watchTask.task), watchEveryMinutes, watchTask.description);
    if (standsBy)
      this.schedule(functions.get(followSecretsTask.task), followEveryMinutes, followSecretsTask.description);
    this.describeNextSteps(rollout);
  }

  private rotated(plan: RotationPlan): void {
    const { functions, shared, cluster } = this.props;
    const opens = plan.opens !== undefined;
    new RotatedSecret(this, pascalCase(plan.secret), {
      plan,
      bundle: bundleOf(functions, rotationHandlers[plan.kind]),
      timeoutSeconds: rotationTimeoutSeconds,
      environment: {
        MAINSTAY_ENVIRONMENT: this.environmentName,
        [rotationVariables.rotatedSecret]: plan.secret,
        [rotationVariables.interlockTable]: interlockTableName(this.environmentName),
        [rotationVariables.rolloutStateMachine]: this.machineArn(),
        ...(opens ? authorities : {}),
      },
      grants: this.rights.rotate(plan),
      encryptionKey: shared.encryptionKey,
      logRetention: this.logRetention(),
      ...(opens ? { network: { vpc: cluster.vpc, securityGroups: [this.loginSecurityGroup] } } : {}),
      scheduled: this.site.role === 'primary',
    });
  }

  private rollout(functions: ReadonlyMap<string, TaskFunction>): Workflow {
    const { shared } = this.props;
    return new Workflow(this, 'SecretRollout', {
      workflow: 'secret-rollout',
      environmentName: this.environmentName,
      functions: new Map([...shared.functions, ...functions]),
      encryptionKey: shared.encryptionKey,
      logRetention: this.logRetention(),
    });
  }

  private schedule(task: TaskFunction | undefined, everyMinutes: number, description: string): void {
    if (!task) throw new RangeError('A task that is scheduled has no function.');
    new Rule(this, `${pascalCase(task.node.id)}Schedule`, {
      ruleName: task.name,
      description,
      schedule: Schedule.rate(Duration.minutes(everyMinutes)),
      targets: [
        new LambdaFunction(task.function, {
          event: RuleTargetInput.fromObject({}),
          maxEventAge: Duration.minutes(everyMinutes),
          // What one run misses the next one does.
          retryAttempts: 0,
        }),
      ],
    });
  }

  /** Out to AWS and to the databases of the region; nothing in. A store gets its door here with the stack that makes it. */
  private securityGroup(vpc: IVpc): SecurityGroup {
    const group = new SecurityGroup(this, 'LoginSecurityGroup', {
      vpc,
      description: 'Functions that rotate logins: out to the servers and to AWS, nothing in',
      allowAllOutbound: false,
    });
    group.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS endpoints, through NAT as well');
    for (const [database, door] of this.props.doors) this.openDoor(group, database, door);
    return group;
  }

  private openDoor(group: SecurityGroup, database: string, { securityGroupId, port }: DatabaseDoor): void {
    const rule = { ipProtocol: 'tcp', fromPort: port, toPort: port };
    new CfnSecurityGroupEgress(this, `To${pascalCase(database)}`, {
      ...rule,
      groupId: group.securityGroupId,
      destinationSecurityGroupId: securityGroupId,
      description: `To ${database}`,
    });
    new CfnSecurityGroupIngress(this, `Into${pascalCase(database)}`, {
      ...rule,
      groupId: securityGroupId,
      sourceSecurityGroupId: group.securityGroupId,
      description: 'The functions that rotate logins',
    });
  }

  private describeNextSteps(rollout: Workflow): void {
    new CfnOutput(this, 'SecretRolloutConsole', {
      value: rollout.consoleUrl(),
      description: 'Restarts of who reads a rotated secret',
    });
    if (this.site.role === 'standby') return;
    const [first] = this.plans;
    new CfnOutput(this, 'RotateASecret', {
      value: `aws secretsmanager rotate-secret --region ${this.region} --secret-id ${first?.secretName ?? '…'}`,
      description: 'Rotates a secret now, under the interlock, with the restart of who reads it',
    });
  }

  private machineArn(): string {
    return `arn:aws:states:${this.region}:${this.account}:stateMachine:${stateMachineName(this.environmentName, 'secret-rollout')}`;
  }

  private logRetention() {
    return retentionOf(this.definition.platform.cluster.logRetentionDays);
  }
}
