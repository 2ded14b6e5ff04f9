import { describe, expect, it } from 'vitest';
import { requireFailoverRequest } from '../../../rehearsal/scenarios/failover.ts';
import type { NamedFailover } from '../../../rehearsal/scenarios/failover-named.ts';
import { FailoverStory } from '../../../rehearsal/scenarios/failover-story.ts';
import { platform, rehearsed, rehearsedAnew } from './failover-runs.ts';

const lost: NamedFailover = { name: 'lost', outage: 'region', approve: 'yes', faults: [], outcome: 'failed-over' };

describe('a platform whose region is lost', { timeout: 240_000 }, () => {
  it('moves within fifteen minutes, keeps what had arrived, and waits for nothing of its own', async () => {
    const { result } = await rehearsed(lost);
    expect(result.checkers.violated).toEqual([]);
    expect(result).toMatchObject({ outcome: 'failed-over', fencing: 'proven', callsToLostRegion: 0 });
    expect(result.rtoSeconds).toBeLessThanOrEqual(900);
    expect(result.rtoSeconds).toBeLessThanOrEqual(1.1 * Number(result.criticalPathSeconds));
    expect(result.rpoSeconds).toBeLessThanOrEqual(2);
    expect(result.acknowledgedWrites).toBeGreaterThan(400);
    const promote = result.steps.find(({ name }) => name === 'promote');
    expect(promote?.seconds).toBeGreaterThan(100);
  });

  it('is told line by line', async () => {
    const { log } = await rehearsed(lost);
    const began = log.events.findIndex(({ kind }) => kind === 'scenario.began');
    const story = new FailoverStory();
    const lines = log.events.slice(began).flatMap((event) => story.tell(event).map(({ text }) => text));
    for (const line of ['⚡ us-east-1 is lost', 'Fence the primary', 'Users are led to us-west-2']) {
      expect(lines).toContain(line);
    }
  });

  it('has the same log for the same seed', async () => {
    const [first, second] = [await rehearsed(lost), await rehearsedAnew(lost)];
    expect(second.log.toLines()).toBe(first.log.toLines());
  });
});

describe('what is asked for', () => {
  it('is refused where there is no such fault', () => {
    expect(() => requireFailoverRequest({ platform, outage: 'region', faults: ['no-such'] })).toThrow(
      /There is no fault 'no-such' for a failover. Known: throttle/,
    );
    expect(requireFailoverRequest({ platform, outage: 'region', faults: [] })).toEqual({
      from: 'us-east-1',
      to: 'us-west-2',
      witness: 'eu-west-1',
    });
  });
});
