import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { failoverVariables, type RestorePlace } from '../../domain/failover-settings.ts';
import { leaseTableName } from '../../domain/lease.ts';
import { stateMachineName, watchingAlarmName } from '../../domain/names.ts';
import { failoverWorkflow } from '../../domain/readiness-permissions.ts';
import { readinessVariable } from '../../domain/readiness-settings.ts';
import type { DatabaseDoor } from '../constructs/database-instance.ts';
import { LoginSecurityGroup } from '../constructs/login-security-group.ts';
import { retentionOf } from '../constructs/retention.ts';
import { StateTable } from '../constructs/state-table.ts';
import type { TaskFunction } from '../constructs/task-function.ts';
import { Workflow } from '../constructs/workflow.ts';
import type { SharedControlPlane } from '../delivery/shared.ts';
import { definedTasks } from '../delivery/task-functions.ts';
import { type Environment, partOf, pascalCase, type Site } from '../environment.ts';
import { endOfFailback } from '../failover/failback-end.ts';
import { FailbackRights } from '../failover/failback-rights.ts';
import { failbackTasks } from '../failover/failback-tasks.ts';
import { FailoverParameters } from '../failover/plan.ts';
import { ReadinessRights, readinessSettingsOf, readinessTask } from '../failover/readiness.ts';
import type { FailoverPlaces } from '../failover/rights.ts';
import { databaseTasks, guardTask, regionTasks, watchTask } from '../failover/tasks.ts';
import { FailoverWatch, regionLostAlarm } from '../failover/watching.ts';
import type { BackupStack } from './backup-stack.ts';
import type { ClusterAccess } from './cluster-stack.ts';
import { PlatformStack } from './platform-stack.ts';

export interface FailoverStackProps {
  readonly cluster: ClusterAccess;
  readonly shared: SharedControlPlane;
  /** Of the region's own key of secrets. */
  readonly secretsKeyArn: string;
  /** By the database's name. */
  readonly doors: ReadonlyMap<string, DatabaseDoor>;
  readonly backups: Pick<BackupStack, 'key'>;
  readonly functions: ReadonlyMap<string, string>;
}

type FailoverWorkflow = 'region-failover' | 'region-failback' | 'database-failover';

/**
 * Failover in one region: the table of leases, how the platform moves, both workflows, the guard and the watch. The same in both regions; each
 * asks its own record who reigns, so nothing is switched on when a region is lost.
 */
export class FailoverStack extends PlatformStack {
  private readonly definition: Environment;
  private readonly props: FailoverStackProps;
  private readonly loginGroup: LoginSecurityGroup;
  private readonly rights: FailbackRights;
  private readonly readinessRights: ReadinessRights;

  constructor(scope: Construct, environment: Environment, site: Site, props: FailoverStackProps) {
    const { platform, name } = environment;
    super(scope, {
      environment,
      region: site.place.name,
      part: partOf(site, 'Failover'),
      description: `${platform.title} (${environment.stage}): failover to and from ${site.place.name}`,
    });
    this.definition = environment;
    this.props = props;
    const { encryptionKey } = props.shared;
    const leases = new StateTable(this, 'Leases', { tableName: leaseTableName(name), key: 'subject', encryptionKey });
    new FailoverParameters(this, 'Parameters', environment);
    const places: FailoverPlaces = {
      leasesArn: leases.tableArn,
      secretsKeyArn: props.secretsKeyArn,
      keyArn: props.backups.key.keyArn,
      otherControlPlaneAlias: `mainstay/${name}/${site.role === 'primary' ? 'standby' : 'delivery'}`,
    };
    this.rights = new FailbackRights(environment, props.shared.stores, this.region, places);
    this.readinessRights = new ReadinessRights(environment, props.shared.stores, this.region, places);
    this.loginGroup = new LoginSecurityGroup(this, 'LoginSecurityGroup', {
      vpc: props.cluster.vpc,
      description: 'Functions that guard, watch and move databases: out to those and to AWS, nothing in',
      doors: props.doors,
      purpose: 'The functions that guard, watch and move databases',
    });
    const functions = this.functions();
    const region = this.workflow('region-failover', functions);
    const failback = this.workflow('region-failback', functions);
    const database = this.workflow('database-failover', functions);
    for (const { task, description } of [guardTask, watchTask]) this.eachMinute(functions.get(task), description);
    this.lookEachDay(functions, region);
    new FailoverWatch(this, 'Watch', name);
    this.startAtRegionLost(region);
    endOfFailback(this, failback, functions.get('end-failback'));
    this.describeNextSteps(region, failback, database);
  }

  private functions(): ReadonlyMap<string, TaskFunction> {
    const tasks = [...regionTasks, ...failbackTasks, ...databaseTasks, guardTask, watchTask];
    const made = definedTasks(this, tasks, this.rights, this.taskProps());
    const tell = (task: string, variable: string, value: string) =>
      made.get(task)?.function.addEnvironment(variable, value);
    tell(guardTask.task, failoverVariables.databaseFailover, this.machineArn('database-failover'));
    tell(watchTask.task, failoverVariables.regionFailover, this.machineArn('region-failover'));
    tell('restore-newest-set', failoverVariables.restorePlace, JSON.stringify(this.restorePlace()));
    return made;
  }

