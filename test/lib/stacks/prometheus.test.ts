import { describe, expect, it } from 'vitest';
import { anchorsOf, sectionOf, textOf } from '../../docs/markdown.ts';
import { resourcesOf, templates } from '../synthesized.ts';

const all = templates();
const stacks = { primary: all['AeonWatching'], standby: all['AeonStandbyWatching'] };

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly description: string };
}

function only(template: (typeof stacks)['primary'], type: string): Record<string, unknown> {
  const [found] = Object.values(resourcesOf(template, type));
  return found?.Properties ?? {};
}

function rulesOf(template: (typeof stacks)['primary']): Rule[] {
  const data = JSON.parse(String(only(template, 'AWS::APS::RuleGroupsNamespace')['Data']));
  return data.groups.flatMap((group: { rules: Rule[] }) => group.rules);
}

const rules = rulesOf(stacks.primary);
const told = rules.map(({ alert, expr, for: pending, labels }) => [alert, expr, pending, labels.severity]);

describe('the rules', () => {
  it('ring for disk pressure, CPU and slow queries with the figures of the definition', () => {
    expect(told).toContainEqual([
      'aeon-node-disk-pressure',
      'sum(kube_node_status_condition{condition="DiskPressure",status="true"}) > 0',
      '5m',
      'critical',
    ]);
    expect(told).toContainEqual([
      'aeon-cluster-cpu',
      '100 * sum(rate(container_cpu_usage_seconds_total{id="/"}[5m])) / sum(machine_cpu_cores) > 80',
      '10m',
      'warning',
    ]);
    expect(told).toContainEqual([
      'aeon-graph-query',
      '1000 * histogram_quantile(0.95, sum by (le) (rate(graph_query_duration_seconds_bucket{namespace="aeon",service=~"aeon-dt-openspg"}[5m]))) > 2000',
      '5m',
      'warning',
    ]);
  });

  it('tell the second contact of a critical one that stands unsilenced, under the same name', () => {
    expect(told.filter(([, , , severity]) => severity === 'escalation')).toEqual([
      [
        'aeon-node-disk-pressure',
        'sum(kube_node_status_condition{condition="DiskPressure",status="true"}) > 0',
        '20m',
        'escalation',
      ],
    ]);
  });

  it('ring where a series that they ask for is missing, so that none is silent for ever', () => {
    const asked = told.filter(([alert]) => !String(alert).endsWith('-silent')).map(([, expr]) => String(expr));
    const series = told.filter(([alert]) => String(alert).endsWith('-silent')).map(([, expr]) => String(expr));
    expect(series.sort()).toEqual([
      'absent(container_cpu_usage_seconds_total{id="/"})',
      'absent(graph_query_duration_seconds_bucket{namespace="aeon",service=~"aeon-dt-openspg"})',
      'absent(kube_node_status_condition{condition="DiskPressure",status="true"})',
      'absent(machine_cpu_cores)',
    ]);
    for (const selector of series) expect(asked.some((expr) => expr.includes(selector.slice(7, -1)))).toBe(true);
  });

  it('are the same in the standby', () => {
    expect(rulesOf(stacks.standby)).toEqual(rules);
  });

  it('lead to the runbook, which has them in its index', () => {
    const runbook = textOf('docs/runbook.md');
    const anchors = anchorsOf(runbook);
    const index = sectionOf(runbook, 'Index') ?? '';
    for (const { alert, annotations } of rules) {
      const entry = /docs\/runbook\.md#(\S+)$/.exec(annotations.description)?.[1] ?? '';
      expect([alert, anchors.has(entry), index.includes(`](#${entry})`)]).toEqual([alert, true, true]);
    }
  });
});

describe('what is scraped', () => {
  it('is every series that a rule asks for', () => {
    const { ConfigurationBlob } = only(stacks.primary, 'AWS::APS::Scraper')['ScrapeConfiguration'] as Record<
      string,
      string
    >;
    const scraped = Buffer.from(ConfigurationBlob ?? '', 'base64').toString('utf8');
    const series = new Set(rules.flatMap(({ expr }) => expr.match(/[a-z_]+_(condition|total|cores|bucket)\b/g) ?? []));
    expect(series.size).toBe(4);
    for (const name of series) expect([name, scraped.includes(name)]).toEqual([name, true]);
  });
});

describe.each(Object.entries(stacks))('the alert manager of the %s', (role, template) => {
  const region = role === 'primary' ? 'us-east-1' : 'us-west-2';

  it('tells a topic of its own region for every severity that a rule has', () => {
    const { alertmanager_config: text } = JSON.parse(
      String(only(template, 'AWS::APS::Workspace')['AlertManagerDefinition']),
    );
    const { route, receivers } = JSON.parse(text);
    const topics = Object.fromEntries(
      receivers.map(({ name, sns_configs: [sns] }: { name: string; sns_configs: Record<string, unknown>[] }) => [
        name,
        [sns?.['topic_arn'], sns?.['sigv4']],
      ]),
    );
    for (const severity of new Set(rules.map(({ labels }) => labels.severity))) {
      expect(topics[severity]).toEqual([`arn:aws:sns:${region}:111111111111:mainstay-aeon-${severity}`, { region }]);
      expect(route.routes).toContainEqual({ matchers: [`severity="${severity}"`], receiver: severity });
    }
  });
});
