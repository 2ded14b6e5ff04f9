import { Duration } from 'aws-cdk-lib';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks-v2';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import {
  deliveryParameterName,
  deliveryParameterPath,
  repositoryName,
  standbyReleaseParameterName,
  taskKubernetesGroup,
} from '../../domain/names.ts';
import { standbyDeliveryOf } from '../../platforms/delivery.ts';
import type { Place } from '../../platforms/schema.ts';
import { ApprovalsTable } from '../constructs/approvals-table.ts';
import { EncryptionKey } from '../constructs/encryption-key.ts';
import type { Grant } from '../constructs/grant.ts';
import { InterlockTable } from '../constructs/interlock-table.ts';
import { Notifications } from '../constructs/notifications.ts';
import { retentionOf } from '../constructs/retention.ts';
import { functionLogGroups, TaskFunction } from '../constructs/task-function.ts';
import { Workflow, workflowLogGroups } from '../constructs/workflow.ts';
import { Rights, type SharedStores } from '../delivery/rights.ts';
import { taskEnvironment } from '../delivery/settings.ts';
import type { SharedControlPlane } from '../delivery/shared.ts';
import { definedTasks } from '../delivery/task-functions.ts';
import { answerTask, interlockTasks } from '../delivery/tasks.ts';
import { type Environment, pascalCase } from '../environment.ts';
import type { ClusterAccess } from './cluster-stack.ts';
import { PlatformStack } from './platform-stack.ts';

/** Task of the function that brings the standby to the primary's releases. */
export const followTask = 'follow-releases';
/** A release that reaches the standby so much later is early enough: no failover is decided faster. */
const followEveryMinutes = 5;

export interface StandbyStackProps {
  /** Of the standby region. */
  readonly cluster: ClusterAccess;
  readonly functions: ReadonlyMap<string, string>;
}

/**
 * What keeps the standby ready: it runs what the primary runs, at the fewest replicas. It refers to nothing of the primary,
 * which only writes into this region: the releases that promotions leave here (ssm:PutParameter).
 */
export class StandbyStack extends PlatformStack {
  readonly shared: SharedControlPlane;
  private readonly key: EncryptionKey;

  constructor(scope: Construct, environment: Environment, standby: Place, props: StandbyStackProps) {
    const { platform, name } = environment;
    super(scope, {
      environment,
      region: standby.name,
      part: 'Standby',
      description: `${platform.title} (${environment.stage}): the standby in ${standby.name}`,
    });
    new StringParameter(this, 'Standby', {
      parameterName: `/mainstay/${name}/standby`,
      description: 'What this region stands by for',
      stringValue: JSON.stringify({
        platform: platform.name,
        stage: environment.stage,
        primaryRegion: platform.regions.primary.name,
        releases: platform.services.map((service) => standbyReleaseParameterName(name, service.name)),
      }),
    });
    this.key = this.encryptionKey(name);
    this.shared = this.share(environment, props);
    this.describeServices(environment);
    this.schedule(this.followReleases(environment, props));
  }

  private encryptionKey(environmentName: string): EncryptionKey {
    const key = new EncryptionKey(this, 'Key', {
      alias: `mainstay/${environmentName}/standby`,
      description: `Logs, settings, claims and messages of the control plane in the standby of ${environmentName}`,
      logGroupNames: [functionLogGroups(environmentName), workflowLogGroups(environmentName)],
    });
    for (const publisher of ['cloudwatch.amazonaws.com', 'events.amazonaws.com', 'aps.amazonaws.com']) {
      key.admitPublisher(publisher);
    }
    return key;
  }

