import { describe, expect, it } from 'vitest';
import { costOf, type Measured, runsAMonth } from '../../bin/cli/cost/control-plane.ts';
import type { PricedTemplate } from '../../bin/cli/cost/lines.ts';
import { type Price, prices } from '../../bin/cli/cost/prices.ts';
import { shown } from '../../bin/cli/cost/shown.ts';
import { templates } from '../lib/synthesized.ts';

const measured: Measured = {
  promotion: { transitions: 150, judgements: 31, emails: 3 },
  invocations: { 'mainstay-aeon-judge-canary': 31 },
  milliseconds: { 'mainstay-aeon-judge-canary': 200, 'mainstay-aeon-keep-alarms': 500 },
  logBytesPerInvocation: 1_000,
  logBytesPerTransition: 4_000,
};

function costOfResources(Resources: PricedTemplate['Resources'], keptAlarmMetrics = 0) {
  return costOf({ templates: [{ ...(Resources ? { Resources } : {}) }], measured, keptAlarmMetrics, repositories: 4 });
}

const putByFailover = (MetricName: string) => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: { Namespace: 'Mainstay/Failover', MetricName },
});
const check = (HealthCheckConfig: object) => ({ Type: 'AWS::Route53::HealthCheck', Properties: { HealthCheckConfig } });

const dollarsOf = (cost: ReturnType<typeof costOf>, what: string) =>
  cost.lines.find((line) => line.what === what)?.dollars;

