import { describe, expect, it } from 'vitest';
import { namedFailovers } from '../../../rehearsal/scenarios/failover-named.ts';
import { rehearsed } from './failover-runs.ts';

const withFaults = namedFailovers.filter(({ outage, faults }) => outage === 'region' && faults.length > 0);

describe('a failover under faults', { timeout: 480_000 }, () => {
  it.each(withFaults)('$name: $outcome, and every promise is kept', async (scenario) => {
    const { result } = await rehearsed(scenario);
    expect(result.checkers.violated).toEqual([]);
    expect(result.outcome).toBe(scenario.outcome);
    expect(result.reason).toContain(scenario.because ?? '');
  });
});
