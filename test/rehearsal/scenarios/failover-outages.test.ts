import { describe, expect, it } from 'vitest';
import { type NamedFailover, namedFailovers } from '../../../rehearsal/scenarios/failover-named.ts';
import { rang, rehearsed } from './failover-runs.ts';

const returns = namedFailovers.find(({ afterwards }) => afterwards);
const ofOutages = namedFailovers.filter(({ outage, faults }) => outage !== 'region' || faults.length === 0);

describe('an outage', { timeout: 480_000 }, () => {
  it.each(ofOutages)('$name: $outcome, and every promise is kept', async (scenario) => {
    const { result } = await rehearsed(scenario);
    expect(result.checkers.violated).toEqual([]);
    expect(result.outcome).toBe(scenario.outcome);
    expect(result.reason).toContain(scenario.because ?? '');
    expect(result.staleStaysFenced).toBe(scenario.afterwards ? true : null);
  });
});

describe('when the region that was left returns', { timeout: 480_000 }, () => {
  const stale = 'us-east-1';

  it('one signal says that there is no standby, and none speaks of a replica that lags', async () => {
    const run = await rehearsed(returns as NamedFailover);
    expect(rang(run)).toContain('mainstay-aeon-no-standby');
    const lag = run.log.events.filter(
      (event) => event.kind === 'alarm.changed' && event['alarm'] === 'mainstay-aeon-replication-lag',
    );
    expect(lag.at(-1)?.['to']).not.toBe('ALARM');
  });

  it('the second start by the alarm wakes nobody, and is seen', async () => {
    const run = await rehearsed(returns as NamedFailover);
    expect(rang(run)).not.toContain('mainstay-aeon-region-failover-failed');
    expect(run.result.refusals).toEqual([expect.stringContaining('FailoverAlreadyRunning')]);
  });

  it('it calls nobody again and again for rotations that it does not look after any more', async () => {
    const { log } = await rehearsed(returns as NamedFailover);
    const told = log.events.filter((event) => event.kind === 'notification.sent' && event.region === stale);
    const calls = told.filter((event) => String(event['subject']).includes('needs-a-person'));
    // One look may come before it has heard, with its first renewal, that another region reigns. Each quarter of an hour it was before.
    expect(calls.length).toBeLessThanOrEqual(1);
  });
});
