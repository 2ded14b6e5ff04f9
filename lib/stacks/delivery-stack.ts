import { CfnOutput } from 'aws-cdk-lib';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks-v2';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import {
  deliveryParameterName,
  deliveryWorkflows,
  severities,
  stateMachineName,
  taskKubernetesGroup,
} from '../../domain/names.ts';
import { deliveryOf } from '../../platforms/delivery.ts';
import { ApprovalsTable } from '../constructs/approvals-table.ts';
import { EncryptionKey } from '../constructs/encryption-key.ts';
import { Notifications } from '../constructs/notifications.ts';
import { retentionOf } from '../constructs/retention.ts';
import { functionLogGroups, TaskFunction } from '../constructs/task-function.ts';
import { Triggers } from '../constructs/triggers.ts';
import { Workflow, workflowLogGroups } from '../constructs/workflow.ts';
import { Rights } from '../delivery/rights.ts';
import { taskEnvironment } from '../delivery/settings.ts';
import { type TaskDefinition, tasks } from '../delivery/tasks.ts';
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
    const functions = this.functions(
      new Rights(environment, {
        tableArn: approvals.tableArn,
        topicArns: (of) => notifications.topicArns(of),
        keyArn: this.key.keyArn,
      }),
    );
    const machines = this.workflows(functions);
    const keepAlarms = functions.get('keep-alarms');
    if (!keepAlarms) throw new RangeError('The table of tasks has no keep-alarms.');
    new Triggers(this, 'Triggers', {
      environmentName: name,
      promotion: machines['canary-promotion'],
      rollback: machines['canary-rollback'],
      imageRetention: machines['image-retention'],
      keepAlarms,
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
    return new Map(tasks.map((definition) => [definition.task, this.taskFunction(definition, rights)]));
  }

  private taskFunction(definition: TaskDefinition, rights: Rights): TaskFunction {
    const { cluster, functions } = this.props;
    const bundle = functions.get(definition.task);
    if (!bundle) throw new RangeError(`There is no handler lambdas/**/${definition.task}.handler.ts to bundle.`);
    const inCluster = definition.settings.includes('cluster');
    const taskFunction = new TaskFunction(this, pascalCase(definition.task), {
      task: definition.task,
      environmentName: this.environmentName,
      description: definition.description,
      bundle,
      timeoutSeconds: definition.timeoutSeconds,
      memoryMebibytes: definition.memoryMebibytes,
      environment: taskEnvironment(definition.settings, this.environmentDefinition, cluster),
      grants: definition.grants(rights),
      encryptionKey: this.key,
      logRetention: retentionOf(this.environmentDefinition.platform.cluster.logRetentionDays),
      ...(inCluster ? { network: { vpc: cluster.vpc, securityGroup: cluster.functionSecurityGroup } } : {}),
    });
    if (inCluster) {
      new CfnAccessEntry(taskFunction, 'Access', {
        clusterName: cluster.name,
        principalArn: taskFunction.role.roleArn,
        // What the group may do stands in the task's own Role; the entry adds nothing.
        kubernetesGroups: [taskKubernetesGroup(definition.task)],
      });
    }
    return taskFunction;
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
