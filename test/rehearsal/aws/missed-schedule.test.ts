import { describe, expect, it } from 'vitest';
import type { CloudWatch } from '../../../rehearsal/aws/cloudwatch.ts';
import type { Rehearsal } from '../../../rehearsal/rehearsal.ts';
import { arn, ask, region, role, smallWorld, stateMachine } from './small-world.ts';

const pass = { QueryLanguage: 'JSONata', StartAt: 'A', States: { A: { Type: 'Pass', End: true } } };
const minutes = 60_000;

function scheduled(ScheduleExpression: string, alarm: Record<string, unknown>): Promise<Rehearsal> {
  return smallWorld({
    Role: role('runner', 'states.amazonaws.com', []),
    Work: stateMachine('work', pass),
    Starter: role('starter', 'events.amazonaws.com', [
      { Action: 'states:StartExecution', Resource: arn.stateMachine('work') },
    ]),
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: 'work',
        ScheduleExpression,
        Targets: [{ Id: 'T', Arn: arn.stateMachine('work'), RoleArn: arn.role('starter') }],
      },
    },
    Missed: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: 'work-missed',
        Namespace: 'AWS/Events',
        MetricName: 'Invocations',
        Dimensions: [{ Name: 'RuleName', Value: 'work' }],
        Statistic: 'Sum',
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
        ...alarm,
      },
    },
  });
}

const everyFiveMinutes = {
  Period: 60,
  EvaluationPeriods: 6,
  WarmUpConfiguration: { WarmUpPeriodDurationInMinutes: 15, OnlyStartEvaluatingAfterWarmUpPeriodEnds: true },
};

const stateOf = ({ account }: Rehearsal) =>
  account.service<CloudWatch>('cloudwatch').alarms.get(region, 'work-missed')?.state.value;
const elapse = async ({ kernel }: Rehearsal, milliseconds: number) =>
  kernel.run({ until: kernel.now() + milliseconds });

describe('an alarm on a schedule', () => {
  it('is quiet while the rule invokes its target, and rings when the rule is switched off', async () => {
    const world = await scheduled('rate(5 minutes)', everyFiveMinutes);
    await elapse(world, 10 * minutes);
    expect(stateOf(world)).toBe('INSUFFICIENT_DATA');
    await elapse(world, 10 * minutes);
    expect(stateOf(world)).toBe('OK');
    await ask(world, 'events', 'DisableRule', { Name: 'work' });
    await elapse(world, 10 * minutes);
    expect(stateOf(world)).toBe('ALARM');
  });

  it('without a warm-up rings before the first run', async () => {
    const { WarmUpConfiguration: _, ...cold } = everyFiveMinutes;
    const world = await scheduled('rate(5 minutes)', cold);
    await elapse(world, 2 * minutes);
    expect(stateOf(world)).toBe('ALARM');
  });

  it('over more than a day is evaluated by the hour', async () => {
    const world = await scheduled('rate(1 day)', {
      Period: 3600,
      EvaluationPeriods: 26,
      WarmUpConfiguration: { WarmUpPeriodDurationInMinutes: 1560, OnlyStartEvaluatingAfterWarmUpPeriodEnds: true },
    });
    await elapse(world, 30 * 60 * minutes);
    expect(stateOf(world)).toBe('OK');
    await ask(world, 'events', 'DisableRule', { Name: 'work' });
    await elapse(world, 28 * 60 * minutes);
    expect(stateOf(world)).toBe('ALARM');
  });

  it('that looks back further than CloudWatch allows is refused', async () => {
    await expect(scheduled('rate(1 day)', { Period: 1800, EvaluationPeriods: 52 })).rejects.toThrow(
      '52 periods of 1800 s are longer than 86400 s',
    );
  });

  it('whose warm-up may end early is not modelled', async () => {
    await expect(
      scheduled('rate(5 minutes)', {
        ...everyFiveMinutes,
        WarmUpConfiguration: { WarmUpPeriodDurationInMinutes: 15 },
      }),
    ).rejects.toThrow('may end its warm-up early');
  });
});
