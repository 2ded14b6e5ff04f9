import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { EventField, Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { type RestoreSettings, restoreVariables } from '../../domain/restores.ts';
import type { DatabaseDoor } from '../constructs/database-instance.ts';
import { LoginSecurityGroup } from '../constructs/login-security-group.ts';
import { retentionOf } from '../constructs/retention.ts';
import type { TaskFunction } from '../constructs/task-function.ts';
import { Workflow } from '../constructs/workflow.ts';
import type { SharedControlPlane } from '../delivery/shared.ts';
import { definedTasks } from '../delivery/task-functions.ts';
import { type Environment, partOf, pascalCase, type Site } from '../environment.ts';
import { openPorts, RestoreNetwork } from '../restore/network.ts';
import { RestoreRights } from '../restore/rights.ts';
import { loginTasks, restoreTasks, sweepTask } from '../restore/tasks.ts';
import { RestoreWatch } from '../restore/watching.ts';
import type { BackupStack } from './backup-stack.ts';
import type { ClusterAccess } from './cluster-stack.ts';
import { PlatformStack } from './platform-stack.ts';

export interface RestoreStackProps {
  readonly cluster: ClusterAccess;
  readonly shared: SharedControlPlane;
  /** Of the region's own key of secrets. */
  readonly secretsKeyArn: string;
  /** By the database's name. */
  readonly doors: ReadonlyMap<string, DatabaseDoor>;
  readonly backups: Pick<BackupStack, 'key'>;
  readonly functions: ReadonlyMap<string, string>;
}

/** Where the definition asks for no tests, those that a person starts take turns by the week as well. */
const everyDaysUnlessTold = 7;

type RestoreWorkflow = 'restore-test' | 'restore';

/**
 * Restores in one region: the network that tests restore into, the workflow of tests, the one that a person starts, and the sweeper. The same in
 * both regions; of scheduled tests the regions take turns, whoever reigns.
 */
export class RestoreStack extends PlatformStack {
  private readonly definition: Environment;
  private readonly props: RestoreStackProps;
  private readonly rights: RestoreRights;
  private readonly zones: readonly string[];
  private readonly network: RestoreNetwork;
  private readonly besideGroup: SecurityGroup;

  constructor(scope: Construct, environment: Environment, site: Site, props: RestoreStackProps) {
    const { platform, name } = environment;
    super(scope, {
      environment,
      region: site.place.name,
      part: partOf(site, 'Restore'),
      description: `${platform.title} (${environment.stage}): restores and their tests in ${site.place.name}`,
    });
    this.definition = environment;
    this.props = props;
    this.rights = new RestoreRights(environment, props.shared.stores, this.region, {
      keyArn: props.backups.key.keyArn,
      otherControlPlaneAlias: `mainstay/${name}/${site.role === 'primary' ? 'standby' : 'delivery'}`,
      secretsKeyArn: props.secretsKeyArn,
    });
    this.zones = site.place.vpc.privateSubnets.slice(0, 2).map(({ zone }) => zone);
    this.network = new RestoreNetwork(this, 'Isolated', {
      environmentName: name,
      zones: this.zones,
      databases: platform.databases,
    });
    const loginGroup = this.loginGroup();
    this.besideGroup = this.restoredGroup(loginGroup);
    const common = this.functions([...restoreTasks, sweepTask]);
    const isolated = this.functions(loginTasks('isolated'), this.network.functionSecurityGroup, this.network);
    const beside = this.functions(loginTasks('beside'), loginGroup);
    const test = this.workflow('restore-test', new Map([...common, ...isolated]));
    const restore = this.workflow('restore', new Map([...props.shared.functions, ...common, ...beside]));
    this.schedule(test);
    this.sweep(common.get(sweepTask.task));
    new RestoreWatch(this, 'Watch', environment, test);
    this.describeNextSteps(test, restore);
  }

  /** The zones of the region, for the isolated network. */
  override get availabilityZones(): string[] {
    return [...this.zones];
  }

  /** In the isolated network where one is given, else where the databases are. */
  private functions(
    tasks: Parameters<typeof definedTasks<RestoreRights>>[1],
    loginSecurityGroup?: SecurityGroup,
    network?: RestoreNetwork,
  ): ReadonlyMap<string, TaskFunction> {
    const { shared, cluster, functions } = this.props;
    const made = definedTasks(this, tasks, this.rights, {
      functions,
      cluster: network ? { ...cluster, vpc: network.vpc } : cluster,
      environment: this.definition,
      encryptionKey: shared.encryptionKey,
      ...(loginSecurityGroup ? { loginSecurityGroup } : {}),
    });
    const settings = JSON.stringify(this.settings());
    for (const { task, settings: asked } of tasks) {
      if (asked.includes('restores')) made.get(task)?.function.addEnvironment(restoreVariables.settings, settings);
    }
    return made;
  }

  private settings(): RestoreSettings {
    const { account, platform, name } = this.definition;
    const { regions, recovery, backups, settings } = platform;
    const { subnetGroup, zone, parameterGroups, databaseSecurityGroup } = this.network;
    return {
      account,
      regions: [regions.primary.name, ...(regions.standby ? [regions.standby.name] : [])],
      everyDays: backups.restoreTest?.everyDays ?? everyDaysUnlessTold,
      recoveryTimeSeconds: recovery.platform.recoveryTimeMinutesMax * 60,
      approval: settings.approval,
      isolated: { subnetGroup, zone, parameterGroups, securityGroup: databaseSecurityGroup.securityGroupId },
      beside: { subnetGroup: name, securityGroup: this.besideGroup.securityGroupId },
    };
  }

  private loginGroup(): LoginSecurityGroup {
    return new LoginSecurityGroup(this, 'LoginSecurityGroup', {
      vpc: this.props.cluster.vpc,
      description: 'Functions that look at restored databases: out to those and to AWS, nothing in',
      doors: this.props.doors,
      purpose: 'The functions that look at restored databases',
    });
  }

  /** Of a person's restored instance, beside those of the running one; alone where none runs any more. */
  private restoredGroup(functions: SecurityGroup): SecurityGroup {
    const group = new SecurityGroup(this, 'RestoredSecurityGroup', {
      vpc: this.props.cluster.vpc,
      description: 'Databases that a person restored: in from the functions that look at them, nothing out',
      allowAllOutbound: false,
    });
    group.addEgressRule(Peer.ipv4('127.0.0.1/32'), Port.tcp(5432), 'Nowhere');
    openPorts(this, functions, group, this.definition.platform.databases);
    return group;
  }

  private workflow(workflow: RestoreWorkflow, functions: ReadonlyMap<string, TaskFunction>): Workflow {
    const { shared } = this.props;
    return new Workflow(this, pascalCase(workflow), {
      workflow,
      environmentName: this.environmentName,
      functions,
      encryptionKey: shared.encryptionKey,
      logRetention: retentionOf(this.definition.platform.cluster.logRetentionDays),
    });
  }

  /** Each day at the same minute in both regions, so that both tell the same turn and day; after the day's full set. */
  private schedule(test: Workflow): void {
    const { restoreTest } = this.definition.platform.backups;
    if (!restoreTest) return;
    const role = new Role(this, 'StartRole', {
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: `EventBridge starts ${test.name}`,
    });
    new Rule(this, 'RestoreTestSchedule', {
      ruleName: test.name,
      description: `Restores the newest recovery set and compares it, every ${restoreTest.everyDays} days, regions by turn`,
      schedule: Schedule.expression('cron(30 4 * * ? *)'),
      targets: [
        new SfnStateMachine(StateMachine.fromStateMachineArn(this, 'Test', test.stateMachineArn), {
          role,
          input: RuleTargetInput.fromObject({ dueAt: EventField.time }),
          maxEventAge: Duration.hours(6),
          retryAttempts: 20,
        }),
      ],
    });
  }

  private sweep(sweeper: TaskFunction | undefined): void {
    if (!sweeper) throw new RangeError('The sweeper has no function.');
    new Rule(this, 'SweepSchedule', {
      ruleName: sweeper.name,
      description: sweepTask.description,
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [
        new LambdaFunction(sweeper.function, {
          event: RuleTargetInput.fromObject({}),
          maxEventAge: Duration.hours(1),
          // What one run misses the next one does.
          retryAttempts: 0,
        }),
      ],
    });
  }

  private describeNextSteps(test: Workflow, restore: Workflow): void {
    const [database] = this.definition.platform.databases;
    const start = (workflow: Workflow, input: string) =>
      `aws stepfunctions start-execution --region ${this.region} --state-machine-arn ${workflow.stateMachineArn} --input '${input}'`;
    new CfnOutput(this, 'RestoreTestConsole', { value: test.consoleUrl(), description: 'Restore tests' });
    new CfnOutput(this, 'RestoreConsole', { value: restore.consoleUrl(), description: 'Restores beside a database' });
    new CfnOutput(this, 'TestARestore', {
      value: start(test, '{}'),
      description: 'Restores the newest recovery set here, compares it and removes it again',
    });
    new CfnOutput(this, 'RestoreADatabase', {
      value: start(restore, `{"database":"${database?.name ?? '…'}","set":"…","requestedBy":"…"}`),
      description: 'Restores a database beside the running one; or with "pointInTime" in the place of "set"',
    });
  }
}
