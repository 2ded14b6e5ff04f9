import { describe, expect, it } from 'vitest';
import { serviceAlarms } from '../../../domain/service-alarms.ts';
import { keeperOf } from '../../../lib/constructs/platform-alarms.ts';
import { environmentOf } from '../../../lib/environment.ts';
import { NotYetDeployable } from '../../../lib/platform-app.ts';
import { aeon } from '../../../platforms/aeon.ts';
import { deliveryOf } from '../../../platforms/delivery.ts';
import { actionsOf, propertiesWhere, type Resource, resourcesOf, taskStatements, templates } from '../synthesized.ts';

const all = templates();
const watching = all['AeonWatching'];
const standby = all['AeonStandbyWatching'];
const regions = { 'us-east-1': watching, 'us-west-2': standby };

const alarms = (template = watching): Record<string, unknown>[] =>
  Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
const names = (template = watching) => alarms(template).map(({ AlarmName }) => String(AlarmName));

/** Resources of a type in every stack but the CDK's own, by region. */
function everywhere(type: string, region: string): Resource['Properties'][] {
  const inRegion = (stack: string): boolean =>
    region === 'us-west-2' ? stack.startsWith('AeonStandby') : !/Standby|Replica/.test(stack);
  return Object.entries(all)
    .filter(([stack]) => inRegion(stack))
    .flatMap(([, template]) => Object.values(resourcesOf(template, type)).map(({ Properties }) => Properties));
}

/** These run too seldom for five errors in five minutes, and have alarms of their own. */
const heardWhenItStandsStill = /-(follow-releases|watch-rotations|watch-backups|follow-secrets)$/;

/** Functions that a state machine can't do without: no failure of theirs is caught and forgotten. */
function tasksThatFailIt(machine: Resource['Properties']): string[] {
  const ignored = new Set<string>();
  JSON.parse(String(machine['DefinitionString']), (_key, value) => {
    const caught: { Next: string; Assign?: object }[] = value?.Catch ?? [];
    if (caught.some(({ Next, Assign }) => Next === value.Next && !/errorOutput/.test(JSON.stringify(Assign ?? {})))) {
      for (const [, task] of JSON.stringify(value).matchAll(/"FunctionName":"([^"]+)"/g)) ignored.add(task ?? '');
    }
    return value;
  });
  return Object.entries(machine['DefinitionSubstitutions'] as Record<string, string>)
    .filter(([placeholder]) => !ignored.has(`\${${placeholder}}`))
    .map(([, arn]) => arn.split(':').at(-1) ?? '');
}

