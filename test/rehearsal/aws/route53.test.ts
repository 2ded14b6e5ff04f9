import { describe, expect, it } from 'vitest';
import { createCloudWatch } from '../../../rehearsal/aws/cloudwatch.ts';
import { createElasticLoadBalancing, type ElasticLoadBalancing } from '../../../rehearsal/aws/elasticloadbalancing.ts';
import { createEvents } from '../../../rehearsal/aws/events.ts';
import type { CreateModule } from '../../../rehearsal/aws/module.ts';
import { createRoute53, type Route53 } from '../../../rehearsal/aws/route53.ts';
import { createRehearsal } from '../../../rehearsal/rehearsal.ts';
import { Traffic } from '../../../rehearsal/traffic/index.ts';
import { smallAssembly } from '../assembly/small-assembly.ts';

const primary = 'us-east-1';
const standby = 'us-west-2';
const second = 1000;
const minute = 60_000;
const startsAt = Date.UTC(2026, 10, 21, 12);

/** Clusters with one route each, without clusters. */
const standInEks: CreateModule = ({ account }) => {
  const traffic = new Traffic({ kernel: account.kernel, log: account.log, metrics: () => ({ putDistribution() {} }) });
  account.regions.watch((region, state) => traffic.setLost(region, state === 'lost'));
  const route = { metadata: { name: 'api' }, spec: { hostnames: ['api.example.com', 'us-east-1.api.example.com'] } };
  const clusters = [primary, standby].map((region) => ({ options: { region }, objects: () => [route] }));
  return { services: [{ id: 'eks', operations: {}, traffic, clusters } as never] };
};

const check = (config: Readonly<Record<string, unknown>>, name?: string) => ({
  Type: 'AWS::Route53::HealthCheck',
  Properties: {
    HealthCheckConfig: config,
    ...(name ? { HealthCheckTags: [{ Key: 'Name', Value: name }] } : {}),
  },
});

const serves = (region: string) => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmName: `serves-${region}`,
    ...{ Namespace: 'Mainstay/Failover', MetricName: 'Serves', Dimensions: [{ Name: 'Region', Value: region }] },
    ...{ Statistic: 'Maximum', Period: 60, EvaluationPeriods: 1, Threshold: 1 },
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  },
});

const follows = (region: string, inverted: boolean) =>
  check({
    Type: 'CLOUDWATCH_METRIC',
    AlarmIdentifier: { Name: `serves-${region}`, Region: region },
    InsufficientDataHealthStatus: 'LastKnownStatus',
    Inverted: inverted,
  });

const record = (properties: Readonly<Record<string, unknown>>) => ({
  Type: 'AWS::Route53::RecordSet',
  Properties: { HostedZoneId: 'Z1', ...properties },
});

const pair = (failover: 'PRIMARY' | 'SECONDARY', content: object, healthCheck?: string) =>
  record({
    ...{ Failover: failover, SetIdentifier: failover.toLowerCase(), ...content },
    ...(healthCheck ? { HealthCheckId: { Ref: healthCheck } } : {}),
  });

const alias = (region: string) => ({
  Name: 'api.example.com.',
  Type: 'A',
  AliasTarget: { HostedZoneId: 'Z2', DNSName: `${region}.api.example.com`, EvaluateTargetHealth: false },
});

const text = (value: string) => ({
  Name: '_mainstay.example.com',
  Type: 'TXT',
  TTL: '10',
  ResourceRecords: [`"${value}"`],
});

const own = (region: string) =>
  record({
    Name: `${region}.api.example.com`,
    Type: 'CNAME',
    TTL: '60',
    ResourceRecords: [`lb-${region}.elb.example.com`],
  });

/** The traffic switch and the public signal, as decision 0025 has them. */
const resources = {
  Public: check(
    { Type: 'HTTPS', FullyQualifiedDomainName: 'us-east-1.api.example.com', RequestInterval: 10, FailureThreshold: 3 },
    'public',
  ),
  A: follows(standby, false),
  B: follows(primary, true),
  Switch: check({ Type: 'CALCULATED', ChildHealthChecks: [{ Ref: 'A' }, { Ref: 'B' }], HealthThreshold: 1 }, 'switch'),
  Primary: pair('PRIMARY', alias(primary), 'Switch'),
  Secondary: pair('SECONDARY', alias(standby)),
  Up: pair('PRIMARY', text('up'), 'Public'),
  Down: pair('SECONDARY', text('down')),
  ...{ OwnPrimary: own(primary), OwnStandby: own(standby), Serves: serves(primary) },
};

