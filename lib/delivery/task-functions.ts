import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks-v2';
import { taskKubernetesGroup } from '../../domain/names.ts';
import type { EncryptionKey } from '../constructs/encryption-key.ts';
import { retentionOf } from '../constructs/retention.ts';
import { TaskFunction } from '../constructs/task-function.ts';
import { type Environment, pascalCase } from '../environment.ts';
import type { ClusterAccess } from '../stacks/cluster-stack.ts';
import type { PlatformStack } from '../stacks/platform-stack.ts';
import type { Rights } from './rights.ts';
import { taskEnvironment } from './settings.ts';
import type { TaskDefinition } from './tasks.ts';

export interface DefinedTasksProps {
  readonly environment: Environment;
  /** Of the stack's own region. */
  readonly cluster: ClusterAccess;
  /** Task → folder with its bundle. */
  readonly functions: ReadonlyMap<string, string>;
  readonly encryptionKey: EncryptionKey;
  /** For tasks that log in to databases and brokers (`authorities`): who lets them in. */
  readonly loginSecurityGroup?: ISecurityGroup;
}

/** A function for each task, by the task's name. Throws RangeError for one without a handler. */
export function definedTasks<Of extends Rights>(
  stack: PlatformStack,
  tasks: readonly TaskDefinition<Of>[],
  rights: Of,
  props: DefinedTasksProps,
): ReadonlyMap<string, TaskFunction> {
  return new Map(tasks.map((definition) => [definition.task, definedTask(stack, definition, rights, props)]));
}

function definedTask<Of extends Rights>(
  stack: PlatformStack,
  definition: TaskDefinition<Of>,
  rights: Of,
  props: DefinedTasksProps,
): TaskFunction {
  const { cluster, environment } = props;
  const name = definition.name ?? definition.task;
  const taskFunction = new TaskFunction(stack, pascalCase(name), {
    task: name,
    environmentName: environment.name,
    description: definition.description,
    bundle: bundleOf(props.functions, definition.task),
    timeoutSeconds: definition.timeoutSeconds,
    memoryMebibytes: definition.memoryMebibytes,
    environment: taskEnvironment(definition.settings, environment, cluster, stack.region),
    grants: definition.grants(rights),
    encryptionKey: props.encryptionKey,
    logRetention: retentionOf(environment.platform.cluster.logRetentionDays),
    ...networkOf(definition, props),
  });
  if (definition.settings.includes('cluster')) {
    new CfnAccessEntry(taskFunction, 'Access', {
      clusterName: cluster.name,
      principalArn: taskFunction.role.roleArn,
      // What the group may do stands in the task's own Role; the entry adds nothing.
      kubernetesGroups: [taskKubernetesGroup(definition.task)],
    });
  }
  return taskFunction;
}

/** Throws RangeError. */
export function bundleOf(functions: ReadonlyMap<string, string>, handler: string): string {
  const bundle = functions.get(handler);
  if (!bundle) throw new RangeError(`There is no handler lambdas/**/${handler}.handler.ts to bundle.`);
  return bundle;
}

/** In the VPC for who talks to the cluster or logs in to a server; everybody else needs AWS alone. */
function networkOf({ settings }: { readonly settings: readonly string[] }, props: DefinedTasksProps) {
  const { cluster, loginSecurityGroup } = props;
  const securityGroups = [
    ...(settings.includes('cluster') ? [cluster.functionSecurityGroup] : []),
    ...(settings.includes('authorities') && loginSecurityGroup ? [loginSecurityGroup] : []),
  ];
  return securityGroups.length === 0 ? {} : { network: { vpc: cluster.vpc, securityGroups } };
}
