import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnRuleGroupsNamespace, CfnScraper, CfnWorkspace } from 'aws-cdk-lib/aws-aps';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ClusterAccess } from '../stacks/cluster-stack.ts';
import type { AlertingRule, AlertRoute } from '../watching/prometheus-rules.ts';
import { scrapeConfiguration } from '../watching/scrape-configuration.ts';
import type { EncryptionKey } from './encryption-key.ts';

export interface PrometheusProps {
  readonly environmentName: string;
  readonly cluster: ClusterAccess;
  readonly rules: readonly AlertingRule[];
  /** ARN of the topic of each route. */
  readonly topicArns: Readonly<Record<AlertRoute, string>>;
  readonly encryptionKey: EncryptionKey;
  readonly logRetention: RetentionDays;
}

/** Log group of an environment's workspace. */
export function prometheusLogGroup(environmentName: string): string {
  return `/aws/vendedlogs/prometheus/mainstay-${environmentName}`;
}

/** Amazon Managed Service for Prometheus for one cluster: a workspace, a collector without agents, rules, and an alert manager that tells topics. */
export class Prometheus extends Construct {
  constructor(scope: Construct, id: string, props: PrometheusProps) {
    super(scope, id);
    const { environmentName, cluster, encryptionKey } = props;
    const workspace = new CfnWorkspace(this, 'Workspace', {
      alias: `mainstay-${environmentName}`,
      kmsKeyArn: encryptionKey.keyArn,
      alertManagerDefinition: alertManagerDefinition(props, Stack.of(this).region),
      loggingConfiguration: { logGroupArn: this.logGroup(props).logGroupArn },
    });
    // Its measurements of the past are lost with it.
    workspace.applyRemovalPolicy(RemovalPolicy.RETAIN);
    new CfnRuleGroupsNamespace(this, 'Rules', {
      name: `mainstay-${environmentName}`,
      workspace: workspace.attrArn,
      data: JSON.stringify({ groups: [{ name: environmentName, interval: '60s', rules: props.rules }] }),
    });
    new CfnScraper(this, 'Collector', {
      alias: `mainstay-${environmentName}`,
      destination: { ampConfiguration: { workspaceArn: workspace.attrArn } },
      source: {
        eksConfiguration: {
          clusterArn: cluster.arn,
          subnetIds: cluster.vpc.privateSubnets.map(({ subnetId }) => subnetId),
          // The cluster's own: the API server and the nodes take each other's connections in it.
          securityGroupIds: [cluster.nodeSecurityGroupId],
        },
      },
      scrapeConfiguration: {
        configurationBlob: Buffer.from(scrapeConfiguration(environmentName)).toString('base64'),
      },
    });
    new CfnOutput(Stack.of(this), 'PrometheusConsole', {
      value: `https://${Stack.of(this).region}.console.aws.amazon.com/prometheus/home?region=${Stack.of(this).region}#/workspaces/workspace/${workspace.attrWorkspaceId}`,
      description: 'Rules, alerts and silences of the cluster',
    });
    new CfnOutput(Stack.of(this), 'AnswerForAnAlert', {
      value: `awscurl --service aps --region ${Stack.of(this).region} -X POST -H 'Content-Type: application/json' ${workspace.attrPrometheusEndpoint}alertmanager/api/v2/silences -d '{"matchers":[{"name":"alertname","value":"…","isRegex":false}],"startsAt":"…","endsAt":"…","createdBy":"…","comment":"…"}'`,
      description: 'To answer for an alert of the cluster',
    });
  }

  private logGroup({ environmentName, encryptionKey, logRetention }: PrometheusProps): LogGroup {
    return new LogGroup(this, 'Logs', {
      logGroupName: prometheusLogGroup(environmentName),
      encryptionKey,
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}

/** JSON, which is YAML: https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-alertmanager-config.html */
function alertManagerDefinition({ topicArns, environmentName }: PrometheusProps, region: string): string {
  const routes = Object.keys(topicArns) as AlertRoute[];
  const config = {
    route: {
      receiver: 'warning',
      group_by: ['alertname', 'severity'],
      group_wait: '30s',
      group_interval: '5m',
      repeat_interval: '4h',
      routes: routes.map((severity) => ({ matchers: [`severity="${severity}"`], receiver: severity })),
    },
    receivers: routes.map((severity) => ({
      name: severity,
      sns_configs: [
        {
          topic_arn: topicArns[severity],
          sigv4: { region },
          subject: `${environmentName}: {{ .CommonLabels.alertname }} {{ .Status }}`,
          message:
            '{{ range .Alerts }}{{ .Labels.alertname }} {{ .Status }} since {{ .StartsAt }}\n{{ .Annotations.description }}\n{{ end }}',
        },
      ],
    })),
  };
  return JSON.stringify({ alertmanager_config: JSON.stringify(config) });
}
