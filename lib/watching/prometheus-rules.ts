import { escalateAfterMinutesDefault } from '../../domain/escalation.ts';
import { runbookLink, type Severity } from '../../domain/names.ts';
import type { Alarm } from '../../platforms/schema.ts';
import type { StagedPlatform } from '../../platforms/stage.ts';

/** Where an alert goes: to the topic of its severity, or on to the second contact. */
export type AlertRoute = Severity | 'escalation';

/** An alerting rule of Prometheus. https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  /** `5m`. */
  readonly for: string;
  readonly labels: { readonly severity: AlertRoute; readonly environment: string };
  readonly annotations: { readonly description: string };
}

/** What is asked, and the series that it is asked of: without them the alert would be silent for ever. */
interface Question {
  /** PromQL for the value that is compared with the threshold. */
  readonly value: string;
  /** PromQL selectors; each must find something. */
  readonly series: readonly string[];
  readonly sentence: string;
}

/** Longer than a scrape that is missed, or a node that is replaced. */
const silentMinutes = 15;

/** Whether an alarm speaks PromQL: about nodes, containers, or what a service measures itself. */
export function speaksPromQl({ metric }: Alarm): boolean {
  return questionKinds.has(metric.kind);
}

/**
 * The alerting rules of one environment: one for each alarm that speaks PromQL; one that tells the second contact where a critical one stands
 * unsilenced for longer; and one that tells when there is nothing to ask. Throws RangeError for an alarm that does not speak PromQL.
 */
export function alertingRules(platform: StagedPlatform, environment: string): AlertingRule[] {
  return platform.alarms.filter(speaksPromQl).flatMap((alarm) => rulesOf(platform, environment, alarm));
}

function rulesOf(platform: StagedPlatform, environment: string, alarm: Alarm): AlertingRule[] {
  const question = questionOf(platform, environment, alarm);
  const expr = `${question.value} ${alarm.comparison === 'above' ? '>' : '<'} ${alarm.threshold}`;
  const description = `${question.sentence}. ${runbookLink(alarm.name)}`;
  const rule = (
    name: string,
    severity: AlertRoute,
    minutes: number,
    expression: string,
    text: string,
  ): AlertingRule => ({
    alert: `${environment}-${name}`,
    expr: expression,
    for: `${minutes}m`,
    labels: { severity, environment },
    annotations: { description: text },
  });
  const escalateAfter = alarm.escalateAfterMinutes ?? escalateAfterMinutesDefault;
  return [
    rule(alarm.name, alarm.severity, alarm.forMinutes, expr, description),
    // Who silences the alert by its name in the alert manager answers for it: both rules carry the same name.
    ...(alarm.severity === 'critical'
      ? [rule(alarm.name, 'escalation', alarm.forMinutes + escalateAfter, expr, `Nobody answers: ${description}`)]
      : []),
    ...question.series.map((series) =>
      rule(
        `${alarm.name}-silent`,
        'warning',
        silentMinutes,
        `absent(${series})`,
        `Nothing measures ${alarm.name}: no series ${series}. ${runbookLink('alert-silent')}`,
      ),
    ),
  ];
}

const questionKinds: ReadonlySet<string> = new Set([
  'nodes-under-disk-pressure-count',
  'cluster-cpu-percent',
  'graph-query-milliseconds',
  'service-memory-percent',
]);

function questionOf(
  platform: StagedPlatform,
  environment: string,
  { name, metric, threshold, forMinutes }: Alarm,
): Question {
  switch (metric.kind) {
    case 'nodes-under-disk-pressure-count': {
      const series = 'kube_node_status_condition{condition="DiskPressure",status="true"}';
      return {
        value: `sum(${series})`,
        series: [series],
        sentence: `More than ${threshold} nodes under disk pressure for ${forMinutes} minutes`,
      };
    }
    case 'cluster-cpu-percent': {
      // cAdvisor's root cgroup is the node.
      const used = 'container_cpu_usage_seconds_total{id="/"}';
      const cores = 'machine_cpu_cores';
      return {
        value: `100 * sum(rate(${used}[5m])) / sum(${cores})`,
        series: [used, cores],
        sentence: `The cluster's CPU above ${threshold} % for ${forMinutes} minutes`,
      };
    }
    case 'graph-query-milliseconds': {
      const buckets = `graph_query_duration_seconds_bucket{namespace="${environment}",service=~"${usersOf(platform, metric.store).join('|')}"}`;
      return {
        value: `1000 * histogram_quantile(0.95, sum by (le) (rate(${buckets}[5m])))`,
        series: [buckets],
        sentence: `95th percentile of queries to the store ${metric.store} above ${threshold} ms for ${forMinutes} minutes`,
      };
    }
    case 'service-memory-percent': {
      const used = `container_memory_working_set_bytes{namespace="${environment}",container="${metric.service}"}`;
      const limit = `kube_pod_container_resource_limits{namespace="${environment}",container="${metric.service}",resource="memory"}`;
      return {
        value: `100 * max(sum by (pod) (${used}) / sum by (pod) (${limit}))`,
        series: [used, limit],
        sentence: `Memory of ${metric.service} above ${threshold} % of its limit for ${forMinutes} minutes`,
      };
    }
    default:
      throw new RangeError(`The alarm '${name}' watches ${metric.kind}, which no PromQL of ours asks.`);
  }
}

/** Services that query a store, and measure it: `graph_query_duration_seconds`, a histogram, at their metrics port. */
export function usersOf(platform: StagedPlatform, store: string): readonly string[] {
  return platform.services.filter(({ stores }) => stores.includes(store)).map(({ name }) => name);
}