async function world(more: Readonly<Record<string, unknown>> = {}) {
  const rehearsal = await createRehearsal({
    assemblyDirectory: smallAssembly([
      { name: 'Standby', region: standby, template: { Resources: { Serves: serves(standby) } } },
      { name: 'Primary', region: primary, template: { Resources: { ...resources, ...more } } },
    ]),
    ...{ seed: 1, startsAt },
    modules: [createCloudWatch, createEvents, createElasticLoadBalancing, standInEks, createRoute53],
  });
  const { account, kernel } = rehearsal;
  const balancing = account.service<ElasticLoadBalancing>('elasticloadbalancing');
  const { traffic } = account.service<never>('eks') as { traffic: Traffic };
  const route53 = account.service<Route53>('route53');
  const targets = [{ pod: 'a', digest: 'sha256:a', state: 'serving' as const }];
  for (const region of [primary, standby]) {
    const made = balancing.createLoadBalancer({
      region,
      vpcId: 'vpc-1',
      name: `lb-${region}`,
      scheme: 'internet-facing',
      tags: {},
    });
    Object.assign(made, { dnsName: `lb-${region}.elb.example.com` });
    const backends = [{ name: 'blue', targetGroup: 'g', weight: 1, targets }];
    traffic.obey({ service: 'api', region, loadBalancer: made.fullName, backends });
  }
  const wait = (milliseconds: number) => kernel.run({ until: kernel.now() + milliseconds });
  await wait(minute);
  return {
    ...{ rehearsal, account, kernel, traffic, route53, wait },
    publish: (region: string, value: number) =>
      account.call({
        ...{ service: 'cloudwatch', operation: 'PutMetricData', region, principal: { kind: 'person', name: 'p' } },
        input: {
          Namespace: 'Mainstay/Failover',
          MetricData: [{ MetricName: 'Serves', Dimensions: [{ Name: 'Region', Value: region }], Value: value }],
        },
      }),
  };
}

const answered = (route53: Route53, type: 'A' | 'TXT', name: string) => route53.records.answer(name, type)?.values;
const entrance = (route53: Route53) => route53.regionOf('api.example.com');

describe('a check of an endpoint', () => {
  it('finds a lost region out after three checks of ten seconds, and its return as fast', async () => {
    const { account, route53, wait } = await world();
    expect(answered(route53, 'TXT', '_mainstay.example.com')).toEqual(['up']);
    account.regions.lose(primary);
    await wait(20 * second);
    expect(answered(route53, 'TXT', '_mainstay.example.com')).toEqual(['up']);
    await wait(15 * second);
    expect(answered(route53, 'TXT', '_mainstay.example.com')).toEqual(['down']);
    account.regions.recover(primary);
    await wait(35 * second);
    expect(answered(route53, 'TXT', '_mainstay.example.com')).toEqual(['up']);
  });

  it('does not fall for a loss that ends before the third check', async () => {
    const { account, rehearsal, wait } = await world();
    account.regions.lose(primary);
    await wait(15 * second);
    account.regions.recover(primary);
    await wait(2 * minute);
    expect(rehearsal.log.events.filter(({ kind }) => kind === 'health.changed')).toEqual([]);
  });

  it('fails where most requests fail, and stays while few do', async () => {
    const { route53, traffic, wait } = await world();
    const end = traffic.startIncident({ errorRate: 0.3 });
    await wait(minute);
    expect(route53.health.named('public')).toBe(true);
    end();
    traffic.startIncident({ errorRate: 0.9 });
    await wait(minute);
    expect(route53.health.named('public')).toBe(false);
  });
});

