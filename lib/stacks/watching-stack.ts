import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { type EscalationDelays, escalateAfterMinutesDefault } from '../../domain/escalation.ts';
import { clusterName, type Severity, severities, topicName, watchingAlarmName } from '../../domain/names.ts';
import { ControlPlaneAlarms } from '../constructs/control-plane-alarms.ts';
import { Dashboards, type DashboardsProps } from '../constructs/dashboards.ts';
import { EncryptionKey } from '../constructs/encryption-key.ts';
import { Escalation } from '../constructs/escalation.ts';
import { PlatformAlarms } from '../constructs/platform-alarms.ts';
import { Prometheus, prometheusLogGroup } from '../constructs/prometheus.ts';
import { retentionOf } from '../constructs/retention.ts';
import { SecurityCounts } from '../constructs/security-counts.ts';
import { functionLogGroups } from '../constructs/task-function.ts';
import { Tracing } from '../constructs/tracing.ts';
import type { SeverityTopics } from '../constructs/watching-alarm.ts';
import { workflowLogGroups } from '../constructs/workflow.ts';
import { type Environment, partOf, pascalCase, type Site } from '../environment.ts';
import { controlPlaneRows, securityRows } from '../watching/control-plane-dashboards.ts';
import { type ControlPlane, controlPlaneIn } from '../watching/discovery.ts';
import { applicationRows, businessRows, clusterRows, standbyRows } from '../watching/platform-dashboards.ts';
import { alertingRules } from '../watching/prometheus-rules.ts';
import type { ClusterAccess } from './cluster-stack.ts';
import { PlatformStack } from './platform-stack.ts';

export interface WatchingStackProps {
  readonly cluster: ClusterAccess;
  readonly functions: ReadonlyMap<string, string>;
}

/**
 * Everything that watches one region, from that region alone: the platform's alarms, the control plane's own, who is told and who after
 * them, tracing, dashboards. Define it after every other stack: it watches what it finds.
 */
export class WatchingStack extends PlatformStack {
  private readonly watched: Environment;
  private readonly key: EncryptionKey;

  constructor(scope: Construct, environment: Environment, site: Site, props: WatchingStackProps) {
    const { platform, name } = environment;
    super(scope, {
      environment,
      region: site.place.name,
      part: partOf(site, 'Watching'),
      description: `${platform.title} (${environment.stage}): alarms, notifications, dashboards in ${site.place.name}`,
    });
    this.watched = environment;
    this.key = this.encryptionKey();
    const topics = this.topics();
    const logRetention = retentionOf(platform.cluster.logRetentionDays);
    const escalation = new Escalation(this, 'Escalation', {
      environmentName: name,
      criticalTopicArn: this.topicArn(topicName(name, 'critical')),
      delays: delaysOf(environment),
      functions: props.functions,
      encryptionKey: this.key,
      logRetention,
    });
    const controlPlane = controlPlaneIn(this.node.root, site.place.name);
    new ControlPlaneAlarms(this, 'Alarms', { environmentName: name, topics, controlPlane });
    new PlatformAlarms(this, 'PlatformAlarms', { environment, site, topics });
    new Prometheus(this, 'Prometheus', {
      environmentName: name,
      cluster: props.cluster,
      rules: alertingRules(platform, name),
      topicArns: { ...this.severityArns(), escalation: escalation.topicArn },
      encryptionKey: this.key,
      logRetention,
    });
    new Tracing(this, 'Tracing', {
      environmentName: name,
      samplePercent: platform.tracing.samplePercent,
      services: platform.services.map((service) => service.name),
    });
    new SecurityCounts(this, 'SecurityCounts', {
      environmentName: name,
      logs: { cluster: `/aws/eks/${clusterName(name)}/cluster`, flow: `/mainstay/${name}/network/flow` },
    });
    new Dashboards(this, 'Dashboards', { environmentName: name, rows: dashboardRows(environment, site, controlPlane) });
  }

  private encryptionKey(): EncryptionKey {
    const { name } = this.watched;
    const key = new EncryptionKey(this, 'Key', {
      alias: `mainstay/${name}/watching`,
      description: `Alarms' messages, escalations, the cluster's measurements of ${name}`,
      logGroupNames: [functionLogGroups(name), workflowLogGroups(name), prometheusLogGroup(name)],
    });
    for (const publisher of ['cloudwatch.amazonaws.com', 'events.amazonaws.com', 'aps.amazonaws.com']) {
      key.admitPublisher(publisher);
    }
    return key;
  }

  /** Each region's own, by name: those of the delivery, and in the standby those of its own stack, to be heard when the primary is gone. */
  private topics(): SeverityTopics {
    const { name } = this.watched;
    const entries = severities.map((severity): [Severity, ITopic] => [
      severity,
      Topic.fromTopicArn(this, pascalCase(severity), this.topicArn(topicName(name, severity))),
    ]);
    return Object.fromEntries(entries) as Record<Severity, ITopic>;
  }

  private severityArns(): Readonly<Record<Severity, string>> {
    const entries = severities.map((severity) => [severity, this.topicArn(topicName(this.watched.name, severity))]);
    return Object.fromEntries(entries) as Record<Severity, string>;
  }

  private topicArn(name: string): string {
    return `arn:aws:sns:${this.region}:${this.account}:${name}`;
  }
}

/**
 * What runs on one page and what runs it on another, subject under subject, because a page costs as much as thirty alarms. The standby's stand on one: until
 * it serves, the question is only whether it could.
 */
function dashboardRows(environment: Environment, site: Site, controlPlane: ControlPlane): DashboardsProps['rows'] {
  const watched = { environment, site, account: environment.account };
  const [application, cluster, security] = [applicationRows(watched), clusterRows(watched), securityRows(watched)];
  const plane = controlPlaneRows(watched, controlPlane);
  if (site.role === 'standby') {
    return { standby: [standbyRows(watched), application, cluster, security, plane].flat() };
  }
  return { platform: [businessRows(watched), application, cluster, security].flat(), 'control-plane': plane };
}

function delaysOf({ name, platform }: Environment): EscalationDelays {
  const named = platform.alarms.flatMap((alarm): [string, number][] =>
    alarm.escalateAfterMinutes === undefined ? [] : [[watchingAlarmName(name, alarm.name), alarm.escalateAfterMinutes]],
  );
  return { minutes: escalateAfterMinutesDefault, minutesByAlarm: Object.fromEntries(named) };
}