  /** What the primary's delivery stack has there: who is told, who works on what. */
  private share(environment: Environment, props: StandbyStackProps): SharedControlPlane {
    const { name: environmentName } = environment;
    const encryptionKey = this.key;
    const notifications = new Notifications(this, 'Notifications', { environmentName, encryptionKey });
    const interlock = new InterlockTable(this, 'Interlock', { environmentName, encryptionKey });
    const approvals = new ApprovalsTable(this, 'Approvals', { environmentName, encryptionKey });
    const stores: SharedStores = {
      tableArn: approvals.tableArn,
      interlockTableArn: interlock.tableArn,
      topicArns: (of) => notifications.topicArns(of),
      keyArn: encryptionKey.keyArn,
    };
    const rights = new Rights(environment, stores, this.region);
    const tasks = [...interlockTasks, answerTask('restore', 'region-failover', 'region-failback')];
    const functions = definedTasks(this, tasks, rights, { ...props, environment, encryptionKey });
    // Questions that are asked here are answered here: the primary may be gone.
    new Workflow(this, 'ApprovalAnswer', {
      workflow: 'approval-answer',
      environmentName,
      functions,
      encryptionKey,
      logRetention: retentionOf(environment.platform.cluster.logRetentionDays),
    });
    return { encryptionKey, stores, functions };
  }

  private describeServices({ definition, stage, name }: Environment): void {
    for (const service of definition.services) {
      new StringParameter(this, `${pascalCase(service.name)}Delivery`, {
        parameterName: deliveryParameterName(name, service.name),
        description: `How ${service.name} is delivered here; written from the platform's definition`,
        stringValue: JSON.stringify(standbyDeliveryOf(definition, stage, service.name)),
      });
    }
  }

  private followReleases(environment: Environment, { cluster, functions }: StandbyStackProps): TaskFunction {
    const { name, platform } = environment;
    const bundle = functions.get(followTask);
    if (!bundle) throw new RangeError(`There is no handler lambdas/**/${followTask}.handler.ts to bundle.`);
    const taskFunction = new TaskFunction(this, pascalCase(followTask), {
      task: followTask,
      environmentName: name,
      description: 'Brings the standby to the releases that the primary runs',
      bundle,
      timeoutSeconds: 60,
      memoryMebibytes: 512,
      environment: taskEnvironment(['cluster'], environment, cluster),
      grants: this.rights(environment),
      encryptionKey: this.key,
      logRetention: retentionOf(platform.cluster.logRetentionDays),
      network: { vpc: cluster.vpc, securityGroups: [cluster.functionSecurityGroup] },
    });
    new CfnAccessEntry(taskFunction, 'Access', {
      clusterName: cluster.name,
      principalArn: taskFunction.role.roleArn,
      kubernetesGroups: [taskKubernetesGroup(followTask)],
    });
    return taskFunction;
  }

  /** What its code asks: the parameters of its own region, and whether an image has arrived in its own registry. */
  private rights({ name, definition }: Environment): Grant[] {
    const path = `arn:aws:ssm:${this.region}:${this.account}:parameter${deliveryParameterPath(name)}`;
    const repositories = definition.services.map(
      (service) =>
        `arn:aws:ecr:${this.region}:${this.account}:repository/${repositoryName(definition.name, service.image)}`,
    );
    return [
      {
        actions: ['ssm:GetParametersByPath'],
        resources: [path.replace(/\/$/, ''), `${path}*`],
        because: 'deliveryParameters',
      },
      { actions: ['ecr:DescribeImages', 'ecr:BatchGetImage'], resources: repositories },
    ];
  }

  /** By the clock, not by the parameter's event, which AWS delivers at best effort: what one run misses the next one does. */
  private schedule(followReleases: TaskFunction): void {
    new Rule(this, 'FollowReleasesSchedule', {
      ruleName: followReleases.name,
      description: 'Brings the standby to the releases that the primary runs',
      schedule: Schedule.rate(Duration.minutes(followEveryMinutes)),
      targets: [
        new LambdaFunction(followReleases.function, {
          event: RuleTargetInput.fromObject({}),
          maxEventAge: Duration.minutes(followEveryMinutes),
          retryAttempts: 2,
        }),
      ],
    });
  }
}
