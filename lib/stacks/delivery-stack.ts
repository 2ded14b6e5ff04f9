import { CfnOutput } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import {
  deliveryParameterName,
  deliveryWorkflows,
  type Severity,
  severities,
  stateMachineName,
} from '../../domain/names.ts';
import { deliveryOf } from '../../platforms/delivery.ts';
import { ApprovalsTable } from '../constructs/approvals-table.ts';
import { EncryptionKey } from '../constructs/encryption-key.ts';
import { InterlockTable } from '../constructs/interlock-table.ts';
import { Notifications } from '../constructs/notifications.ts';
import { retentionOf } from '../constructs/retention.ts';
import { functionLogGroups, type TaskFunction } from '../constructs/task-function.ts';
import { Triggers } from '../constructs/triggers.ts';
import { Workflow, workflowLogGroups } from '../constructs/workflow.ts';
import { Rights } from '../delivery/rights.ts';
import type { SharedControlPlane } from '../delivery/shared.ts';
import { definedTasks } from '../delivery/task-functions.ts';
import { releaseTask, tasks } from '../delivery/tasks.ts';
import { type Environment, pascalCase } from '../environment.ts';
import type { ClusterAccess } from './cluster-stack.ts';
import { PlatformStack } from './platform-stack.ts';

export interface DeliveryStackProps {
  readonly cluster: ClusterAccess;
  readonly functions: ReadonlyMap<string, string>;
}

type DeliveryWorkflow = (typeof deliveryWorkflows)[number];

/** Canary promotion and rollback: the workflows with their functions, what starts them, and the topics that tell people. */
export class DeliveryStack extends PlatformStack {
  readonly shared: SharedControlPlane;
  private readonly environmentDefinition: Environment;
  private readonly props: DeliveryStackProps;
  private readonly key: EncryptionKey;

  constructor(scope: Construct, environment: Environment, props: DeliveryStackProps) {
    const { platform, name } = environment;
    super(scope, {
      environment,
      region: platform.regions.primary.name,
      part: 'Delivery',
      description: `${platform.title} (${environment.stage}): canary promotion and rollback`,
    });
    this.environmentDefinition = environment;
    this.props = props;
    this.key = this.encryptionKey(name);
    this.describeServices();
    const notifications = new Notifications(this, 'Notifications', { environmentName: name, encryptionKey: this.key });
    const approvals = new ApprovalsTable(this, 'Approvals', { environmentName: name, encryptionKey: this.key });
    const interlock = new InterlockTable(this, 'Interlock', { environmentName: name, encryptionKey: this.key });
    const stores = {
      tableArn: approvals.tableArn,
      interlockTableArn: interlock.tableArn,
      topicArns: (of: readonly Severity[]) => notifications.topicArns(of),
      keyArn: this.key.keyArn,
    };
    const functions = this.functions(new Rights(environment, stores));
    this.shared = { encryptionKey: this.key, stores, functions };
    const machines = this.workflows(functions);
    const keepAlarms = functions.get('keep-alarms');
    if (!keepAlarms) throw new RangeError('The table of tasks has no keep-alarms.');
    const releasePushed = functions.get(releaseTask.task);
    new Triggers(this, 'Triggers', {
      environmentName: name,
      promotion: machines['canary-promotion'],
      rollback: machines['canary-rollback'],
      imageRetention: machines['image-retention'],
      keepAlarms,
      ...(releasePushed ? { releasePushed } : {}),
      encryptionKey: this.key,
    });
    this.describeNextSteps(machines, notifications);
  }

  private encryptionKey(environmentName: string): EncryptionKey {
    const key = new EncryptionKey(this, 'Key', {
      alias: `mainstay/${environmentName}/delivery`,
      description: `Logs, settings, approvals, messages and undelivered events of ${environmentName}'s control plane`,
      logGroupNames: [functionLogGroups(environmentName), workflowLogGroups(environmentName)],
    });
    // Alarms publish to the topics; rules put what they could not deliver into the queue.
    key.admitPublisher('cloudwatch.amazonaws.com');
    key.admitPublisher('events.amazonaws.com');
    key.admitPublisher('aps.amazonaws.com');
    return key;
  }

  private describeServices(): void {
    const { definition, stage, name } = this.environmentDefinition;
    for (const service of definition.services) {
      new StringParameter(this, `${pascalCase(service.name)}Delivery`, {
        parameterName: deliveryParameterName(name, service.name),
        description: `How ${service.name} is delivered; written from the platform's definition`,
        stringValue: JSON.stringify(deliveryOf(definition, stage, service.name)),
      });
    }
  }

  private functions(rights: Rights): ReadonlyMap<string, TaskFunction> {
    const byItself = this.environmentDefinition.platform.settings.releases === 'by-itself';
    const made = byItself ? [...tasks, releaseTask] : tasks;
    return definedTasks(this, made, rights, {
      ...this.props,
      environment: this.environmentDefinition,
      encryptionKey: this.key,
    });
  }

  private workflows(functions: ReadonlyMap<string, TaskFunction>): Readonly<Record<DeliveryWorkflow, Workflow>> {
    const made = deliveryWorkflows.map((workflow) => [
      workflow,
      new Workflow(this, pascalCase(workflow), {
        workflow,
        environmentName: this.environmentName,
        functions,
        encryptionKey: this.key,
        logRetention: retentionOf(this.environmentDefinition.platform.cluster.logRetentionDays),
      }),
    ]);
    return Object.fromEntries(made) as Record<DeliveryWorkflow, Workflow>;
  }

  private describeNextSteps(
    machines: Readonly<Record<DeliveryWorkflow, Workflow>>,
    notifications: Notifications,
  ): void {
    for (const workflow of deliveryWorkflows) {
      new CfnOutput(this, `${pascalCase(workflow)}Console`, {
        value: machines[workflow].consoleUrl(),
        description: `Executions of ${stateMachineName(this.environmentName, workflow)}`,
      });
    }
    const [service] = this.environmentDefinition.platform.services;
    new CfnOutput(this, 'PromoteARelease', {
      value: `aws stepfunctions start-execution --region ${this.region} --state-machine-arn ${machines['canary-promotion'].stateMachineArn} --input '{"service":"${service?.name}","tag":"…"}'`,
      description: 'Brings a pushed image to production traffic',
    });
    new CfnOutput(this, 'RollBack', {
      value: `aws stepfunctions start-execution --region ${this.region} --state-machine-arn ${machines['canary-rollback'].stateMachineArn} --input '{"service":"${service?.name}","reason":"…","requestedBy":"…"}'`,
      description: 'Back to the previous release',
    });
    for (const severity of severities) {
      new CfnOutput(this, `Subscribe${pascalCase(severity)}`, {
        value: `aws sns subscribe --region ${this.region} --protocol email --notification-endpoint … --topic-arn ${notifications.topics[severity].topicArn}`,
        description: `To be told what is ${severity}`,
      });
    }
  }
}