describe.each(Object.entries(regions))('the control plane in %s', (region, template) => {
  it('rings when any of its workflows fails or takes too long', () => {
    const machines = everywhere('AWS::StepFunctions::StateMachine', region).map((one) =>
      String(one['StateMachineName']),
    );
    expect(machines.length).toBeGreaterThan(0);
    const expected = machines.flatMap((name) => [`${name}-failed`, `${name}-timed-out`]);
    expect(names(template)).toEqual(expect.arrayContaining(expected));
  });

  it('rings when a function fails again and again, unless a workflow that fails with it rings', () => {
    const functions = everywhere('AWS::Lambda::Function', region)
      .map((one) => String(one['FunctionName']))
      .filter((name) => name.startsWith('mainstay-'));
    const machines = everywhere('AWS::StepFunctions::StateMachine', region);
    const rules = everywhere('AWS::Events::Rule', region).map(({ Name }) => Name);
    const heard = (name: string) => {
      const users = machines.filter((one) => JSON.stringify(one['DefinitionSubstitutions']).includes(`:${name}"`));
      return users.length > 0 && users.every((one) => tasksThatFailIt(one).includes(name)) && !rules.includes(name);
    };
    const silent = functions.filter((name) => !heard(name) && !heardWhenItStandsStill.test(name));
    expect(silent.length).toBeGreaterThan(5);
    expect(names(template)).toEqual(expect.arrayContaining(silent.map((name) => `${name}-errors`)));
    for (const name of ['guard-primary', 'watch-primary', 'release-work', 'tell-failover', 'sweep-restore-tests']) {
      expect(names(template)).toContain(`mainstay-aeon-${name}-errors`);
    }
    for (const name of ['fence-primary', 'verify-copy', 'watch-backups', 'watch-firing']) {
      expect(names(template)).not.toContain(`mainstay-aeon-${name}-errors`);
    }
  });

  it('rings when any of its schedules is missed, silence being a miss, and not before its first run', () => {
    const schedules = everywhere('AWS::Events::Rule', region).filter((rule) => rule['ScheduleExpression']);
    for (const { Name, ScheduleExpression } of schedules) {
      const alarm = propertiesWhere(template, 'AWS::CloudWatch::Alarm', 'AlarmName', `${Name}-missed`);
      expect([ScheduleExpression, alarm]).toMatchObject([
        ScheduleExpression,
        {
          Namespace: 'AWS/Events',
          MetricName: 'Invocations',
          Dimensions: [{ Name: 'RuleName', Value: Name }],
          TreatMissingData: 'breaching',
          ComparisonOperator: 'LessThanThreshold',
          Threshold: 1,
          WarmUpConfiguration: { OnlyStartEvaluatingAfterWarmUpPeriodEnds: true },
        },
      ]);
    }
    if (region === 'us-east-1') expect(schedules.length).toBeGreaterThan(1);
  });

  it('has no schedule that no alarm could see', () => {
    expect(everywhere('AWS::Scheduler::Schedule', region)).toEqual([]);
  });

  it('rings when an event reaches nobody', () => {
    const queues = everywhere('AWS::SQS::Queue', region).map((queue) => String(queue['QueueName']));
    expect(names(template)).toEqual(expect.arrayContaining(queues));
  });

  it('tells topics of its own region, each by its severity', () => {
    for (const { AlarmName, AlarmActions } of alarms(template)) {
      const [action] = AlarmActions as (string | { Ref: string })[];
      const told = typeof action === 'string' ? action : action?.Ref;
      expect([AlarmName, told]).toEqual([
        AlarmName,
        expect.stringMatching(
          new RegExp(`^arn:aws:sns:${region}:111111111111:mainstay-aeon-(critical|warning|information)$`),
        ),
      ]);
    }
  });

  it('starts nothing that rolls a service back', () => {
    expect(names(template).filter((name) => !name.startsWith('mainstay-aeon-'))).toEqual([]);
  });
});

describe('the alarms of the definition', () => {
  const environment = environmentOf(aeon, 'production', '111111111111');

  it('are each kept by somebody', () => {
    expect(aeon.alarms.map((alarm) => [alarm.name, keeperOf(environment, alarm)])).toEqual([
      ['node-disk-pressure', 'prometheus'],
      ['cluster-cpu', 'prometheus'],
      ['api-errors', 'keep-alarms'],
      ['api-latency', 'keep-alarms'],
      ['graph-query', 'prometheus'],
      ['replication-lag', 'cloudwatch'],
    ]);
  });

  it('on a service have the figures that keep-alarms puts', () => {
    const kept = serviceAlarms(deliveryOf(aeon, 'production', 'aeon-dt-api'), {
      loadBalancer: 'app/a/1',
      targetGroups: { blue: 'b', green: 'g' },
    });
    const figures = kept.map(({ name, threshold, minutes, severity }) => [name, threshold, minutes, severity]);
    expect(figures).toContainEqual(['mainstay/aeon/aeon-dt-api/all/errors', 5, 5, 'critical']);
    expect(figures).toContainEqual(['mainstay/aeon/aeon-dt-api/all/latency', 500, 10, 'warning']);
  });

  it('that would be kept with other figures, or by nobody, are refused', () => {
    const [first] = aeon.alarms.filter(({ name }) => name === 'api-errors');
    if (!first) throw new Error('api-errors');
    expect(() => keeperOf(environment, { ...first, threshold: 3 })).toThrow(NotYetDeployable);
    expect(() =>
      keeperOf(environment, { ...first, metric: { ...first.metric, service: 'aeon-dt-worker' } as never }),
    ).toThrow(NotYetDeployable);
    expect(() => keeperOf(environment, { ...first, metric: { kind: 'cache-hit-percent', store: 'search' } })).toThrow(
      "alarms[2].metric.kind: the alarm 'api-errors' watches cache-hit-percent, which no stack watches yet. Take it out.",
    );
  });

  it('on replication lag stand where the replica stands; a replica that says nothing, or replicates no more, breaches', () => {
    expect(names()).not.toContain('mainstay-aeon-replication-lag');
    expect(
      propertiesWhere(standby, 'AWS::CloudWatch::Alarm', 'AlarmName', 'mainstay-aeon-replication-lag'),
    ).toMatchObject({
      Threshold: 5,
      EvaluationPeriods: 2,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'breaching',
      Metrics: expect.arrayContaining([
        expect.objectContaining({ Expression: 'IF(lag < 0, 86400, lag) - 86400 * alone' }),
        expect.objectContaining({
          MetricStat: expect.objectContaining({
            Metric: {
              Namespace: 'AWS/RDS',
              MetricName: 'ReplicaLag',
              Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'aeon-aeon-dt' }],
            },
          }),
        }),
      ]),
    });
  });
});

