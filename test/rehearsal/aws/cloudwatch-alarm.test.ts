import { describe, expect, it } from 'vitest';
import { decide, type MetricRule, missingDataTreatments, reasonOf } from '../../../rehearsal/aws/cloudwatch-alarm.ts';

const rule = (datapointsToAlarm: number, treatMissingData: MetricRule['treatMissingData']): MetricRule => ({
  comparison: 'GreaterThanThreshold',
  threshold: 5,
  evaluationPeriods: 3,
  datapointsToAlarm,
  treatMissingData,
  periodSeconds: 60,
});

/** `0` within the threshold, `X` breaching, `-` missing; oldest first, as the documentation draws it. */
const range = (points: string) =>
  points.split(' ').map((point, index) => ({ startsAt: index * 60_000, value: { 0: 1, X: 9 }[point] }));

/** Columns in the documentation's order: missing, ignore, breaching, notBreaching. */
const states = (points: string, datapointsToAlarm: number) =>
  (['missing', 'ignore', 'breaching', 'notBreaching'] as const).map(
    (treatment) => decide(rule(datapointsToAlarm, treatment), range(points)).value ?? 'retain',
  );

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html, both tables.
describe('missing data', () => {
  it.each([
    ['0 - X - X', ['OK', 'OK', 'OK', 'OK']],
    ['0 - - - -', ['OK', 'OK', 'OK', 'OK']],
    ['- - - - -', ['INSUFFICIENT_DATA', 'retain', 'ALARM', 'OK']],
    ['0 X X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['- - - - X', ['INSUFFICIENT_DATA', 'retain', 'ALARM', 'OK']],
    ['X - - - -', ['ALARM', 'retain', 'ALARM', 'OK']],
  ])('3 out of 3, %s', (points, expected) => {
    expect(states(points, 3)).toEqual(expected);
  });

  it.each([
    ['0 - X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 0 X 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 - X - -', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - - 0', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - - X', ['INSUFFICIENT_DATA', 'retain', 'ALARM', 'OK']],
  ])('2 out of 3, %s', (points, expected) => {
    expect(states(points, 2)).toEqual(expected);
  });

  it('plays no part while enough data points are there', () => {
    for (const treatment of missingDataTreatments)
      expect(decide(rule(3, treatment), range('X X X - -')).value).toBe('ALARM');
  });
});

describe('reasons', () => {
  it('tell the values and the minimum, in the words of CloudWatch', () => {
    const evaluation = decide(rule(2, 'missing'), range('0 X X'));
    expect(reasonOf(rule(2, 'missing'), evaluation, 'OK')).toBe(
      'Threshold Crossed: 2 out of the last 3 datapoints [9.0 (01/01/70 00:01:00), 9.0 (01/01/70 00:02:00)] were greater than the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition).',
    );
  });

  it('tell that nothing came', () => {
    const evaluation = decide(rule(3, 'notBreaching'), range('- - - - -'));
    expect(reasonOf(rule(3, 'notBreaching'), evaluation, 'INSUFFICIENT_DATA')).toBe(
      'Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [NotBreaching].',
    );
  });
});
