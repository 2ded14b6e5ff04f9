import { describe, expect, it } from 'vitest';
import { distributionOf, merge, statistic } from '../../../rehearsal/aws/cloudwatch-distribution.ts';

/** 1, 2, …, 10. */
const ten = distributionOf(Array.from({ length: 10 }, (_each, index) => [index + 1, 1]));
const statisticSet = { count: 10, sum: 55, minimum: 1, maximum: 10 };

describe('statistics', () => {
  it.each([
    ['SampleCount', 10],
    ['Sum', 55],
    ['Average', 5.5],
    ['Minimum', 1],
    ['Maximum', 10],
    ['p50', 5],
    ['p90', 9],
    ['p99.9', 10],
    ['p100', 10],
    ['tm90', 5],
    ['tc90', 9],
    ['ts90', 45],
    ['TM(20%:80%)', 5.5],
    ['IQM', 5.5],
    ['TS(80%:)', 19],
    ['WM(:5)', 4],
    ['wm90', 5.4],
  ])('%s of 1 to 10 is %d', (name, expected) => {
    expect(statistic(name)(ten)).toBeCloseTo(expected, 9);
  });

  it('counts a trimmed range without its lower bound and with its upper bound', () => {
    expect(statistic('TC(3:7)')(ten)).toBe(4);
    expect(statistic('TC(7:)')(ten)).toBe(3);
    expect(statistic('TC(:7)')(ten)).toBe(7);
    expect(statistic('TC(100:)')(ten)).toBe(0);
    expect(statistic('PR(:3)')(ten)).toBe(30);
  });

  it('has no percentile of a statistic set, unless all its values are equal', () => {
    expect(statistic('p50')(statisticSet)).toBeUndefined();
    expect(statistic('TC(3:)')(statisticSet)).toBeUndefined();
    expect(statistic('Average')(statisticSet)).toBe(5.5);
    expect(statistic('p50')({ count: 4, sum: 8, minimum: 2, maximum: 2 })).toBe(2);
  });

  it('weighs values by how often they came when minutes are merged', () => {
    const merged = merge([distributionOf([[0.1, 98]]), distributionOf([[2, 2]])]);
    expect(merged && statistic('p98')(merged)).toBe(0.1);
    expect(merged && statistic('p99')(merged)).toBe(2);
    expect(merged && statistic('TC(1:)')(merged)).toBe(2);
  });

  it.each(['p101', 'q50', 'TM(:)', 'TM(10%:20)', 'PR(10%:20%)', 'sum', 'tm'])('refuses %s', (name) => {
    expect(() => statistic(name)).toThrow(`The statistic '${name}'`);
  });
});