describe('the cost of the control plane', () => {
  it('counts what costs the same whatever happens', () => {
    const cost = costOfResources(
      {
        Key: { Type: 'AWS::KMS::Key' },
        Other: { Type: 'AWS::KMS::ReplicaKey' },
        Secret: {
          Type: 'AWS::SecretsManager::Secret',
          Properties: { Name: 'a/heartbeat', ReplicaRegions: [{ Region: 'us-west-2' }] },
        },
        Plain: { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'Errors' } },
        Math: {
          Type: 'AWS::CloudWatch::Alarm',
          Properties: { Metrics: [{ Expression: 'a/b' }, { MetricStat: {} }, { MetricStat: {} }] },
        },
        Board: { Type: 'AWS::CloudWatch::Dashboard' },
        Filter: { Type: 'AWS::Logs::MetricFilter' },
        Put: { Type: 'AWS::CloudWatch::Alarm', Properties: { Namespace: 'Mainstay', MetricName: 'BackupsMissed' } },
        PutHere: putByFailover('Guarded'),
        PutThere: putByFailover('Guarded'),
        Switch: putByFailover('Serves'),
        Check: check({ Type: 'HTTPS', RequestInterval: 10 }),
        Calculated: check({ Type: 'CALCULATED' }),
      },
      20,
    );
    expect(dollarsOf(cost, 'keys')).toBe(2);
    expect(dollarsOf(cost, 'secrets and replicas')).toBe(0.8);
    expect(dollarsOf(cost, 'alarm metrics of the templates')).toBe(0.7);
    expect(dollarsOf(cost, 'alarm metrics that keep-alarms puts')).toBe(2);
    expect(dollarsOf(cost, 'dashboards')).toBe(3);
    expect(dollarsOf(cost, 'custom metrics from logs')).toBe(0.3);
    // One of backups, one that either region puts, the switch, and one without an alarm.
    expect(dollarsOf(cost, 'custom metrics that functions put')).toBe(1.2);
    expect(dollarsOf(cost, 'health checks')).toBe(1);
    expect(dollarsOf(cost, 'features of health checks')).toBe(2);
  });

  it('tells keys and secrets of the platform from its own', () => {
    const key = (name: string) => ({
      [`Key${name}`]: { Type: 'AWS::KMS::Key' },
      [`Alias${name}`]: {
        Type: 'AWS::KMS::Alias',
        Properties: { AliasName: `alias/mainstay/aeon/${name}`, TargetKeyId: { 'Fn::GetAtt': [`Key${name}`, 'Arn'] } },
      },
    });
    const secret = (name: string) => ({
      [name]: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: `m/${name}` } },
    });
    const cost = costOfResources({
      ...key('delivery'),
      ...key('databases'),
      ...key('images'),
      ...secret('manifest'),
      ...secret('master'),
      ...secret('aeon-dt-postgres'),
    });
    expect([dollarsOf(cost, 'keys'), dollarsOf(cost, 'secrets and replicas')]).toEqual([1, 0.4]);
    expect(cost.beside[0]?.hours.map(({ what, quantity }) => [what, quantity])).toEqual([
      ['keys', 2],
      ['secrets and replicas', 2],
    ]);
    expect(cost.later.secondYearDollars - cost.totalDollars).toBeCloseTo(1, 6);
  });

  it('takes off what AWS always gives, once, and no more than is used', () => {
    const alarms = Object.fromEntries(
      Array.from({ length: 14 }, (_, index) => [`A${index}`, { Type: 'AWS::CloudWatch::Alarm', Properties: {} }]),
    );
    const cost = costOfResources({ ...alarms, Filter: { Type: 'AWS::Logs::MetricFilter' } }, 2);
    expect(cost.alwaysFree.lines.map(({ what, quantity, dollars }) => [what, quantity, dollars])).toEqual([
      ['gigabyte-seconds, always free', 93, -0.0012],
      ['invocations, always free', 930, -0.0002],
      ['alarm metrics, always free', 10, -1],
      ['custom metrics, always free', 1, -0.3],
    ]);
    expect(cost.alwaysFree.totalDollars).toBeCloseTo(cost.totalDollars - 1.3, 2);
  });

  it('counts schedules by the month and promotions by their rehearsal', () => {
    const cost = costOfResources({
      Keep: {
        Type: 'AWS::Lambda::Function',
        Properties: { FunctionName: 'mainstay-aeon-keep-alarms', MemorySize: 1024 },
      },
      Rule: {
        Type: 'AWS::Events::Rule',
        Properties: { ScheduleExpression: 'rate(5 minutes)', Targets: [{ Arn: { 'Fn::GetAtt': ['Keep', 'Arn'] } }] },
      },
      Night: {
        Type: 'AWS::Events::Rule',
        Properties: {
          ScheduleExpression: 'cron(40 2 * * ? *)',
          Targets: [{ Arn: 'arn:aws:states:::stateMachine:mainstay-aeon-image-retention' }],
        },
      },
    });
    const quantityOf = (what: string) => cost.lines.find((line) => line.what === what)?.quantity ?? 0;
    // 8,760 runs of keep-alarms, 30 × 31 judgements, 30.4 nights of 2 + 2 × 4.
    expect(quantityOf('invocations')).toBeCloseTo(8_760 + 930 + 304.167, 2);
    // 30 × 150, and 30.4 nights of 3 + 4 × 4.
    expect(quantityOf('state transitions')).toBeCloseTo(4_500 + 577.917, 2);
    // 8,760 × 0.5 s × 1 GB, 930 × 0.2 s × 0.5 GB, 304.2 × 1 s × 0.5 GB.
    expect(quantityOf('gigabyte-seconds')).toBeCloseTo(4_380 + 93 + 152.083, 2);
    expect(cost.workflowsAndFunctionsDollars).toBe(0.19);
  });

  it.each([
    ['rate(1 minute)', 43_800],
    ['rate(5 minutes)', 8_760],
    ['rate(1 hour)', 730],
    ['cron(40 2 * * ? *)', 730 / 24],
    ['cron(0,30 2,14 * * ? *)', (4 * 730) / 24],
    ['cron(5,14 * * * ? *)', 2 * 730],
    ['cron(30 4 ? * MON *)', 730 / 24 / 7],
  ])('%s runs %d times a month', (expression, runs) => {
    expect(runsAMonth(expression)).toBeCloseTo(runs, 6);
  });

  it('refuses a schedule, or what it starts, that it can’t count, instead of leaving it out', () => {
    expect(() => runsAMonth('cron(0 2 1 * ? *)')).toThrow("'cron(0 2 1 * ? *)'");
    const Arn = 'arn:aws:states:::stateMachine:mainstay-aeon-unknown';
    const Properties = { ScheduleExpression: 'rate(1 hour)', Targets: [{ Arn }] };
    expect(() => costOfResources({ Rule: { Type: 'AWS::Events::Rule', Properties } })).toThrow(
      "'mainstay-aeon-unknown'",
    );
  });

  it('says which types it does not know', () => {
    const { unclassified } = costOfResources({
      Graph: { Type: 'AWS::Neptune::DBCluster' },
      Network: { Type: 'AWS::EC2::VPC' },
    });
    expect(unclassified).toEqual(['AWS::Neptune::DBCluster']);
  });

  it('says what keys cost once they have turned: the first two turns of each, and no third', () => {
    const { totalDollars, later } = costOfResources({ One: { Type: 'AWS::KMS::Key' }, Two: { Type: 'AWS::KMS::Key' } });
    expect(later).toEqual({ secondYearDollars: totalDollars + 2, thirdYearDollars: totalDollars + 4 });
  });

  it('tells what the platform’s standing parts cost beside the sum, not in it', () => {
    const nothing = costOfResources({});
    const cost = costOfResources({
      Collector: { Type: 'AWS::APS::Scraper' },
      Gateway: { Type: 'AWS::EC2::NatGateway' },
      Interface: {
        Type: 'AWS::EC2::VPCEndpoint',
        Properties: { VpcEndpointType: 'Interface', SubnetIds: ['a', 'b', 'c'] },
      },
      Free: { Type: 'AWS::EC2::VPCEndpoint', Properties: { VpcEndpointType: 'Gateway' } },
    });
    expect(cost.totalDollars).toBe(nothing.totalDollars);
    expect(
      cost.beside.flatMap(({ hours }) => hours.map(({ what, quantity, dollars }) => [what, quantity, dollars])),
    ).toEqual([
      ['keys', 0, 0],
      ['secrets and replicas', 0, 0],
      ['NAT gateways', 1, 32.85],
      ['interface endpoints, zone by zone', 3, 21.9],
      ['managed collectors', 1, 29.2],
    ]);
  });

  it('knows every type of the app, which is below the $60 aimed for, and workflows and functions below $5', () => {
    const cost = costOf({
      templates: Object.values(templates()).map((template) => template.toJSON() as PricedTemplate),
      measured,
      keptAlarmMetrics: 20,
      repositories: 4,
    });
    expect(cost.unclassified).toEqual([]);
    expect(cost.alwaysFree.totalDollars).toBeLessThan(60);
    expect(cost.alwaysFree.workflowsAndFunctionsDollars).toBeLessThan(5);
    // Where something else uses what AWS gives.
    expect(cost.totalDollars).toBeLessThan(70);
    expect(cost.workflowsAndFunctionsDollars).toBeLessThan(11);
  });
});

