import { describe, expect, it } from 'vitest';
import { failoverDatabase, failoverPlan, failoverService } from '../../../domain/failover-plan.ts';
import { restorePlace } from '../../../domain/failover-settings.ts';
import { tasksOfOtherRegion } from '../../../domain/workflows/region-failback.ts';
import { pascalCase } from '../../../lib/environment.ts';
import { failbackTasks } from '../../../lib/failover/failback-tasks.ts';
import { regionTasks } from '../../../lib/failover/tasks.ts';
import { actionsOf, propertiesWhere, resourcesOf, taskStatements, templates } from '../synthesized.ts';

const all = templates();
const regions = { AeonFailover: 'us-east-1', AeonStandbyFailover: 'us-west-2' } as const;
const stacks = Object.keys(regions) as (keyof typeof regions)[];
const look = 'mainstay-aeon-look-at-readiness';
const ofType = (stack: string, type: string) =>
  Object.values(resourcesOf(all[stack], type)).map(({ Properties }) => Properties);

describe.each(stacks)('%s', (stack) => {
  const parameter = (name: string) =>
    JSON.parse(String(propertiesWhere(all[stack], 'AWS::SSM::Parameter', 'Name', name)['Value']));

  it('says how the platform moves, as its functions read it', () => {
    const plan = failoverPlan.parse(parameter('/mainstay/aeon/failover/plan'));
    expect(plan).toMatchObject({
      regions: { primary: 'us-east-1', standby: 'us-west-2' },
      witness: 'eu-west-1',
      decision: 'person',
      whenUnproven: 'ask',
      recoverySeconds: 900,
      recoveryPointSeconds: 300,
      databaseRecoverySeconds: 120,
      zone: 'aeon.example.com',
      entrance: {
        hostname: 'api.aeon.example.com',
        path: '/ready',
        ways: { 'us-east-1': 'aeon-us-east-1.aeon.example.com', 'us-west-2': 'aeon-us-west-2.aeon.example.com' },
      },
    });
    const database = failoverDatabase.parse(parameter('/mainstay/aeon/failover/databases/aeon-dt'));
    expect(database).toMatchObject({ instance: 'aeon-aeon-dt', backups: { retentionDays: 30, window: '03:00-04:00' } });
    const service = failoverService.parse(parameter('/mainstay/aeon/failover/services/aeon-dt-worker'));
    expect(service).toMatchObject({ order: 1, routed: false, initial: 5, minimum: 2 });
  });

  it('guards and watches each minute, whoever reigns', () => {
    for (const name of ['mainstay-aeon-guard-primary', 'mainstay-aeon-watch-primary']) {
      const rule = propertiesWhere(all[stack], 'AWS::Events::Rule', 'Name', name);
      expect([rule['ScheduleExpression'], rule['State']]).toEqual(['rate(1 minute)', 'ENABLED']);
    }
  });

  it('starts the failover by the alarm over two signals as well', () => {
    const rule = propertiesWhere(all[stack], 'AWS::Events::Rule', 'Name', 'mainstay-aeon-region-lost');
    expect(rule['EventPattern']).toMatchObject({
      detail: { alarmName: ['mainstay-aeon-region-lost'], state: { value: ['ALARM'] } },
    });
    const [target] = rule['Targets'] as { Input: string }[];
    expect(JSON.parse(target?.Input ?? '')).toMatchObject({ platform: 'aeon', startedBy: 'watch' });
    const [alarm] = ofType(stack, 'AWS::CloudWatch::CompositeAlarm');
    expect(JSON.stringify(alarm?.['AlarmRule']).match(/ AND /g)).toHaveLength(3);
  });

  it('lets no function of a failover touch records, roles or buckets', () => {
    const actions = Object.values(resourcesOf(all[stack], 'AWS::Lambda::Function')).flatMap(({ Properties }) => {
      const name = Properties['FunctionName'];
      const template = all[stack];
      // It is no function of a failover: see below.
      if (name === look) return [];
      return typeof name === 'string' && template ? actionsOf(taskStatements(template, name)) : [];
    });
    expect(actions.length).toBeGreaterThan(50);
    expect(actions.filter((action) => /^(route53|iam|s3):/.test(action))).toEqual([]);
  });

  it('looks every morning whether the region could take over, and can change nothing but its report', () => {
    const rule = propertiesWhere(all[stack], 'AWS::Events::Rule', 'Name', look);
    expect([rule['ScheduleExpression'], rule['State']]).toEqual(['cron(15 6 * * ? *)', 'ENABLED']);
    const template = all[stack];
    const changing = (template ? actionsOf(taskStatements(template, look)) : []).filter(
      (action) => !/:(Describe|Get|List|BatchGet|Scan|Simulate)/.test(action),
    );
    // Keys open what is read, and close its notice.
    expect([...new Set(changing)].sort()).toEqual([
      'cloudwatch:PutMetricData',
      'kms:Decrypt',
      'kms:GenerateDataKey',
      'sns:Publish',
      'ssm:PutParameter',
    ]);
    const written = (template ? taskStatements(template, look) : []).filter((statement) =>
      JSON.stringify(statement).includes('ssm:PutParameter'),
    );
    expect(JSON.stringify(written)).toContain('parameter/mainstay/aeon/readiness"');
    const { Variables } = propertiesWhere(all[stack], 'AWS::Lambda::Function', 'FunctionName', look)['Environment'] as {
      Variables: Record<string, unknown>;
    };
    expect(JSON.stringify(Variables['MAINSTAY_READINESS'])).toContain('promote-database');
  });

  /** What roles may do in another region than their own. `of`: by the role's logical id. */
  const reached = (of: (id: string) => boolean): readonly string[] => {
    const roles = Object.entries(resourcesOf(all[stack], 'AWS::IAM::Role')).filter(([id]) => of(id));
    const found = roles.flatMap(([, { Properties }]) =>
      [...JSON.stringify(Properties).matchAll(/arn:aws:([a-z0-9-]+):([a-z]{2}-[a-z]+-\d):\d+:([^"]+)/g)].flatMap(
        ([, service, region, resource]) => (region === regions[stack] ? [] : [`${service} ${resource}`]),
      ),
    );
    return [...new Set(found)].sort();
  };
  const goesBack = (id: string): boolean => failbackTasks.some(({ task }) => id.startsWith(pascalCase(task)));

  it('reaches out of its region for nothing but leases and their keys, while a failover may need it', () => {
    expect(reached((id) => !goesBack(id))).toEqual(['dynamodb table/mainstay-aeon-leases', 'kms key/*']);
  });

  it('asks the other region for its tasks, and the source of its replica, to go back', () => {
    expect(reached(goesBack)).toEqual([
      'dynamodb table/mainstay-aeon-leases',
      'kms key/*',
      ...tasksOfOtherRegion.map((task) => `lambda function:mainstay-aeon-${task}`).toSorted(),
      'rds db:aeon-aeon-dt',
    ]);
  });

  it('lets no task of a failover into the region that is left', () => {
    const left = Object.values(regions).find((region) => region !== regions[stack]);
    for (const { task } of regionTasks) {
      const statements = JSON.stringify(taskStatements(all[stack], `mainstay-aeon-${task}`));
      expect(statements).toContain(regions[stack]);
      expect(statements).not.toContain(String(left));
    }
  });

  it('knows where to restore a database that has no replica', () => {
    const { Variables } = propertiesWhere(
      all[stack],
      'AWS::Lambda::Function',
      'FunctionName',
      'mainstay-aeon-restore-newest-set',
    )['Environment'] as { Variables: Record<string, unknown> };
    const text = JSON.stringify(Variables['MAINSTAY_RESTORE_PLACE']);
    for (const field of Object.keys(restorePlace.shape)) expect(text).toContain(field);
  });
});

describe('AeonWitness', () => {
  it('has one table in a third region, and its key', () => {
    const types = Object.values(resourcesOf(all['AeonWitness'])).map(({ Type }) => Type);
    expect(types.sort()).toEqual(['AWS::DynamoDB::Table', 'AWS::KMS::Alias', 'AWS::KMS::Key']);
    expect(ofType('AeonWitness', 'AWS::DynamoDB::Table')[0]?.['TableName']).toBe('mainstay-aeon-leases');
  });

  it('is not there without a definition of it', () => {
    expect(Object.keys(templates('staging')).filter((name) => /Witness|Failover|Traffic/.test(name))).toEqual([]);
  });
});

describe('AeonTraffic', () => {
  const checks = ofType('AeonTraffic', 'AWS::Route53::HealthCheck').map(
    ({ HealthCheckConfig }) => HealthCheckConfig as Record<string, unknown>,
  );
  const records = ofType('AeonTraffic', 'AWS::Route53::RecordSet');

  it('turns by two alarms, one a region, of which the primary’s counts the other way round', () => {
    const alarms = checks.filter(({ Type }) => Type === 'CLOUDWATCH_METRIC');
    expect(
      alarms.map(({ AlarmIdentifier, Inverted, InsufficientDataHealthStatus }) => [
        (AlarmIdentifier as { Region: string }).Region,
        Inverted,
        InsufficientDataHealthStatus,
      ]),
    ).toEqual([
      ['us-west-2', false, 'LastKnownStatus'],
      ['us-east-1', true, 'LastKnownStatus'],
    ]);
    const [calculated] = checks.filter(({ Type }) => Type === 'CALCULATED');
    expect(calculated).toMatchObject({ HealthThreshold: 1 });
    expect(calculated?.['ChildHealthChecks']).toHaveLength(2);
  });

  it('leads each host by a failover pair that nothing else moves', () => {
    const pair = records.filter(({ Name }) => Name === 'api.aeon.example.com');
    expect(pair.map(({ Failover, HealthCheckId }) => [Failover, HealthCheckId !== undefined])).toEqual([
      ['PRIMARY', true],
      ['SECONDARY', false],
    ]);
    for (const { AliasTarget } of pair) expect(AliasTarget).toMatchObject({ EvaluateTargetHealth: false });
  });

  it('asks each region’s own way in every ten seconds, and says so over DNS', () => {
    const endpoints = checks.filter(({ Type }) => Type === 'HTTPS');
    expect(endpoints.map(({ FullyQualifiedDomainName }) => FullyQualifiedDomainName)).toEqual([
      'aeon-us-east-1.aeon.example.com',
      'aeon-us-west-2.aeon.example.com',
    ]);
    for (const check of endpoints) expect(check).toMatchObject({ RequestInterval: 10, FailureThreshold: 3 });
    const texts = records.filter(({ Type }) => Type === 'TXT').map(({ Name, TTL }) => `${Name} ${TTL}`);
    expect([...new Set(texts)].sort()).toEqual([
      '_mainstay-aeon-serves.aeon.example.com 60',
      '_mainstay-aeon-us-east-1.aeon.example.com 10',
      '_mainstay-aeon-us-west-2.aeon.example.com 10',
    ]);
  });
});
