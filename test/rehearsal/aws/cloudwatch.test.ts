import { describe, expect, it } from 'vitest';
import type { CloudWatch } from '../../../rehearsal/aws/cloudwatch.ts';
import { distributionOf } from '../../../rehearsal/aws/cloudwatch-distribution.ts';
import type { MetricIdentity } from '../../../rehearsal/aws/cloudwatch-metrics.ts';
import { minute, type ServicesWorld, servicesWorld, startsAt } from './services-world.ts';
import { region } from './small-world.ts';

const dimensions = { LoadBalancer: 'app/shop/1', TargetGroup: 'targetgroup/blue/2' };
const elb = (name: string): MetricIdentity => ({ namespace: 'AWS/ApplicationELB', name, dimensions });
const metricStat = (id: string, name: string, stat: string, Period = 60) => ({
  Id: id,
  ReturnData: false,
  MetricStat: {
    Metric: {
      Namespace: 'AWS/ApplicationELB',
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    Period,
    Stat: stat,
  },
});
const errorAlarm = {
  AlarmName: 'mainstay/shop/web/blue/errors',
  AlarmDescription: 'errors of blue',
  ComparisonOperator: 'GreaterThanThreshold',
  Threshold: 5,
  EvaluationPeriods: 1,
  Metrics: [
    metricStat('requests', 'RequestCount', 'Sum'),
    metricStat('errors', 'HTTPCode_Target_5XX_Count', 'Sum'),
    { Id: 'share', Expression: 'IF(requests >= 50, 100*errors/requests, 0)', Label: 'error share' },
  ],
};

/** What a load balancer publishes about one closed minute, a minute late. */
function publish(world: ServicesWorld, at: number, requests: number, errors: number): void {
  const cloudWatch = world.service<CloudWatch>('cloudwatch');
  const times = { at, visibleAt: at + 2 * minute };
  cloudWatch.putDistribution(
    region,
    elb('RequestCount'),
    { count: requests, sum: requests, minimum: 1, maximum: 1 },
    times,
  );
  if (errors > 0)
    cloudWatch.putDistribution(
      region,
      elb('HTTPCode_Target_5XX_Count'),
      { count: errors, sum: errors, minimum: 1, maximum: 1 },
      times,
    );
}

const stateOf = async (world: ServicesWorld) =>
  (await world.ask('cloudwatch', 'DescribeAlarms', { AlarmNamePrefix: 'mainstay/' }))['MetricAlarms'][0]['StateValue'];

describe('GetMetricData', () => {
  const queryAt = (world: ServicesWorld, queries: unknown[], from = startsAt, to = startsAt + 10 * minute) =>
    world.ask('cloudwatch', 'GetMetricData', {
      MetricDataQueries: queries,
      StartTime: new Date(from),
      EndTime: new Date(to),
      ScanBy: 'TimestampAscending',
    });

  it('shows a load balancer’s minute only from the end of its delay on', async () => {
    const world = await servicesWorld();
    publish(world, startsAt, 100, 7);
    const queries = [{ ...metricStat('requests', 'RequestCount', 'Sum'), ReturnData: true }];
    expect((await queryAt(world, queries))['MetricDataResults'][0]['Values']).toEqual([]);
    await world.wait(2 * minute);
    expect((await queryAt(world, queries))['MetricDataResults'][0]).toMatchObject({
      Id: 'requests',
      Label: 'RequestCount',
      Timestamps: [new Date(startsAt)],
      Values: [100],
      StatusCode: 'Complete',
    });
  });

  it('computes percentiles and trimmed counts over minutes, and expressions beside them', async () => {
    const world = await servicesWorld();
    const cloudWatch = world.service<CloudWatch>('cloudwatch');
    cloudWatch.putDistribution(
      region,
      elb('TargetResponseTime'),
      distributionOf([
        [0.1, 95],
        [1, 5],
      ]),
      { at: startsAt },
    );
    cloudWatch.putDistribution(region, elb('TargetResponseTime'), distributionOf([[0.2, 100]]), {
      at: startsAt + minute,
    });
    const answer = await queryAt(world, [
      { ...metricStat('p95', 'TargetResponseTime', 'p95'), ReturnData: true },
      { ...metricStat('slow', 'TargetResponseTime', 'TC(0.15:)'), ReturnData: true },
      { Id: 'doubled', Expression: 'slow * 2' },
    ]);
    expect(answer['MetricDataResults'].map((result: { Values: unknown }) => result.Values)).toEqual([
      [0.1, 0.2],
      [5, 100],
      [10, 200],
    ]);
    const both = await queryAt(
      world,
      [{ ...metricStat('p99', 'TargetResponseTime', 'p99', 120), ReturnData: true }],
      startsAt,
      startsAt + 2 * minute,
    );
    expect(both['MetricDataResults'][0]['Values']).toEqual([1]);
  });

  it.each([
    ['an id that is not there', [{ Id: 'e1', Expression: 'm1 + 1' }], "the id 'm1' is not in the request"],
    ['an id twice', [metricStat('m1', 'A', 'Sum'), metricStat('m1', 'B', 'Sum')], "'m1' comes twice"],
    ['a period of 90 s', [metricStat('m1', 'A', 'Sum', 90)], 'multiple of 60'],
    ['an unknown statistic', [metricStat('m1', 'A', 'Median')], "The statistic 'Median'"],
  ])('refuses %s', async (_case, queries, message) => {
    const world = await servicesWorld();
    await expect(queryAt(world, queries)).rejects.toThrow(message);
  });

  it('ends the run at a member that is not modelled', async () => {
    const world = await servicesWorld();
    await expect(queryAt(world, [{ ...metricStat('m1', 'A', 'Sum'), AccountId: '222222222222' }])).rejects.toThrow(
      'AccountId, which the rehearsal does not model',
    );
  });
});

describe('alarms', () => {
  it('start without data, go to OK, to ALARM when the share breaches, and back', async () => {
    const world = await servicesWorld();
    await world.ask('cloudwatch', 'PutMetricAlarm', errorAlarm);
    expect(await stateOf(world)).toBe('INSUFFICIENT_DATA');
    publish(world, startsAt, 100, 0);
    publish(world, startsAt + minute, 100, 0);
    publish(world, startsAt + 2 * minute, 100, 6);
    publish(world, startsAt + 3 * minute, 100, 1);
    await world.wait(startsAt + 4 * minute - world.rehearsal.kernel.now());
    expect(await stateOf(world)).toBe('OK');
    await world.wait(startsAt + 5 * minute - world.rehearsal.kernel.now());
    expect(await stateOf(world)).toBe('ALARM');
    await world.wait(startsAt + 6 * minute - world.rehearsal.kernel.now());
    expect(await stateOf(world)).toBe('OK');
    const changes = world.rehearsal.log.events.filter((event) => event.kind === 'alarm.changed');
    expect(changes.map(({ from, to }) => [from, to])).toEqual([
      ['INSUFFICIENT_DATA', 'OK'],
      ['OK', 'ALARM'],
      ['ALARM', 'OK'],
    ]);
    expect(changes[1]?.['reason']).toBe(
      'Threshold Crossed: 1 out of the last 1 datapoints [6.0 (05/01/26 09:02:00)] was greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).',
    );
  });

  it('tell EventBridge in the documented shape', async () => {
    const world = await servicesWorld();
    await world.ask('cloudwatch', 'PutMetricAlarm', errorAlarm);
    publish(world, startsAt, 100, 50);
    await world.wait(4 * minute);
    const [event] = world.published;
    expect(event).toMatchObject({
      source: 'aws.cloudwatch',
      detailType: 'CloudWatch Alarm State Change',
      region,
      resources: ['arn:aws:cloudwatch:us-east-1:111111111111:alarm:mainstay/shop/web/blue/errors'],
      detail: {
        alarmName: 'mainstay/shop/web/blue/errors',
        state: { value: 'ALARM' },
        previousState: { value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation' },
        configuration: {
          description: 'errors of blue',
          metrics: [
            {
              id: 'requests',
              metricStat: {
                metric: { dimensions, name: 'RequestCount', namespace: 'AWS/ApplicationELB' },
                period: 60,
                stat: 'Sum',
              },
              returnData: false,
            },
            { id: 'errors', returnData: false },
            {
              id: 'share',
              expression: 'IF(requests >= 50, 100*errors/requests, 0)',
              label: 'error share',
              returnData: true,
            },
          ],
        },
      },
    });
    const { timestamp, reasonData } = (event?.detail['state'] ?? {}) as { timestamp: string; reasonData: string };
    expect(timestamp).toMatch(/^2026-01-05T09:0\d:\d\d\.\d{3}\+0000$/);
    expect(JSON.parse(reasonData)).toMatchObject({ version: '1.0', period: 60, recentDatapoints: [50], threshold: 5 });
  });

  it('keep their state when they are put again, and evaluate the new rule', async () => {
    const world = await servicesWorld();
    await world.ask('cloudwatch', 'PutMetricAlarm', errorAlarm);
    for (const past of [0, 1, 2, 3]) publish(world, startsAt + past * minute, 100, 50);
    await world.wait(4 * minute);
    await world.ask('cloudwatch', 'PutMetricAlarm', { ...errorAlarm, Threshold: 60 });
    expect(await stateOf(world)).toBe('ALARM');
    await world.wait(minute);
    expect(await stateOf(world)).toBe('OK');
  });

  it('without a single data point answer anew when somebody has set them, when their rule is another, and at the first data', async () => {
    const world = await servicesWorld();
    const quiet = { ...errorAlarm, TreatMissingData: 'notBreaching' };
    await world.ask('cloudwatch', 'PutMetricAlarm', quiet);
    await world.wait(3 * minute);
    expect(await stateOf(world)).toBe('OK');
    await world.ask('cloudwatch', 'SetAlarmState', {
      AlarmName: errorAlarm.AlarmName,
      StateValue: 'ALARM',
      StateReason: 'a drill',
    });
    expect(await stateOf(world)).toBe('ALARM');
    await world.wait(minute);
    expect(await stateOf(world)).toBe('OK');
    await world.ask('cloudwatch', 'PutMetricAlarm', { ...quiet, TreatMissingData: 'breaching' });
    await world.wait(minute);
    expect(await stateOf(world)).toBe('ALARM');
    const now = world.rehearsal.kernel.now();
    for (const back of [3, 2, 1]) publish(world, Math.floor(now / minute - back) * minute, 100, 0);
    await world.wait(3 * minute);
    expect(await stateOf(world)).toBe('OK');
  });

  it('whose metrics are silent are no events of the clock, and are evaluated in their own second again when data comes', async () => {
    const world = await servicesWorld();
    const { kernel, log } = world.rehearsal;
    await world.ask('cloudwatch', 'PutMetricAlarm', { ...errorAlarm, TreatMissingData: 'notBreaching' });
    await world.wait(3 * minute);
    const before = kernel.handled;
    await world.wait(60 * minute);
    expect(kernel.handled - before).toBeLessThan(5);
    const now = kernel.now();
    for (const back of [3, 2, 1]) publish(world, Math.floor(now / minute - back) * minute, 100, 50);
    await world.wait(3 * minute);
    expect(await stateOf(world)).toBe('ALARM');
    const [first, second] = log.events.filter(({ kind }) => kind === 'alarm.changed').map(({ at }) => at % minute);
    expect(second).toBe(first);
  });

  it('are found by prefix, name and state, by pages; deleting an unknown one deletes none', async () => {
    const world = await servicesWorld();
    for (const name of ['a/1', 'a/2', 'b/1'])
      await world.ask('cloudwatch', 'PutMetricAlarm', { ...errorAlarm, AlarmName: name });
    const names = async (input: object) =>
      (await world.ask('cloudwatch', 'DescribeAlarms', input))['MetricAlarms'].map(
        (alarm: { AlarmName: string }) => alarm.AlarmName,
      );
    expect(await names({ AlarmNamePrefix: 'a/' })).toEqual(['a/1', 'a/2']);
    expect(await names({ AlarmNames: ['b/1', 'nobody'] })).toEqual(['b/1']);
    expect(await names({ StateValue: 'ALARM' })).toEqual([]);
    const first = await world.ask('cloudwatch', 'DescribeAlarms', { MaxRecords: 2 });
    expect(first['MetricAlarms']).toHaveLength(2);
    expect(await names({ MaxRecords: 2, NextToken: first['NextToken'] })).toEqual(['b/1']);
    await expect(world.ask('cloudwatch', 'DeleteAlarms', { AlarmNames: ['a/1', 'nobody'] })).rejects.toThrow('nobody');
    await world.ask('cloudwatch', 'DeleteAlarms', { AlarmNames: ['a/1'] });
    expect(await names({})).toEqual(['a/2', 'b/1']);
  });

  it('that watch nothing are told apart from those with data', async () => {
    const world = await servicesWorld();
    await world.ask('cloudwatch', 'PutMetricAlarm', errorAlarm);
    const lost = {
      ...errorAlarm,
      AlarmName: 'lost',
      Metrics: undefined,
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'RequestCount',
      Statistic: 'Sum',
      Period: 60,
      Dimensions: [{ Name: 'TargetGroup', Value: 'targetgroup/gone/9' }],
    };
    await world.ask('cloudwatch', 'PutMetricAlarm', lost);
    publish(world, startsAt + minute, 100, 0);
    const cloudWatch = world.service<CloudWatch>('cloudwatch');
    expect(cloudWatch.alarmsWithoutData(region, startsAt)).toEqual([
      {
        alarm: 'lost',
        metrics: [
          { namespace: 'AWS/ApplicationELB', name: 'RequestCount', dimensions: { TargetGroup: 'targetgroup/gone/9' } },
        ],
      },
    ]);
    expect(cloudWatch.alarmsWithoutData(region, startsAt + 2 * minute).map(({ alarm }) => alarm)).toEqual([
      'lost',
      'mainstay/shop/web/blue/errors',
    ]);
  });

  it.each([
    [
      'no metric to return',
      { Metrics: errorAlarm.Metrics.map((metric) => ({ ...metric, ReturnData: false })) },
      'Exactly one element',
    ],
    ['more data points to alarm than periods', { DatapointsToAlarm: 2 }, 'DatapointsToAlarm must lie between'],
    [
      'an action that is no topic',
      { AlarmActions: ['arn:aws:lambda:us-east-1:111111111111:function:f'] },
      'modelled are SNS topics',
    ],
    ['a metric beside Metrics', { MetricName: 'RequestCount' }, 'cannot stand beside MetricName'],
  ])('are refused with %s', async (_case, change, message) => {
    const world = await servicesWorld();
    await expect(world.ask('cloudwatch', 'PutMetricAlarm', { ...errorAlarm, ...change })).rejects.toThrow(message);
  });
});

describe('alarms of a template', () => {
  const alarm = (name: string, properties: object = {}) => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: name,
      Namespace: 'Shop',
      MetricName: 'Depth',
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      ...properties,
    },
  });
  const topic = { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news' } };
  const policy = (service: string) => ({
    Type: 'AWS::SNS::TopicPolicy',
    Properties: {
      Topics: [{ Ref: 'Topic' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sns:Publish', Resource: '*' }],
      },
    },
  });
  const put = (world: ServicesWorld, value: number) =>
    world.ask('cloudwatch', 'PutMetricData', {
      Namespace: 'Shop',
      MetricData: [{ MetricName: 'Depth', Value: value }],
    });

  it('publish to their topic when its policy admits CloudWatch', async () => {
    const resources = {
      Topic: topic,
      Policy: policy('cloudwatch.amazonaws.com'),
      Alarm: alarm('deep', { AlarmActions: [{ Ref: 'Topic' }] }),
    };
    const world = await servicesWorld({ name: 'Small', resources });
    await put(world, 5);
    await world.wait(2 * minute);
    const sent = world.rehearsal.log.events.find((event) => event.kind === 'notification.sent');
    expect(sent?.['subject']).toBe('ALARM: "deep" in US East (N. Virginia)');
    expect(JSON.parse(String(sent?.['message']))).toMatchObject({
      AlarmName: 'deep',
      NewStateValue: 'ALARM',
      Trigger: { MetricName: 'Depth', Statistic: 'Maximum' },
    });
  });

  it('change without a word where the topic’s policy does not admit CloudWatch', async () => {
    const resources = {
      Topic: topic,
      Policy: policy('events.amazonaws.com'),
      Alarm: alarm('deep', { AlarmActions: [{ Ref: 'Topic' }] }),
    };
    const world = await servicesWorld({ name: 'Small', resources });
    await put(world, 5);
    await world.wait(2 * minute);
    expect(world.rehearsal.log.events.some((event) => event.kind === 'notification.sent')).toBe(false);
    expect(world.rehearsal.log.events.some((event) => event.kind === 'iam.denied')).toBe(true);
    expect(world.service<CloudWatch>('cloudwatch').alarms.failedActions).toMatchObject([{ alarm: 'deep' }]);
  });

  it('are followed by composite alarms', async () => {
    const both = {
      Type: 'AWS::CloudWatch::CompositeAlarm',
      DependsOn: ['A', 'B'],
      Properties: { AlarmName: 'both', AlarmRule: 'ALARM("a") AND NOT OK(b)' },
    };
    const world = await servicesWorld({
      name: 'Small',
      resources: {
        A: alarm('a'),
        B: alarm('b', { MetricName: 'Width', TreatMissingData: 'notBreaching' }),
        Both: both,
      },
    });
    const state = () => world.service<CloudWatch>('cloudwatch').alarms.get(region, 'both')?.state.value;
    await put(world, 5);
    await world.wait(2 * minute);
    expect(state()).toBe('OK');
    await world.ask('cloudwatch', 'SetAlarmState', { AlarmName: 'b', StateValue: 'ALARM', StateReason: 'a test' });
    expect(state()).toBe('ALARM');
  });

  it('end the deployment at a property that is not modelled, and at a dashboard that is no JSON', async () => {
    await expect(
      servicesWorld({ name: 'Small', resources: { A: alarm('a', { ThresholdMetricId: 'band' }) } }),
    ).rejects.toThrow('ThresholdMetricId');
    const dashboard = { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody: '{' } };
    await expect(servicesWorld({ name: 'Small', resources: { Dashboard: dashboard } })).rejects.toThrow('is not JSON');
  });
});
