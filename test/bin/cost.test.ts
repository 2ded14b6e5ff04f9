import { describe, expect, it } from 'vitest';
import { costOf, type Measured, type PricedTemplate, runsAMonth } from '../../bin/cli/cost/control-plane.ts';
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

const dollarsOf = (cost: ReturnType<typeof costOf>, what: string) =>
  cost.lines.find((line) => line.what === what)?.dollars;

describe('the cost of the control plane', () => {
  it('counts what costs the same whatever happens', () => {
    const cost = costOfResources(
      {
        Key: { Type: 'AWS::KMS::Key' },
        Other: { Type: 'AWS::KMS::ReplicaKey' },
        Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { ReplicaRegions: [{ Region: 'us-west-2' }] } },
        Plain: { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'Errors' } },
        Math: {
          Type: 'AWS::CloudWatch::Alarm',
          Properties: { Metrics: [{ Expression: 'a/b' }, { MetricStat: {} }, { MetricStat: {} }] },
        },
        Board: { Type: 'AWS::CloudWatch::Dashboard' },
        Filter: { Type: 'AWS::Logs::MetricFilter' },
      },
      20,
    );
    expect(dollarsOf(cost, 'keys')).toBe(2);
    expect(dollarsOf(cost, 'secrets and replicas')).toBe(0.8);
    expect(dollarsOf(cost, 'alarm metrics of the templates')).toBe(0.3);
    expect(dollarsOf(cost, 'alarm metrics that keep-alarms puts')).toBe(2);
    expect(dollarsOf(cost, 'dashboards')).toBe(3);
    expect(dollarsOf(cost, 'custom metrics from logs')).toBe(0.3);
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
        Properties: { ScheduleExpression: 'cron(40 2 * * ? *)', Targets: [{ Arn: 'arn:aws:states:::stateMachine:x' }] },
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
  ])('%s runs %d times a month', (expression, runs) => {
    expect(runsAMonth(expression)).toBeCloseTo(runs, 6);
  });

  it('refuses a schedule that it can’t count, instead of leaving it out', () => {
    expect(() => runsAMonth('cron(0 2 ? * SUN *)')).toThrow("'cron(0 2 ? * SUN *)'");
  });

  it('says which types it does not know', () => {
    const { unclassified } = costOfResources({
      Bucket: { Type: 'AWS::S3::Bucket' },
      Network: { Type: 'AWS::EC2::VPC' },
    });
    expect(unclassified).toEqual(['AWS::S3::Bucket']);
  });

  // Aimed for: $60. The nine dashboards are $27 of it, and AWS gives three of them, and ten alarms, to an account for nothing.
  it('knows every type of the app; workflows and functions stay below $5, and all of it below $70', () => {
    const cost = costOf({
      templates: Object.values(templates()).map((template) => template.toJSON() as PricedTemplate),
      measured,
      keptAlarmMetrics: 20,
      repositories: 4,
    });
    expect(cost.unclassified).toEqual([]);
    expect(cost.totalDollars).toBeGreaterThan(30);
    expect(cost.totalDollars).toBeLessThan(70);
    expect(cost.workflowsAndFunctionsDollars).toBeLessThan(5);
  });
});
