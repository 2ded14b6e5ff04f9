import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ImageNeed,
  limitedTo,
  planRetention,
  type RetentionRules,
  type StoredImage,
} from '../../domain/image-retention.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 10, 2);
const rules: RetentionRules = {
  stage: 'production',
  tagConvention: '{service}-{environment}-{version}-{commit}',
  retentionDays: 365,
  keepNewest: 2,
};

function image(digest: string, daysOld: number, more: Partial<StoredImage> = {}): StoredImage {
  return { digest, tags: [tag(digest)], pushedAt: now - daysOld * day, children: [], ...more };
}

function tag(digest: string, stage = 'production'): string {
  const commit = [...digest].map((character) => character.charCodeAt(0).toString(16)).join('');
  return `api-${stage}-1.0.0-${commit.padEnd(7, '0').slice(0, 40)}`;
}

function decide(images: readonly StoredImage[], needs: readonly ImageNeed[] = [], given: Partial<RetentionRules> = {}) {
  const { deletions, kept } = planRetention(images, needs, { ...rules, ...given }, now);
  return {
    gone: deletions.map(({ digest }) => digest),
    kept: Object.fromEntries(kept.map(({ digest, reason }) => [digest, reason])),
    deletions,
  };
}

describe('an image', () => {
  const three = [image('a', 500), image('b', 400), image('c', 380), image('d', 366)];

  it('goes after its retention, but for the newest of the stage', () => {
    expect(decide(three).gone).toEqual(['a', 'b']);
    expect(decide(three).kept).toEqual({ c: 'newest', d: 'newest' });
  });

  it('stays to the last day of its retention', () => {
    expect(decide([image('a', 365), ...three], [], { keepNewest: 1 }).kept['a']).toBe('newest');
    expect(decide([image('a', 365), image('b', 1)], [], { keepNewest: 1 }).kept).toEqual({ a: 'young', b: 'newest' });
    expect(decide([image('a', 365.01), image('b', 1)], [], { keepNewest: 1 }).gone).toEqual(['a']);
  });

  it('that was pulled since stays, however long ago it was pushed', () => {
    expect(decide([image('a', 500, { pulledAt: now - 10 * day }), ...three]).kept['a']).toBe('young');
  });

  it.each([
    ['its digest', { digest: 'a', because: 'it runs' }],
    ['its tag', { tag: tag('a'), because: 'a promotion waits for an approval' }],
  ])('that something needs by %s stays, and says who', (_how, need) => {
    const { gone } = decide(three, [need]);
    expect(gone).toEqual(['b']);
    const kept = planRetention(three, [need], rules, now).kept.find(({ digest }) => digest === 'a');
    expect(kept).toMatchObject({ reason: 'needed', because: `needed: ${need.because}` });
  });

  it('of another stage, or with a tag of its own kind, is left to whom it belongs', () => {
    const others = [
      image('s', 900, { tags: [tag('s', 'staging')] }),
      image('l', 900, { tags: ['dev-latest'] }),
      image('m', 900, { tags: [tag('m'), tag('m', 'staging')] }),
    ];
    expect(decide([...others, ...three]).kept).toMatchObject({ s: 'elsewhere', l: 'elsewhere', m: 'elsewhere' });
  });

  it('under a convention without a stage is never taken for this one', () => {
    const byCommit = [image('a', 900, { tags: ['3f9c2ab'] }), image('b', 1, { tags: ['1234567'] })];
    expect(decide(byCommit, [], { tagConvention: '{commit}', keepNewest: 1 }).gone).toEqual([]);
  });

  it('without a tag is left to the lifecycle rule', () => {
    expect(decide([image('u', 900, { tags: [] })]).kept).toEqual({ u: 'untagged' });
  });

  it('explains in numbers why it goes', () => {
    expect(decide(three).deletions[0]?.because).toBe(
      'pushed 500 days ago, never pulled; the stage production keeps 365 days and the 2 newest; nothing runs it or would go back to it',
    );
  });
});

describe('an index', () => {
  const index = image('index', 500, { children: ['arm', 'amd'] });
  const parts = [image('arm', 500, { tags: [] }), image('amd', 500, { tags: [] })];
  const newer = [image('c', 2), image('d', 1)];

  it('goes with its parts, and before them', () => {
    expect(decide([...parts, index, ...newer]).gone).toEqual(['index', 'amd', 'arm']);
  });

  it('stays whole when one of its parts runs', () => {
    const { gone, kept } = decide([...parts, index, ...newer], [{ digest: 'arm', because: 'it runs' }]);
    expect(gone).toEqual([]);
    expect(kept).toMatchObject({ index: 'needed', arm: 'needed', amd: 'needed' });
  });

  it('that stays keeps the parts that it shares with one that goes', () => {
    const other = image('other', 3, { children: ['arm'] });
    const { gone } = decide([...parts, index, other, image('d', 1)]);
    expect(gone).toEqual(['index', 'amd']);
  });

  it('that stays keeps a part that has a tag of its own, however old', () => {
    const tagged = image('arm', 500);
    const young = image('young', 3, { children: ['arm'] });
    const { gone, kept } = decide([tagged, young, image('d', 1), image('e', 0)]);
    expect(gone).toEqual([]);
    expect(kept['arm']).toBe('young');
  });

  it('is not divided by the limit of a run', () => {
    const second = image('second', 400, { children: ['x', 'y'] });
    const more = [image('x', 400, { tags: [] }), image('y', 400, { tags: [] })];
    const { deletions } = decide([...parts, ...more, index, second, ...newer]);
    expect(limitedTo(4, deletions).map(({ digest }) => digest)).toEqual(['index', 'amd', 'arm']);
    expect(limitedTo(6, deletions).map(({ digest }) => digest)).toEqual(['index', 'second', 'amd', 'arm', 'x', 'y']);
  });
});

