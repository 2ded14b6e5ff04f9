import { generatedName, type Iam } from '../iam/index.ts';
import type { AssetSource } from './module.ts';
import { type AccountServices, AwsError, type Principal, type ResourceRequest, Unmodelled } from './service.ts';
import { integrationOf } from './states-integrations.ts';
import { compiled, definitionText, type StateMachine, type TaskState, taskStates } from './states-machine.ts';

/**
 * What the role needs before a state machine with logging may be created:
 * https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
 */
const logDeliveryActions = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
];

/** https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html */
export const tracingActions = [
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
];

/** https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html#sync-async-iam-policies */
const managedRuleActions = ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'];

/** The role of a state machine, in the session of one execution. */
export function roleOf(roleArn: string, sessionName: string): Principal {
  return { kind: 'role', roleArn, sessionName: sessionName.slice(0, 64) };
}

/** Makes a state machine of its CloudFormation resource, refusing what Step Functions would refuse then, and what is not modelled. */
export function createStateMachine(
  account: AccountServices,
  iam: Iam,
  assets: AssetSource,
  request: ResourceRequest,
): StateMachine {
  const { properties, region } = request;
  const type = properties['StateMachineType'] === 'EXPRESS' ? 'EXPRESS' : 'STANDARD';
  const name = String(properties['StateMachineName'] ?? generatedName(request, 80));
  const arn = `arn:aws:states:${region}:${account.account}:stateMachine:${name}`;
  const roleArn = String(properties['RoleArn']);
  const definition = definitionText(request, assets);
  const logging = properties['LoggingConfiguration'] as { Level?: string; Destinations?: unknown[] } | undefined;
  const tracing = properties['TracingConfiguration'] as { Enabled?: boolean } | undefined;
  const encryption = properties['EncryptionConfiguration'] as { Type?: string; KmsKeyId?: string } | undefined;
  const machine: StateMachine = {
    arn,
    name,
    region,
    type,
    roleArn,
    definition,
    compiled: compiled(definition, type),
    createdAt: account.kernel.now(),
    logs: logging?.Level !== undefined && logging.Level !== 'OFF',
    traces: tracing?.Enabled === true,
    ...(encryption?.Type === 'CUSTOMER_MANAGED_KMS_KEY' ? { key: String(encryption.KmsKeyId) } : {}),
  };
  iam.assumeByService(roleArn, 'states.amazonaws.com', { 'aws:SourceArn': arn, 'aws:SourceAccount': account.account });
  if (machine.logs) {
    account.authorise(
      roleOf(roleArn, name),
      region,
      logDeliveryActions.map((action) => ({ action, resources: ['*'] })),
    );
    if (logging?.Destinations?.length !== 1) {
      throw new AwsError(
        'InvalidLoggingConfiguration',
        `Logging needs exactly one destination; ${logging?.Destinations?.length ?? 0} came.`,
      );
    }
  }
  for (const state of taskStates(JSON.parse(definition))) checkTask(account, machine, state);
  return machine;
}

function checkTask(account: AccountServices, machine: StateMachine, state: TaskState): void {
  const integration = integrationOf(state.resource);
  const place = `the state '${state.name}' of ${machine.name}`;
  if (!integration)
    throw new Unmodelled(`${place} has the resource ${state.resource}, which the rehearsal does not model`);
  if (!Object.hasOwn(account.service(integration.service).operations, integration.operation)) {
    throw new Unmodelled(
      `${place} calls ${integration.service}:${integration.operation} (${state.resource}), which the rehearsal does not model`,
    );
  }
  if (state.hasCredentials) throw new Unmodelled(`${place} has Credentials; calls under another role are not modelled`);
  const names = typeof state.arguments === 'object' && state.arguments !== null ? Object.keys(state.arguments) : [];
  // https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html: 'parameters are expressed in PascalCase, even if the native service API is in camelCase'
  const wrong = names.filter((name) => !/^[A-Z]/.test(name));
  if (wrong.length > 0 && !state.resource.startsWith('arn:aws:lambda:')) {
    throw new AwsError(
      'InvalidDefinition',
      `${place} gives ${wrong.join(', ')} to ${state.resource}; Step Functions takes members in PascalCase only.`,
    );
  }
  if (integration.pattern !== 'sync' && integration.pattern !== 'sync:2') return;
  const rule = `arn:aws:events:${machine.region}:${account.account}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule`;
  account.authorise(
    roleOf(machine.roleArn, machine.name),
    machine.region,
    managedRuleActions.map((action) => ({ action, resources: [rule] })),
  );
}
