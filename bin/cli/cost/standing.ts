import { failoverMetrics } from '../../../domain/failover-settings.ts';
import { assumptions } from './assumptions.ts';
import { controlPlaneSecrets, type FixedHours, platformKeys } from './classes.ts';
import { type CostLine, hoursAMonth, line, listOf, type PricedTemplate, resourcesOf } from './lines.ts';

type Resource = ReturnType<typeof resourcesOf>[number];

/** What costs the same whatever happens. */
export function standing(templates: readonly PricedTemplate[], keptAlarmMetrics: number): CostLine[] {
  const all = templates.flatMap(resourcesOf);
  const count = (type: string) => all.filter(({ Type }) => Type === type).length;
  const alarmMetrics = all
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .reduce((sum, { Properties }) => sum + metricsOf(Properties?.['Metrics']), 0);
  return [
    line('KMS', 'keys', controlPlaneKeys(templates), 'key'),
    line('Secrets Manager', 'secrets and replicas', secretsOf(all.filter(isControlPlanes)), 'secret'),
    line('CloudWatch', 'alarm metrics of the templates', alarmMetrics, 'alarmMetric'),
    line('CloudWatch', 'alarm metrics that keep-alarms puts', keptAlarmMetrics, 'alarmMetric'),
    line('CloudWatch', 'dashboards', count('AWS::CloudWatch::Dashboard'), 'dashboard'),
    line('CloudWatch', 'custom metrics from logs', count('AWS::Logs::MetricFilter'), 'customMetric'),
    line('CloudWatch', 'custom metrics that functions put', metricsPut(templates), 'customMetric'),
    line('Route 53', 'health checks', count('AWS::Route53::HealthCheck'), 'healthCheck'),
    line('Route 53', 'features of health checks', featuresOf(all), 'healthCheckFeature'),
  ];
}

export function controlPlaneKeys(templates: readonly PricedTemplate[]): number {
  return keysOf(templates).filter(({ alias }) => !isPlatforms(alias)).length;
}

/** Keys and secrets of the platform, which are not the control plane's. */
export function keysAndSecretsBeside(templates: readonly PricedTemplate[]) {
  const secrets = templates.flatMap(resourcesOf).filter((each) => !isControlPlanes(each));
  return {
    name: 'Keys and secrets',
    types: [],
    because:
      'of images, flow logs, clusters, volumes, databases and of who logs in to them: they would stand without a control plane. Rotation of the keys comes on top',
    hours: [
      line('KMS', 'keys', keysOf(templates).filter(({ alias }) => isPlatforms(alias)).length, 'key'),
      line('Secrets Manager', 'secrets and replicas', secretsOf(secrets), 'secret'),
    ],
  };
}

export function hoursLine(
  name: string,
  { what, type, price, units }: FixedHours,
  templates: readonly PricedTemplate[],
): CostLine {
  const quantity = templates
    .flatMap(resourcesOf)
    .filter(({ Type }) => Type === type)
    .reduce((sum, { Properties = {} }) => sum + (units?.(Properties) ?? 1), 0);
  return line(name, what, quantity, price, quantity * hoursAMonth);
}

/** With the alias that leads to it, where one does. */
function keysOf(templates: readonly PricedTemplate[]): { readonly alias: string }[] {
  return templates.flatMap(({ Resources = {} }) =>
    Object.entries(Resources)
      .filter(([, { Type }]) => Type === 'AWS::KMS::Key' || Type === 'AWS::KMS::ReplicaKey')
      .map(([logicalId]) => {
        const alias = Object.values(Resources).find(
          ({ Type, Properties }) =>
            Type === 'AWS::KMS::Alias' && JSON.stringify(Properties?.['TargetKeyId']).includes(`"${logicalId}"`),
        );
        return { alias: String(alias?.Properties?.['AliasName'] ?? '') };
      }),
  );
}

function isPlatforms(alias: string): boolean {
  return platformKeys.includes(lastPart(alias));
}

function isControlPlanes({ Properties }: Resource): boolean {
  return controlPlaneSecrets.includes(lastPart(String(Properties?.['Name'] ?? '')));
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function secretsOf(resources: readonly Resource[]): number {
  return resources
    .filter(({ Type }) => Type === 'AWS::SecretsManager::Secret')
    .reduce((sum, { Properties }) => sum + 1 + listOf(Properties?.['ReplicaRegions']).length, 0);
}

/** An alarm on one metric is one; on an expression, as many as it reads. */
function metricsOf(metrics: unknown): number {
  return Math.max(1, listOf(metrics).filter((metric) => (metric as { MetricStat?: unknown }).MetricStat).length);
}

/** Those of our own namespaces that alarms watch, and the few that none does. They are paid by the hours in which they are put: each is taken for put in each. */
function metricsPut(templates: readonly PricedTemplate[]): number {
  const watched = templates.flatMap(resourcesOf).filter(({ Type, Properties }) => {
    return Type === 'AWS::CloudWatch::Alarm' && /^Mainstay/.test(String(Properties?.['Namespace']));
  });
  const put = watched.reduce((sum, { Properties }) => sum + (isOfOneRegion(Properties) ? 0.5 : 1), 0);
  return put === 0 ? 0 : put + assumptions.metricsPutWithoutAlarm;
}

/** The guard's are put where the region reigns and the watch's where it stands by, and each has its alarm in both; only the switch is written in both. */
function isOfOneRegion(alarm: Resource['Properties']): boolean {
  return alarm?.['Namespace'] === failoverMetrics.namespace && alarm['MetricName'] !== failoverMetrics.serves;
}

function featuresOf(resources: readonly Resource[]): number {
  return resources
    .filter(({ Type }) => Type === 'AWS::Route53::HealthCheck')
    .map(({ Properties }) => (Properties?.['HealthCheckConfig'] ?? {}) as Record<string, unknown>)
    .reduce((sum, { Type, RequestInterval }) => {
      return sum + (String(Type).startsWith('HTTPS') ? 1 : 0) + (RequestInterval === 10 ? 1 : 0);
    }, 0);
}
