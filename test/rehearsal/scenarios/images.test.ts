import { describe, expect, it } from 'vitest';
import { namedReviews } from '../../../rehearsal/scenarios/named.ts';
import { reviewed } from './rehearsed.ts';

describe('a review of the images', () => {
  it.each(namedReviews)('under $fault is told where it fails, and mended by a later one', async (scenario) => {
    const { result, log } = await reviewed(scenario);
    expect([...new Set(result.checkers.violated.map(({ checker }) => checker))]).toEqual(scenario.breaks);
    expect(result.runs.failed).toBe(scenario.failed);
    const warned = log.events.filter(
      ({ kind, topic, subject }) =>
        kind === 'notification.sent' &&
        topic === 'mainstay-aeon-warning' &&
        /^aeon: .* images deleted$/.test(String(subject)),
    );
    expect(warned).toHaveLength(scenario.failed);
  });
});
