import { describe, expect, it } from 'vitest';
import { backupMetrics } from '../../../domain/backup-watch.ts';
import { failoverMetrics } from '../../../domain/failover-settings.ts';
import { readinessMetrics } from '../../../domain/readiness.ts';
import { restoreMetrics } from '../../../domain/restores.ts';
import { publishedByAws } from '../known-metrics.ts';
import { resourcesOf, templates } from '../synthesized.ts';

interface Named {
  readonly dashboard: string;
  readonly metric: string;
}

const all = templates();

/** The text of a dashboard, whose intrinsics are regions and names of resources. */
function bodyOf(properties: Readonly<Record<string, unknown>>): { widgets: { properties: Record<string, unknown> }[] } {
  const body = properties['DashboardBody'] as string | { 'Fn::Join': [string, (string | object)[]] };
  const text =
    typeof body === 'string'
      ? body
      : body['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'x')).join('');
  return JSON.parse(text);
}

const dashboards = Object.values(all).flatMap((template) =>
  Object.values(resourcesOf(template, 'AWS::CloudWatch::Dashboard')).map(({ Properties }) => ({
    name: String(Properties['DashboardName']),
    widgets: bodyOf(Properties).widgets.length,
    texts: bodyOf(Properties).widgets.flatMap(
      (widget) => /^# aeon: ([a-z ]+)$/m.exec(String(widget.properties['markdown']))?.[1] ?? [],
    ),
    rows: bodyOf(Properties).widgets.flatMap((widget) => (widget.properties['metrics'] ?? []) as unknown[][]),
  })),
);

/** Every metric that a dashboard draws, by name or by search. */
function drawn(): Named[] {
  return dashboards.flatMap(({ name, rows }) =>
    rows.map((row) => {
      const [first, second] = row;
      if (typeof first === 'string') return { dashboard: name, metric: `${first} ${second}` };
      const { expression } = first as { expression: string };
      const [, namespace, metric] = /^SEARCH\('\{([^,}]+)[^}]*\} MetricName="([^"]+)"/.exec(expression) ?? [];
      return { dashboard: name, metric: namespace ? `${namespace} ${metric}` : expression };
    }),
  );
}

function publishedByUs(): Set<string> {
  const filters = Object.values(all).flatMap((template) =>
    Object.values(resourcesOf(template, 'AWS::Logs::MetricFilter')),
  );
  const made = filters.flatMap(
    ({ Properties }) => Properties['MetricTransformations'] as { MetricNamespace: string; MetricName: string }[],
  );
  return new Set(made.map(({ MetricNamespace, MetricName }) => `${MetricNamespace} ${MetricName}`));
}

describe('dashboards', () => {
  it('are there for the platform, for the control plane and, of both, for the standby', () => {
    expect(dashboards.map(({ name }) => name).sort()).toEqual([
      'mainstay-aeon-control-plane',
      'mainstay-aeon-platform',
      'mainstay-aeon-standby',
    ]);
  });

  it('say under which heading business, application, cluster and security stand', () => {
    const headings = dashboards.map(({ name, texts }) => [name, texts]);
    expect(Object.fromEntries(headings)).toEqual({
      'mainstay-aeon-platform': ['business', 'application', 'cluster', 'security'],
      'mainstay-aeon-control-plane': ['control plane'],
      'mainstay-aeon-standby': ['standby', 'application', 'cluster', 'security', 'control plane'],
    });
  });

  it('of the standby show what those of the primary show, business apart, and the lag, on one page that CloudWatch takes', () => {
    const drawnOn = (pattern: RegExp) =>
      new Set(drawn().flatMap(({ dashboard, metric }) => (pattern.test(dashboard) ? [metric] : [])));
    const there = drawnOn(/^mainstay-aeon-standby$/);
    const here = [...drawnOn(/^mainstay-aeon-(platform|control-plane)$/)].filter((metric) => !there.has(metric));
    // Releases, and how long one takes: nobody releases in the standby.
    expect(here).toEqual([
      'AWS/ApplicationELB HTTPCode_ELB_5XX_Count',
      'AWS/States ExecutionsSucceeded',
      'AWS/States ExecutionTime',
    ]);
    expect(there).toContain('AWS/RDS ReplicaLag');
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
    for (const { name, widgets, rows } of dashboards) {
      expect([name, widgets <= 500, rows.length <= 2_500]).toEqual([name, true, true]);
    }
  });

  it('draw only what somebody publishes', async () => {
    const known = new Set([...(await publishedByAws()), ...publishedByUs()]);
    expect(known.size).toBeGreaterThan(300);
    expect(drawn().length).toBeGreaterThan(60);
    expect(drawn().filter(({ metric }) => !known.has(metric))).toEqual([]);
  });

  it('draw every count that is made from a log', () => {
    const metrics = new Set(drawn().map(({ metric }) => metric));
    expect([...publishedByUs()].filter((metric) => !metrics.has(metric))).toEqual([]);
  });

  it('show every function and workflow of the control plane', () => {
    const [plane] = dashboards.filter(({ name }) => name === 'mainstay-aeon-control-plane');
    const shown = JSON.stringify(plane?.rows);
    for (const template of [all['AeonDelivery'], all['AeonWatching'], all['AeonWorkloads']]) {
      for (const { Properties } of Object.values(resourcesOf(template, 'AWS::Lambda::Function'))) {
        expect(shown).toContain(String(Properties['FunctionName']));
      }
    }
  });
});

/** What functions put themselves, by the names that they put it under. */
function putByFunctions(): string[] {
  const readiness = { namespace: failoverMetrics.namespace, ...readinessMetrics };
  return [backupMetrics, restoreMetrics, failoverMetrics, readiness].flatMap(({ namespace, ...metrics }) =>
    Object.values(metrics).map((metric) => `${namespace} ${metric}`),
  );
}

describe('alarms', () => {
  it('watch only what AWS publishes, or what our functions put', async () => {
    const known = new Set([...(await publishedByAws()), ...putByFunctions()]);
    const watched = Object.values(all).flatMap((template) =>
      Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).flatMap(({ Properties }) => {
        const metrics = (Properties['Metrics'] ?? []) as {
          MetricStat?: { Metric: { Namespace: string; MetricName: string } };
        }[];
        const single = Properties['MetricName'] ? [`${Properties['Namespace']} ${Properties['MetricName']}`] : [];
        return [
          ...single,
          ...metrics.flatMap(({ MetricStat }) =>
            MetricStat ? [`${MetricStat.Metric.Namespace} ${MetricStat.Metric.MetricName}`] : [],
          ),
        ];
      }),
    );
    expect(watched.length).toBeGreaterThan(40);
    expect(watched.filter((metric) => !known.has(metric))).toEqual([]);
  });
});