const digests = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const registries = fc
  .array(
    fc.record({
      daysOld: fc.integer({ min: 0, max: 800 }),
      pulledDaysAgo: fc.option(fc.integer({ min: 0, max: 800 }), { nil: undefined }),
      stages: fc.subarray(['production', 'staging', 'other']),
      children: fc.subarray(digests),
    }),
    { minLength: 1, maxLength: digests.length },
  )
  .map((drawn) =>
    drawn.map((one, number): StoredImage => {
      const digest = digests[number] ?? '';
      return {
        digest,
        tags: one.stages.map((stage) => (stage === 'other' ? `latest-${digest}` : tag(digest, stage))),
        pushedAt: now - one.daysOld * day,
        ...(one.pulledDaysAgo === undefined ? {} : { pulledAt: now - one.pulledDaysAgo * day }),
        // Those after it only, so that nothing holds itself.
        children: one.children.filter((child) => child > digest),
      };
    }),
  );
const drawnNeeds = fc.array(
  fc.oneof(
    fc.constantFrom(...digests).map((digest) => ({ digest, because: 'it runs' })),
    fc.constantFrom(...digests).map((digest) => ({ tag: tag(digest), because: 'it is promoted' })),
  ),
  { maxLength: 4 },
);

describe('whatever a registry holds and whatever is needed', () => {
  const always = (holds: (images: StoredImage[], needs: ImageNeed[], keepNewest: number) => void) =>
    fc.assert(fc.property(registries, drawnNeeds, fc.integer({ min: 1, max: 4 }), holds), { numRuns: 500, seed: 4 });

  it('nothing needed goes, nor a part of it, nor what it is a part of', () => {
    always((images, needs, keepNewest) => {
      const { gone } = decide(images, needs, { keepNewest });
      const byDigest = new Map(images.map((one) => [one.digest, one]));
      for (const one of images) {
        const needed = needs.some((need) => need.digest === one.digest || one.tags.includes(need.tag ?? '-'));
        if (!needed) continue;
        expect(gone).not.toContain(one.digest);
        for (const child of one.children.filter((each) => byDigest.has(each))) expect(gone).not.toContain(child);
        for (const index of images.filter(({ children }) => children.includes(one.digest))) {
          expect(gone).not.toContain(index.digest);
        }
      }
    });
  });

  it('the newest of the stage stay, and nothing goes before its time or of another stage', () => {
    always((images, needs, keepNewest) => {
      const { gone } = decide(images, needs, { keepNewest });
      const ofStage = images
        .filter(({ tags }) => tags.some((each) => each.includes('-production-')))
        .sort((a, b) => b.pushedAt - a.pushedAt || (a.digest < b.digest ? -1 : 1));
      for (const { digest } of ofStage.slice(0, keepNewest)) expect(gone).not.toContain(digest);
      for (const one of images.filter(({ digest, tags }) => gone.includes(digest) && tags.length > 0)) {
        expect(Math.max(one.pushedAt, one.pulledAt ?? 0)).toBeLessThan(now - 365 * day);
        expect(one.tags.filter((each) => !each.includes('-production-'))).toEqual([]);
      }
    });
  });

  it('what goes without a tag is a part of something that goes, and comes after it', () => {
    always((images, needs, keepNewest) => {
      const { deletions, gone } = decide(images, needs, { keepNewest });
      for (const { digest, tags } of deletions.filter((one) => one.tags.length === 0)) {
        const indexes = images.filter(({ children }) => children.includes(digest));
        expect([digest, tags, indexes.length > 0]).toEqual([digest, [], true]);
        for (const index of indexes) expect(gone).toContain(index.digest);
      }
    });
  });

  it('every image is decided about once, with its reason', () => {
    always((images, needs, keepNewest) => {
      const { deletions, kept } = planRetention(images, needs, { ...rules, keepNewest }, now);
      expect([...deletions, ...kept].map(({ digest }) => digest).sort()).toEqual(images.map(({ digest }) => digest));
      expect([...deletions, ...kept].filter(({ because }) => because === '')).toEqual([]);
    });
  });
});
