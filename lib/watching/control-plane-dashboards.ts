import type { IWidget, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { escalationTopicName, severities, topicName } from '../../domain/names.ts';
import type { ControlPlane } from './discovery.ts';
import type { Watched } from './platform-dashboards.ts';
import { graph, heading, metric, search } from './widgets.ts';

type Rows = readonly (readonly IWidget[])[];

/** Namespace of the counts that metric filters make from logs. */
export function securityNamespace(environmentName: string): string {
  return `Mainstay/${environmentName}`;
}

/** Counts from logs, each with the filter that finds its lines. */
export const securityCounts = {
  /** Refused by Kubernetes' own rules. https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ */
  KubernetesForbidden: { log: 'cluster', pattern: '{ ($.kind = "Event") && ($.responseStatus.code = 403) }' },
  /** Somebody without a name got an answer from the API server, other than its health. */
  KubernetesAnonymous: {
    log: 'cluster',
    pattern:
      '{ ($.kind = "Event") && ($.user.username = "system:anonymous") && ($.responseStatus.code = 200) && ($.requestURI != "/livez*") && ($.requestURI != "/readyz*") && ($.requestURI != "/healthz*") && ($.requestURI != "/version*") }',
  },
  /** A person or role went into a pod. */
  KubernetesExec: { log: 'cluster', pattern: '{ ($.kind = "Event") && ($.objectRef.subresource = "exec") }' },
  /** https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html: the default format. */
  ConnectionsRejected: {
    log: 'flow',
    pattern:
      '[version, account, interface, source, destination, fromPort, toPort, protocol, packets, bytes, start, end, action="REJECT", status]',
  },
} as const;

export function securityRows({ environment }: Watched): Rows {
  const { name } = environment;
  const count = (metricName: keyof typeof securityCounts, label: string) =>
    metric({ namespace: securityNamespace(name), name: metricName, dimensions: {}, label }, 5);
  const loadBalancer = (metricName: string) =>
    search(
      { namespace: 'AWS/ApplicationELB', dimensions: ['LoadBalancer'], name: metricName },
      ['k8s', ...name.split('-')],
      'Sum',
    );
  return [
    [
      heading(
        `# ${name}: security\nCounts from the cluster's audit log and the network's flow log; what the load balancer turned away.`,
      ),
    ],
    [
      graph('Refused by Kubernetes', [count('KubernetesForbidden', 'forbidden')]),
      graph('Answers to nobody', [count('KubernetesAnonymous', 'anonymous')]),
      graph('Sessions in pods', [count('KubernetesExec', 'exec')]),
    ],
    [
      graph('Connections rejected in the network', [count('ConnectionsRejected', 'rejected')]),
      graph('Handshakes that failed', [loadBalancer('ClientTLSNegotiationErrorCount')]),
      graph('Answered 4xx by the load balancer', [loadBalancer('HTTPCode_ELB_4XX_Count')]),
    ],
  ];
}

export function controlPlaneRows({ environment }: Watched, plane: ControlPlane): Rows {
  const name = environment.name;
  return [
    [heading(`# ${name}: control plane\nWorkflows, their functions, what starts them, what they told.`)],
    [
      graph('Executions started', machines(plane, name, 'ExecutionsStarted')),
      graph('Executions failed', machines(plane, name, 'ExecutionsFailed')),
      graph('Executions timed out', machines(plane, name, 'ExecutionsTimedOut')),
    ],
    [
      graph('Errors of functions', functions(plane, name, 'Errors', 'Sum')),
      graph('Longest invocation', functions(plane, name, 'Duration', 'Maximum'), { unit: 'milliseconds' }),
      graph('Throttled invocations', functions(plane, name, 'Throttles', 'Sum')),
    ],
    [
      graph('Runs of schedules', schedules(plane, name)),
      graph('Undelivered events', queues(plane, name)),
      graph('Messages told', topics(name)),
    ],
  ];
}

function short(environmentName: string, name: string): string {
  return name.replace(`mainstay-${environmentName}-`, '');
}

function machines({ workflows }: ControlPlane, environmentName: string, name: string): Metric[] {
  return workflows.map((workflow) => {
    const dimensions = { StateMachineArn: workflow.stateMachineArn };
    return metric({ namespace: 'AWS/States', name, dimensions, label: short(environmentName, workflow.name) }, 5);
  });
}

function functions(plane: ControlPlane, environmentName: string, name: string, statistic: string): Metric[] {
  return plane.functions.map(({ name: FunctionName }) => {
    const label = short(environmentName, FunctionName);
    return metric({ namespace: 'AWS/Lambda', name, dimensions: { FunctionName }, statistic, label }, 5);
  });
}

function schedules(plane: ControlPlane, environmentName: string): Metric[] {
  return plane.schedules.map(({ name: RuleName }) => {
    const label = short(environmentName, RuleName);
    return metric({ namespace: 'AWS/Events', name: 'Invocations', dimensions: { RuleName }, label }, 5);
  });
}

function queues({ deadLetterQueues }: ControlPlane, environmentName: string): Metric[] {
  return deadLetterQueues.map((QueueName) => {
    const name = 'ApproximateNumberOfMessagesVisible';
    const label = short(environmentName, QueueName);
    return metric({ namespace: 'AWS/SQS', name, dimensions: { QueueName }, statistic: 'Maximum', label }, 5);
  });
}

function topics(environmentName: string): Metric[] {
  const bySeverity = severities.map((severity) => topicName(environmentName, severity));
  return [...bySeverity, escalationTopicName(environmentName)].map((TopicName) => {
    const label = short(environmentName, TopicName);
    return metric({ namespace: 'AWS/SNS', name: 'NumberOfMessagesPublished', dimensions: { TopicName }, label }, 5);
  });
}