describe('a check on an alarm', () => {
  it('moves the answer once the standby says that it serves, with the primary lost', async () => {
    const { account, route53, wait, publish, kernel } = await world();
    void publish(standby, 0);
    void publish(primary, 0);
    await wait(2 * minute);
    expect(entrance(route53)).toBe(primary);
    account.regions.lose(primary);
    await wait(5 * minute);
    expect(entrance(route53), 'nothing but the switch moves traffic').toBe(primary);
    void publish(standby, 1);
    const at = kernel.now();
    await kernel.run({ until: at + 90 * second, done: () => entrance(route53) === standby });
    expect(entrance(route53)).toBe(standby);
    expect(kernel.now() - at).toBeLessThanOrEqual(71 * second);
  });

  it('keeps its status without data, and while the region of the alarm is lost', async () => {
    const { account, route53, wait, publish } = await world();
    void publish(primary, 0);
    void publish(standby, 1);
    await wait(2 * minute);
    expect(entrance(route53)).toBe(standby);
    await wait(20 * minute);
    expect(entrance(route53)).toBe(standby);
    account.regions.lose(standby);
    await wait(20 * minute);
    expect(entrance(route53)).toBe(standby);
  });

  it('is flipped back by the other region, whatever the first one said last', async () => {
    const { account, route53, wait, publish } = await world();
    void publish(standby, 1);
    await wait(2 * minute);
    account.regions.lose(standby);
    void publish(primary, 1);
    await wait(2 * minute);
    expect(entrance(route53)).toBe(primary);
  });

  it('takes no notice of a state that somebody set by hand', async () => {
    const { account, route53, wait } = await world();
    const input = { AlarmName: `serves-${standby}`, StateValue: 'ALARM', StateReason: 'test' };
    void account.call({
      ...{ service: 'cloudwatch', operation: 'SetAlarmState', region: standby, input },
      principal: { kind: 'person', name: 'p' },
    });
    await wait(3 * minute);
    expect(entrance(route53)).toBe(primary);
  });
});

describe('a resolver', () => {
  it('answers what it has kept until its time is over, each region for itself', async () => {
    const { account, route53, wait } = await world();
    const ask = (region: string) => route53.resolve(region, '_mainstay.example.com', 'TXT')?.values;
    account.regions.lose(primary);
    while (route53.health.named('public')) {
      ask(standby);
      await wait(second);
    }
    expect(ask(standby)).toEqual(['up']);
    expect(ask('eu-west-1')).toEqual(['down']);
    await wait(11 * second);
    expect(ask(standby)).toEqual(['down']);
  });
});

describe('a request of a function', () => {
  it('enters the load balancer that it names, in the name of a host', async () => {
    const { account, rehearsal, kernel } = await world();
    const ask = async (host: string, name: string) => {
      let status: unknown;
      rehearsal.network
        .request({
          ...{ method: 'GET', host, port: 443, path: '/', body: Buffer.alloc(0), headers: { host: name } },
          source: { functionName: 'f', region: standby },
        })
        .then(
          (answer) => {
            status = answer.status;
          },
          (error: unknown) => {
            status = (error as { code: string }).code;
          },
        );
      await kernel.run({ done: () => status !== undefined });
      return status;
    };
    expect(await ask('lb-us-west-2.elb.example.com', 'api.example.com')).toBe(200);
    expect(await ask('lb-us-west-2.elb.example.com', 'other.example.com')).toBe(404);
    expect(await ask('api.example.com', 'api.example.com')).toBe(200);
    account.regions.lose(primary);
    expect(await ask('api.example.com', 'api.example.com')).toBe('ETIMEDOUT');
  });
});

describe('Route 53 refuses', () => {
  it.each([
    ['a second primary', { Again: pair('PRIMARY', { ...text('up') }, 'Public') }, 'already exists'],
    [
      'a text without quotation marks',
      { Text: record({ Name: 'a.example.com', Type: 'TXT', TTL: '10', ResourceRecords: ['up'] }) },
      'invalid TXT record',
    ],
    ['an alarm that is not there', { C: follows('eu-west-1', false) }, 'does not exist in eu-west-1'],
    ['another type of check', { C: check({ Type: 'RECOVERY_CONTROL' }) }, 'RECOVERY_CONTROL; modelled are'],
    [
      'an alias that asks for its target',
      {
        R: record({
          Name: 'b.example.com',
          Type: 'A',
          AliasTarget: { DNSName: 'x', HostedZoneId: 'Z', EvaluateTargetHealth: true },
        }),
      },
      'EvaluateTargetHealth',
    ],
  ])('%s', async (_what, more, message) => {
    await expect(world(more)).rejects.toThrow(message);
  });
});
