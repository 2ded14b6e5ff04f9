import { LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { securityCounts, securityNamespace } from '../watching/control-plane-dashboards.ts';

export interface SecurityCountsProps {
  readonly environmentName: string;
  /** Names of the log groups. */
  readonly logs: Readonly<Record<'cluster' | 'flow', string>>;
}

/** Counts what the audit and flow logs say, for the dashboard of security. */
export class SecurityCounts extends Construct {
  constructor(scope: Construct, id: string, { environmentName, logs }: SecurityCountsProps) {
    super(scope, id);
    const groups = {
      cluster: LogGroup.fromLogGroupName(this, 'ClusterLog', logs.cluster),
      flow: LogGroup.fromLogGroupName(this, 'FlowLog', logs.flow),
    };
    for (const [metricName, { log, pattern }] of Object.entries(securityCounts)) {
      new MetricFilter(this, metricName, {
        logGroup: groups[log],
        filterName: metricName,
        filterPattern: { logPatternString: pattern },
        metricNamespace: securityNamespace(environmentName),
        metricName,
        metricValue: '1',
        defaultValue: 0,
      });
    }
  }
}
