import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { drawnFrom } from '../../../rehearsal/scenarios/sweep.ts';
import { rehearsed } from './rehearsed.ts';

const service = 'aeon-dt-api';

describe('the same seed', () => {
  it('gives the same log to the byte, faults and all', async () => {
    const request = { service, release: 'errors=5%', faults: ['throttle', 'crash-after-side-effect'], seed: 11 };
    const first = await rehearsed(request);
    const second = await rehearsed(request);
    expect(second.log.toLines()).toBe(first.log.toLines());
    expect(second.result.logSha256).toBe(first.result.logSha256);
    expect(createHash('sha256').update(first.log.toLines()).digest('hex')).toBe(first.result.logSha256);
  });

  it('is not the only log there is', async () => {
    const one = await rehearsed({ service, release: 'errors=5%', faults: [], seed: 1 });
    const two = await rehearsed({ service, release: 'errors=5%', faults: [], seed: 2 });
    expect(two.result.logSha256).not.toBe(one.result.logSha256);
  });

  it('draws the same release and faults in a sweep', () => {
    expect(drawnFrom(17)).toEqual(drawnFrom(17));
    expect(new Set(Array.from({ length: 50 }, (_, seed) => JSON.stringify(drawnFrom(seed)))).size).toBeGreaterThan(30);
  });
});