  private taskProps() {
    const { shared, cluster, functions } = this.props;
    return {
      functions,
      cluster,
      environment: this.definition,
      encryptionKey: shared.encryptionKey,
      loginSecurityGroup: this.loginGroup,
    };
  }

  /** Beside the databases of this region, let in and set up as they are. */
  private restorePlace(): RestorePlace {
    const doors = [...this.props.doors];
    return {
      subnetGroup: this.environmentName,
      securityGroupIds: doors.map(([, { securityGroupId }]) => securityGroupId),
      parameterGroups: Object.fromEntries(doors.map(([database, { parameterGroup }]) => [database, parameterGroup])),
    };
  }

  private workflow(workflow: FailoverWorkflow, functions: ReadonlyMap<string, TaskFunction>): Workflow {
    const { shared } = this.props;
    return new Workflow(this, pascalCase(workflow), {
      workflow,
      environmentName: this.environmentName,
      functions: new Map([...shared.functions, ...functions]),
      encryptionKey: shared.encryptionKey,
      logRetention: retentionOf(this.definition.platform.cluster.logRetentionDays),
    });
  }

  /** After the night's sets and tests, and before the working day of those who mend what it finds. */
  private lookEachDay(functions: ReadonlyMap<string, TaskFunction>, failover: Workflow): void {
    const roleOf = (task: string) => (task === failoverWorkflow ? failover : functions.get(task))?.role.roleArn ?? '';
    const settings = readinessSettingsOf(this.definition, roleOf);
    const task = readinessTask(Object.values(settings.roles));
    const looking = definedTasks(this, [task], this.readinessRights, this.taskProps()).get(task.task);
    if (!looking) throw new RangeError('Nobody looks at the readiness.');
    looking.function.addEnvironment(readinessVariable, this.toJsonString(settings));
    new Rule(this, 'LookAtReadinessSchedule', {
      ruleName: looking.name,
      description: task.description,
      schedule: Schedule.expression('cron(15 6 * * ? *)'),
      targets: [
        new LambdaFunction(looking.function, {
          event: RuleTargetInput.fromObject({}),
          maxEventAge: Duration.hours(6),
          retryAttempts: 2,
        }),
      ],
    });
  }

  /** Each stays longer than a minute: one that is late or lost leaves no gap. */
  private eachMinute(task: TaskFunction | undefined, description: string): void {
    if (!task) throw new RangeError('A task that is scheduled has no function.');
    new Rule(this, `${pascalCase(task.node.id)}Schedule`, {
      ruleName: task.name,
      description,
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [
        new LambdaFunction(task.function, {
          event: RuleTargetInput.fromObject({}),
          maxEventAge: Duration.minutes(1),
          retryAttempts: 0,
        }),
      ],
    });
  }

  /** The second way in: should the watch see the loss and not start the workflow. Where it has, the platform is claimed and this one is refused. */
  private startAtRegionLost(failover: Workflow): void {
    const role = new Role(this, 'StartRole', {
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: `EventBridge starts ${failover.name}`,
    });
    new Rule(this, 'RegionLost', {
      ruleName: watchingAlarmName(this.environmentName, regionLostAlarm),
      description: 'Two signals say that the primary region is lost: decide whether the platform moves',
      eventPattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm State Change'],
        detail: {
          alarmName: [watchingAlarmName(this.environmentName, regionLostAlarm)],
          state: { value: ['ALARM'] },
        },
      },
      targets: [
        new SfnStateMachine(StateMachine.fromStateMachineArn(this, 'Failover', failover.stateMachineArn), {
          role,
          input: RuleTargetInput.fromObject({
            platform: this.environmentName,
            reason: `The alarm ${watchingAlarmName(this.environmentName, regionLostAlarm)} rings.`,
            startedBy: 'watch',
          }),
          maxEventAge: Duration.minutes(5),
          retryAttempts: 10,
        }),
      ],
    });
  }

  private describeNextSteps(region: Workflow, failback: Workflow, database: Workflow): void {
    const start = (workflow: Workflow, input: object) =>
      `aws stepfunctions start-execution --region ${this.region} --state-machine-arn ${workflow.stateMachineArn} --input '${JSON.stringify(input)}'`;
    const platform = this.environmentName;
    const [first] = this.props.doors.keys();
    new CfnOutput(this, 'RegionFailoverConsole', {
      value: region.consoleUrl(),
      description: 'Failovers of the platform to this region',
    });
    new CfnOutput(this, 'DatabaseFailoverConsole', {
      value: database.consoleUrl(),
      description: 'Failovers of a database within this region',
    });
    new CfnOutput(this, 'MoveThePlatformHere', {
      value: start(region, { platform, reason: '…' }),
      description: 'Moves the platform to this region, after a question where the primary does not look lost',
    });
    new CfnOutput(this, 'GiveThePlatformBack', {
      value: start(failback, { platform, reason: '…' }),
      description:
        'Where this region reigns: builds the other one anew as its standby, and moves the platform back there in its window',
    });
    new CfnOutput(this, 'MoveADatabase', {
      value: start(database, { platform, database: first ?? '…', reason: '…' }),
      description: 'Has RDS move a database of this region to its other zone',
    });
  }

  private machineArn(workflow: FailoverWorkflow): string {
    return `arn:aws:states:${this.region}:${this.account}:stateMachine:${stateMachineName(this.environmentName, workflow)}`;
  }
}