describe('a critical alarm that nobody answers for', () => {
  it('starts an escalation, of the alarms of this environment alone', () => {
    watching?.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.cloudwatch'],
        detail: {
          alarmName: [{ prefix: 'mainstay-aeon-' }, { wildcard: 'mainstay/aeon/*/all/errors' }],
          state: { value: ['ALARM'] },
        },
      },
    });
  });

  it.each([
    ['watch-firing', ['cloudwatch:DescribeAlarms', 'cloudwatch:ListTagsForResource', 'cloudwatch:UntagResource']],
    [
      'escalate-alarm',
      [
        'cloudwatch:DescribeAlarms',
        'cloudwatch:ListTagsForResource',
        'kms:Decrypt',
        'kms:GenerateDataKey',
        'sns:Publish',
      ],
    ],
  ])('%s may do exactly what its task does, in either region', (task, actions) => {
    for (const template of Object.values(regions)) {
      expect(actionsOf(taskStatements(template, `mainstay-aeon-${task}`))).toEqual(actions);
    }
  });

  it('loses no tag but the answer', () => {
    const untag = taskStatements(watching, 'mainstay-aeon-watch-firing').find(
      ({ Action }) => Action === 'cloudwatch:UntagResource',
    );
    expect(untag?.Condition).toEqual({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['mainstay:acknowledged-by'] } });
  });
});

describe('tracing', () => {
  it('samples 10 % of the control plane and of every service', () => {
    const rules = Object.values(resourcesOf(watching, 'AWS::XRay::SamplingRule')).map(
      ({ Properties }) => Properties['SamplingRule'] as Record<string, unknown>,
    );
    expect(rules.map(({ ServiceName, FixedRate }) => [ServiceName, FixedRate])).toEqual([
      ['mainstay-aeon-*', 0.1],
      ['aeon-dt-api', 0.1],
      ['aeon-dt-worker', 0.1],
      ['aeon-dt-openspg', 0.1],
    ]);
    for (const { RuleName } of rules) expect(String(RuleName).length).toBeLessThanOrEqual(32);
  });
});

describe('logs', () => {
  it('of every group have a retention and a key of ours', () => {
    for (const [stack, template] of Object.entries(all)) {
      for (const [id, { Properties }] of Object.entries(resourcesOf(template, 'AWS::Logs::LogGroup'))) {
        expect([stack, id, Properties]).toMatchObject([
          stack,
          id,
          { RetentionInDays: expect.any(Number), KmsKeyId: expect.anything() },
        ]);
      }
    }
  });

  it('of every function of ours have their group', () => {
    const groups = new Set(
      Object.values(all).flatMap((template) =>
        Object.values(resourcesOf(template, 'AWS::Logs::LogGroup')).map(({ Properties }) => Properties['LogGroupName']),
      ),
    );
    const functions = Object.values(all).flatMap((template) =>
      Object.values(resourcesOf(template, 'AWS::Lambda::Function')).map(({ Properties }) =>
        String(Properties['FunctionName']),
      ),
    );
    const ours = functions.filter((name) => name.startsWith('mainstay-'));
    expect(ours.filter((name) => !groups.has(`/aws/lambda/${name}`))).toEqual([]);
  });
});

describe('a stage without a standby', () => {
  it('is watched in its own region and has no alarm on a replica', () => {
    const staging = templates('staging');
    expect(Object.keys(staging).filter((name) => name.endsWith('Watching'))).toEqual(['AeonStagingWatching']);
    expect(names(staging['AeonStagingWatching']).some((name) => name.endsWith('replication-lag'))).toBe(false);
  });
});