describe('prices', () => {
  it.each(Object.entries(prices as Record<string, Price>))(
    '%s has its page, and says how it was read',
    (_name, price) => {
      expect(price.dollars).toBeGreaterThan(0);
      expect(price.source).toMatch(/^https:\/\/aws\.amazon\.com\/.+\/pricing\//);
      if (price.evidence === 'quoted') expect(price.quotedBy).toMatch(/^https:\/\//);
      else expect(price.quotedBy).toBeUndefined();
    },
  );
});

describe('what a person reads', () => {
  const terminal = { out() {}, error() {}, interactive: false, color: false, now: () => 0 };
  const text = (resources: PricedTemplate['Resources']) =>
    shown(costOfResources(resources), { title: 'aeon (production)', measured }, terminal);
  const keys = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`Key${index}`, { Type: 'AWS::KMS::Key' }]));

  it('says whether it is below what is aimed for, and what workflows and functions are of it', () => {
    expect(text(keys(3))).toContain('below the $60 aimed for; workflows and functions are $0.11 of it, below the $5');
    expect(text(keys(70))).toContain('above the $60 aimed for; workflows and functions are $0.11 of it, below the $5');
  });

  it('names the prices that nobody has verified, and whose the collectors are', () => {
    expect(text({}).replaceAll(/\s+/g, ' ')).toContain(
      '6 are unverified (healthCheckFeature, healthCheck, keyRotation, queueRequest, collectorHour, gatewayHour)',
    );
    expect(text({}).replaceAll(/\s+/g, ' ')).toContain('Prometheus: its collectors read the platform’s nodes and pods');
  });

  it('names what it does not know instead of leaving it out in silence', () => {
    expect(text({ Graph: { Type: 'AWS::Neptune::DBCluster' } })).toContain(
      'missing from the sum: AWS::Neptune::DBCluster',
    );
  });

  it('stays within 100 columns', () => {
    for (const line of text(keys(1)).split('\n')) expect(line.length).toBeLessThanOrEqual(102);
  });
});
