import type { IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { databaseInstanceName } from '../../domain/databases.ts';
import { clusterName, stateMachineName } from '../../domain/names.ts';
import type { Environment, Site } from '../environment.ts';
import { graph, heading, metric, search } from './widgets.ts';

/** What a dashboard is made from. */
export interface Watched {
  readonly environment: Environment;
  readonly site: Site;
  readonly account: string;
}

type Rows = readonly (readonly IWidget[])[];

/** https://docs.aws.amazon.com/eks/latest/userguide/cloudwatch.html#cloudwatch-basic-metrics */
export function clusterRows({ environment }: Watched): Rows {
  const dimensions = { ClusterName: clusterName(environment.name) };
  const eks = (name: string, statistic = 'Sum', label = name) =>
    metric({ namespace: 'AWS/EKS', name, dimensions, statistic, label });
  const groups = environment.platform.cluster.nodeGroups.map(({ name }) => name);
  const nodes = (name: string, statistic: string) =>
    groups.map((group) =>
      search({ namespace: 'AWS/EC2', dimensions: ['AutoScalingGroupName'], name }, ['eks', group], statistic),
    );
  return [
    [
      heading(
        `# ${environment.name}: cluster\nNodes, scheduler, API server. Disk pressure and CPU of the whole cluster ring from Prometheus.`,
      ),
    ],
    [
      graph('CPU of nodes by group', nodes('CPUUtilization', 'Average'), { unit: '%', annotate: 80 }),
      graph('Nodes that fail their checks', nodes('StatusCheckFailed', 'Maximum')),
      graph('Network of nodes', [...nodes('NetworkIn', 'Sum'), ...nodes('NetworkOut', 'Sum')], { unit: 'bytes' }),
    ],
    [
      graph('Pods that wait for a node', [
        eks('scheduler_pending_pods', 'Sum', 'waiting'),
        eks('scheduler_pending_pods_UNSCHEDULABLE', 'Sum', 'no node fits'),
      ]),
      graph('Requests to the API server', [
        eks('apiserver_request_total', 'Sum', 'all'),
        eks('apiserver_request_total_5XX', 'Sum', '5xx'),
        eks('apiserver_request_total_429', 'Sum', 'throttled'),
      ]),
      graph(
        'API server, p99',
        [
          eks('apiserver_request_duration_seconds_GET_P99', 'Average', 'get'),
          eks('apiserver_request_duration_seconds_PATCH_P99', 'Average', 'patch'),
          eks('apiserver_request_duration_seconds_LIST_P99', 'Average', 'list'),
        ],
        { unit: 'seconds' },
      ),
    ],
  ];
}

const targetGroupDimensions = ['LoadBalancer', 'TargetGroup'];

/** The controller names load balancer and target groups `k8s-<namespace>-…`, so they are searched for. */
function requests(environmentName: string, name: string, statistic: string) {
  return search(
    { namespace: 'AWS/ApplicationELB', dimensions: targetGroupDimensions, name },
    ['k8s', ...environmentName.split('-')],
    statistic,
  );
}

export function applicationRows({ environment }: Watched): Rows {
  const { name, platform } = environment;
  const databases = platform.databases.map((database) => databaseInstanceName(name, database.name));
  const rds = (metricName: string, statistic: string) =>
    databases.map((DBInstanceIdentifier) =>
      metric({
        namespace: 'AWS/RDS',
        name: metricName,
        dimensions: { DBInstanceIdentifier },
        statistic,
        label: DBInstanceIdentifier,
      }),
    );
  return [
    [
      heading(
        `# ${name}: application\nBy target group: both slots of every routed service. Queries to the graph ring from Prometheus.`,
      ),
    ],
    [
      graph('Requests', [requests(name, 'RequestCount', 'Sum')]),
      graph('5xx by target', [
        requests(name, 'HTTPCode_Target_5XX_Count', 'Sum'),
        requests(name, 'TargetConnectionErrorCount', 'Sum'),
      ]),
      graph('p95', [requests(name, 'TargetResponseTime', 'p95')], { unit: 'seconds' }),
    ],
    [
      graph('Targets that serve', [requests(name, 'HealthyHostCount', 'Minimum')]),
      graph('Targets that do not', [requests(name, 'UnHealthyHostCount', 'Maximum')]),
      graph('Connections to databases', rds('DatabaseConnections', 'Maximum')),
    ],
    [
      graph('CPU of databases', rds('CPUUtilization', 'Average'), { unit: '%' }),
      graph('Write latency of databases', rds('WriteLatency', 'Average'), { unit: 'seconds' }),
      graph('Free storage of databases', rds('FreeStorageSpace', 'Minimum'), { unit: 'bytes' }),
    ],
  ];
}

/** What would be lost if the primary were gone now. Measured by the replica, so it is drawn where that stands. */
export function standbyRows({ environment }: Watched): Rows {
  const { name, platform } = environment;
  const replicated = platform.databases.filter(({ replicas }) => replicas.crossRegion);
  return [
    [
      heading(
        `# ${name}: standby\nWhether it could serve now, and from when its data would be. It serves nobody until a failover.`,
      ),
    ],
    [
      graph(
        'Replication lag of databases',
        replicated.map((database) =>
          metric({
            namespace: 'AWS/RDS',
            name: 'ReplicaLag',
            dimensions: { DBInstanceIdentifier: databaseInstanceName(name, database.name) },
            statistic: 'Maximum',
            label: database.name,
          }),
        ),
        { unit: 'seconds' },
      ),
    ],
  ];
}

/** What customers and the release train see: nothing that a platform does not publish yet is drawn as if it did. */
export function businessRows({ environment, site, account }: Watched): Rows {
  const { name } = environment;
  const machine = (workflow: 'canary-promotion' | 'canary-rollback') =>
    `arn:aws:states:${site.place.name}:${account}:stateMachine:${stateMachineName(name, workflow)}`;
  const executions = (
    workflow: 'canary-promotion' | 'canary-rollback',
    metricName: string,
    label: string,
    statistic = 'Sum',
  ) =>
    metric(
      {
        namespace: 'AWS/States',
        name: metricName,
        dimensions: { StateMachineArn: machine(workflow) },
        statistic,
        label,
      },
      60,
    );
  const loadBalancer = (metricName: string, statistic: string) =>
    search(
      { namespace: 'AWS/ApplicationELB', dimensions: ['LoadBalancer'], name: metricName },
      ['k8s', ...name.split('-')],
      statistic,
    );
  const levels = environment.platform.serviceLevels
    .map(({ service, errorRatePercentMax, latency }) => {
      const promised = latency.map(({ percentile, millisecondsMax }) => `p${percentile} ${millisecondsMax} ms`);
      return `${service}: ${[...(errorRatePercentMax === undefined ? [] : [`errors below ${errorRatePercentMax} %`]), ...promised].join(', ')}`;
    })
    .join('; ');
  return [
    [heading(`# ${name}: business\nWhat users get, and how releases reach them. Promised: ${levels}.`)],
    [
      graph('Requests of users', [loadBalancer('RequestCount', 'Sum')]),
      graph('Answers that failed', [
        loadBalancer('HTTPCode_Target_5XX_Count', 'Sum'),
        loadBalancer('HTTPCode_ELB_5XX_Count', 'Sum'),
      ]),
      graph('What users wait, p95', [loadBalancer('TargetResponseTime', 'p95')], { unit: 'seconds' }),
    ],
    [
      graph('Releases an hour', [
        executions('canary-promotion', 'ExecutionsSucceeded', 'promotions that ended by themselves'),
        executions('canary-promotion', 'ExecutionsFailed', 'refused or failed'),
      ]),
      graph('Rollbacks an hour', [executions('canary-rollback', 'ExecutionsStarted', 'started')]),
      graph(
        'From start to end of a promotion',
        [executions('canary-promotion', 'ExecutionTime', 'longest', 'Maximum')],
        { unit: 'milliseconds' },
      ),
    ],
  ];
}
