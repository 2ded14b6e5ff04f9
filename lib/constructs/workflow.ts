import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { stateMachineName, type WorkflowName } from '../../domain/names.ts';
import { pascalCase } from '../environment.ts';
import { unheardTasks } from '../watching/unheard-tasks.ts';
import type { EncryptionKey } from './encryption-key.ts';
import { acknowledgeWildcards, type Grant, policiesOf } from './grant.ts';
import type { TaskFunction } from './task-function.ts';

/** A workflow's file cannot become a state machine. The message names the file and what is missing. */
export class WorkflowError extends Error {
  override readonly name = 'WorkflowError';
}

export interface WorkflowProps {
  readonly workflow: WorkflowName;
  readonly environmentName: string;
  /** Functions by task (`read-plan`). Those that the file names, and no others, may be invoked. */
  readonly functions: ReadonlyMap<string, TaskFunction>;
  readonly encryptionKey: EncryptionKey;
  readonly logRetention: RetentionDays;
}

/** The prefix keeps the account's resource policy for log delivery within its size. https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html */
const logGroupPrefix = '/aws/vendedlogs/states/';

/** Log groups of all workflows of an environment. */
export function workflowLogGroups(environmentName: string): string {
  return `${logGroupPrefix}mainstay-${environmentName}-*`;
}

const folder = join(import.meta.dirname, '..', '..', 'step-functions');
/** CDK drops these from a definition given as text, so the file has to hold them itself. */
const ownFields = ['Comment', 'QueryLanguage', 'TimeoutSeconds'] as const;
const placeholder = /\$\{([A-Za-z]+)\}/g;

/**
 * A Standard state machine from `step-functions/<name>.asl.json`, the one file read below `bin`. `${ReadPlanFunctionArn}` in
 * it stands for the function of the task `read-plan`. Logs all events, traces, and runs with exactly the rights that the
 * file needs. Throws WorkflowError.
 */
export class Workflow extends Construct {
  readonly name: string;
  readonly stateMachineArn: string;
  readonly role: Role;
  /** The functions that it invokes. */
  readonly tasks: readonly TaskFunction[];
  /** Those of them whose failure does not show in how it ends: it goes on without them. */
  readonly unheardTasks: readonly TaskFunction[];

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.name = stateMachineName(props.environmentName, props.workflow);
    this.stateMachineArn = `arn:aws:states:${stack.region}:${stack.account}:stateMachine:${this.name}`;
    const definition = readDefinition(props.workflow);
    const used = this.usedFunctions(definition, props);
    const unheard = unheardTasks(definition);
    this.tasks = [...used.values()];
    this.unheardTasks = [...used].flatMap(([name, task]) => (unheard.has(name) ? [task] : []));
    const logGroup = this.logGroup(props);
    this.role = this.executionRole(
      this.tasks.map((task) => task.functionArn),
      definition.includes('"DISTRIBUTED"') ? this.childExecutions() : [],
    );
    const stateMachine = new CfnStateMachine(this, 'StateMachine', {
      stateMachineName: this.name,
      stateMachineType: 'STANDARD',
      roleArn: this.role.roleArn,
      definitionString: definition,
      definitionSubstitutions: Object.fromEntries([...used].map(([name, task]) => [name, task.functionArn])),
      loggingConfiguration: {
        destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: logGroup.logGroupArn } }],
        includeExecutionData: true,
        level: 'ALL',
      },
      tracingConfiguration: { enabled: true },
    });
    stateMachine.node.addDependency(this.role);
  }

  /** Where a person finds it. */
  consoleUrl(): string {
    const { region } = Stack.of(this);
    return `https://${region}.console.aws.amazon.com/states/home?region=${region}#/statemachines/view/${this.stateMachineArn}`;
  }

  private usedFunctions(definition: string, props: WorkflowProps): ReadonlyMap<string, TaskFunction> {
    const byPlaceholder = new Map(
      [...props.functions].map(([task, taskFunction]) => [`${pascalCase(task)}FunctionArn`, taskFunction]),
    );
    const used = new Map<string, TaskFunction>();
    for (const [, name = ''] of definition.matchAll(placeholder)) {
      const taskFunction = byPlaceholder.get(name);
      if (!taskFunction) {
        throw new WorkflowError(
          `step-functions/${props.workflow}.asl.json asks for \${${name}}; known are ${[...byPlaceholder.keys()].join(', ')}.`,
        );
      }
      used.set(name, taskFunction);
    }
    return used;
  }

  private logGroup(props: WorkflowProps): LogGroup {
    const logGroupName = `${logGroupPrefix}${this.name}`;
    return new LogGroup(this, 'Logs', {
      logGroupName,
      encryptionKey: props.encryptionKey,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** A distributed Map starts its children as executions of the state machine itself, under `<name>/<label>:<id>`. Assumed: the rehearsal does not ask for it. */
  private childExecutions(): Grant[] {
    const { region, account } = Stack.of(this);
    const children = `arn:aws:states:${region}:${account}:execution:${this.name}/*`;
    return [
      { actions: ['states:StartExecution'], resources: [this.stateMachineArn] },
      {
        actions: ['states:DescribeExecution', 'states:StopExecution'],
        resources: [children],
        because: 'childExecutions',
      },
    ];
  }

  private executionRole(functionArns: readonly string[], children: readonly Grant[]): Role {
    const grants = {
      Tasks: [{ actions: ['lambda:InvokeFunction'], resources: functionArns }],
      Observe: observation,
      Children: children,
    } satisfies Record<string, readonly Grant[]>;
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: `Runs ${this.name}`,
      inlinePolicies: policiesOf(grants),
    });
    acknowledgeWildcards(role, grants);
    return role;
  }
}

/** What Step Functions needs to deliver logs and traces. */
const observation: readonly Grant[] = [
  // https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
  {
    actions: [
      'logs:CreateLogDelivery',
      'logs:GetLogDelivery',
      'logs:UpdateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:DescribeResourcePolicies',
      'logs:DescribeLogGroups',
    ],
    resources: ['*'],
    because: 'noResourceLevel',
  },
  // https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
  {
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'],
    resources: ['*'],
    because: 'noResourceLevel',
  },
];

/** The file's JSON without its line breaks: half the size, and a template stays below its limit of 1 MB. */
function readDefinition(workflow: WorkflowName): string {
  const file = `step-functions/${workflow}.asl.json`;
  const definition = JSON.parse(readFileSync(join(folder, `${workflow}.asl.json`), 'utf8')) as Record<string, unknown>;
  const missing = ownFields.filter((field) => definition[field] === undefined);
  if (missing.length > 0) throw new WorkflowError(`${file} has no ${missing.join(' and no ')}.`);
  return JSON.stringify(definition);
}
