import { describe, expect, it } from 'vitest';
import { namedFailoverRefusals, namedFailoverSabotage } from '../../../rehearsal/scenarios/failover-named.ts';
import { rehearsed } from './failover-runs.ts';

describe('a failover', { timeout: 480_000 }, () => {
  it.each(namedFailoverRefusals)('is refused: $name', async (scenario) => {
    const { result } = await rehearsed(scenario);
    expect(result.checkers.violated).toEqual([]);
    expect(result.outcome).toBe(scenario.outcome);
    expect([result.reason, ...result.refusals].join(' ')).toContain(scenario.because);
  });

  it.each(namedFailoverSabotage)('whose promise is broken turns a checker red: $name', async (scenario) => {
    const { result, command } = await rehearsed(scenario);
    expect([...new Set(result.checkers.violated.map(({ checker }) => checker))]).toEqual(scenario.breaks);
    expect(command).toContain(`--fault ${scenario.faults[0]} --seed 1`);
  });
});
