import type { IWidget } from 'aws-cdk-lib/aws-cloudwatch';
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
  const short = (name: string) => name.replace(`mainstay-${environment.name}-`, '');
  const machines = (name: string) =>
    plane.workflows.map((workflow) =>
      metric(
        {
          namespace: 'AWS/States',
          name,
          dimensions: { StateMachineArn: workflow.stateMachineArn },
          label: short(workflow.name),
        },
        5,
      ),
    );
  const functions = (name: string, statistic: string) =>
    plane.functions.map(({ name: functionName }) =>
      metric(
        {
          namespace: 'AWS/Lambda',
          name,
          dimensions: { FunctionName: functionName },
          statistic,
          label: short(functionName),
        },
        5,
      ),
    );
  const rules = plane.schedules.map(({ name }) =>
    metric({ namespace: 'AWS/Events', name: 'Invocations', dimensions: { RuleName: name }, label: short(name) }, 5),
  );
  const queues = plane.deadLetterQueues.map((QueueName) =>
    metric(
      {
        namespace: 'AWS/SQS',
        name: 'ApproximateNumberOfMessagesVisible',
        dimensions: { QueueName },
        statistic: 'Maximum',
        label: short(QueueName),
      },
      5,
    ),
  );
  const topics = [
    ...severities.map((severity) => topicName(environment.name, severity)),
    escalationTopicName(environment.name),
  ].map((TopicName) =>
    metric(
      { namespace: 'AWS/SNS', name: 'NumberOfMessagesPublished', dimensions: { TopicName }, label: short(TopicName) },
      5,
    ),
  );
  return [
    [heading(`# ${environment.name}: control plane\nWorkflows, their functions, what starts them, what they told.`)],
    [
      graph('Executions started', machines('ExecutionsStarted')),
      graph('Executions failed', machines('ExecutionsFailed')),
      graph('Executions timed out', machines('ExecutionsTimedOut')),
    ],
    [
      graph('Errors of functions', functions('Errors', 'Sum')),
      graph('Longest invocation', functions('Duration', 'Maximum'), { unit: 'milliseconds' }),
      graph('Throttled invocations', functions('Throttles', 'Sum')),
    ],
    [graph('Runs of schedules', rules), graph('Undelivered events', queues), graph('Messages told', topics)],
  ];
}
