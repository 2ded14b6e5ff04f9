import { describe, expect, it } from 'vitest';
import { evaluate, type MathScope, type TimeSeries } from '../../../rehearsal/aws/cloudwatch-math.ts';
import { parseExpression } from '../../../rehearsal/aws/cloudwatch-math-parser.ts';

type Row = readonly (number | undefined)[];
const none = undefined;

/** Computes over rows of one value a minute, and gives a row again; null where there is no data point. */
function compute(text: string, rows: Readonly<Record<string, Row>>): unknown {
  const grid = [0, 1, 2, 3, 4].map((step) => step * 60_000);
  const series: Record<string, TimeSeries> = {};
  for (const [id, row] of Object.entries(rows)) {
    series[id] = new Map(
      grid.flatMap((time, index) => (row[index] === undefined ? [] : [[time, row[index]] as const])),
    );
  }
  const scope: MathScope = {
    grid,
    series: (id) => series[id] ?? new Map(),
    metrics: (containing = '') =>
      Object.keys(series)
        .filter((id) => id.includes(containing))
        .map((id) => series[id] ?? new Map()),
    periodSeconds: () => 60,
  };
  const value = evaluate(parseExpression(text), scope);
  return value instanceof Map ? grid.map((time) => value.get(time) ?? null) : value;
}

describe('metric math', () => {
  it('treats a missing value as 0 in arithmetic and drops a division by zero', () => {
    const rows = { errors: [5, none, 1, none], requests: [100, 50, none, none] };
    expect(compute('100*errors/requests', rows)).toEqual([5, 0, null, null, null]);
    expect(compute('errors + requests', rows)).toEqual([105, 50, 1, null, null]);
  });

  // The tables of the documentation's section on IF expressions.
  it('computes IF as the documentation tables it', () => {
    const rows = { m1: [1, 1, 0, 0, none], m2: [30, none, 0, 0, 30], m3: [0, 0, 20, none, 20] };
    expect(compute('IF(m1, m2, m3)', rows)).toEqual([30, 0, 20, null, null]);
    expect(compute('IF(m1, 5, m3)', rows)).toEqual([5, 5, 20, null, null]);
    expect(compute('IF(m1, m2, 5)', rows)).toEqual([30, 0, 5, 5, null]);
    expect(compute('IF(m1, m2)', rows)).toEqual([30, 0, null, null, null]);
  });

  it('compares and combines as the documentation tables it', () => {
    const rows = { m1: [30, 20, 0, 0], m2: [20, none, 20, none] };
    expect(compute('(m1 < m2)', rows)).toEqual([0, 0, 1, 0, null]);
    expect(compute('m1 >= 30', rows)).toEqual([1, 0, 0, 0, null]);
    expect(compute('m1 > 15 AND m2 > 15', rows)).toEqual([1, 0, 0, 0, null]);
    expect(compute('m1 > 15 || m2 > 15', rows)).toEqual([1, 1, 1, 0, null]);
  });

  it('computes the error share of a slot, and 0 where requests are too few', () => {
    const rows = { errors: [none, 10, 3, none], requests: [100, 100, 40, none] };
    expect(compute('IF(requests >= 50, 100*errors/requests, 0)', rows)).toEqual([0, 10, 0, null, null]);
  });

  it('adds up the metrics of a call, all or those whose id contains a text', () => {
    const rows = { errors_blue: [1, 2], errors_green: [none, 5], requests: [9, 9] };
    expect(compute('SUM(METRICS("errors"))', rows)).toEqual([1, 7, null, null, null]);
    expect(compute('MAX(METRICS())', rows)).toEqual([9, 9, null, null, null]);
    expect(compute('AVG([errors_blue, errors_green])', rows)).toEqual([0.5, 3.5, null, null, null]);
    expect(compute('requests - MIN(errors_blue)', rows)).toEqual([8, 8, null, null, null]);
  });

  it('fills gaps with a number, with another series or with the last value', () => {
    const rows = { m1: [none, 4, none, 6, none], m2: [1, 1, 1, 1, 1] };
    expect(compute('FILL(m1, 0)', rows)).toEqual([0, 4, 0, 6, 0]);
    expect(compute('FILL(m1, m2)', rows)).toEqual([1, 4, 1, 6, 1]);
    expect(compute('FILL(m1, REPEAT)', rows)).toEqual([null, 4, 4, 6, 6]);
  });

  it('binds tighter what binds tighter', () => {
    expect(compute('1 + 2 * 3 ^ 2', {})).toBe(19);
    expect(compute('(1 + 2) * -3', {})).toBe(-9);
    expect(compute('10 - 4 - 3', {})).toBe(3);
  });

  it.each(['ANOMALY_DETECTION_BAND(m1)', 'SEARCH("a", "Sum")', 'STDDEV(m1)'])(
    'ends the run at %s, which it does not compute',
    (text) => {
      expect(() => parseExpression(text)).toThrow(/is not modelled; modelled are ABS/);
    },
  );

  it.each(['m1 +', '(m1', 'IF(m1)', 'm1 m2', 'm1 ? 2', '[m1, m2'])('refuses %s', (text) => {
    expect(() => parseExpression(text)).toThrow(`Invalid metrics expression '${text}'`);
  });
});
