import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Manifest,
  type Observed,
  planCoverage,
  readingLimits,
  samplingSeed,
  segmentCount,
  type TableContent,
} from '../../domain/manifest.ts';
import { compareManifest } from '../../domain/manifest-comparison.ts';

/** Rows as `[id, value]`; a hash good enough to tell them apart. */
type Rows = ReadonlyMap<number, number>;
function contentOf(rows: Rows): TableContent {
  const segments = Array.from({ length: segmentCount }, () => ({ rows: 0, sum: 0n }));
  for (const [id, value] of rows) {
    const hash = BigInt.asUintN(64, (BigInt(id) * 1_000_003n + BigInt(value) + 7n) * 0x9e3779b97f4a7c15n);
    const segment = segments[Number(hash >> 60n)];
    if (segment) {
      segment.rows++;
      segment.sum += hash;
    }
  }
  return {
    coverage: { kind: 'full' },
    bytes: 8192,
    segments: segments.map(({ rows: count, sum }) => ({ rows: count, sum: `${sum}` })),
  };
}
const still = { inserted: 5, updated: 5, deleted: 5, file: '16384' };
function manifestOf(rows: Rows, after = still): Manifest {
  const objects = { 'index public.t_pkey': 'aa', 'constraint public.t_check': 'bb' };
  return {
    version: 1,
    setId: 'aeon-20261121t0100z',
    environment: 'aeon',
    database: 'aeon-dt',
    schemaVersion: '42',
    logPosition: '16/B374D848',
    before: { tables: { t: contentOf(rows) }, counters: { t: still }, objects },
    after: { counters: { t: after }, objects, schemaVersion: '42' },
  };
}
function observedOf(rows: Rows): Observed {
  return {
    markers: ['aeon-20261121t0100z'],
    environment: 'aeon',
    database: 'aeon-dt',
    schemaVersion: '42',
    logPosition: '16/B4000000',
    tables: { t: contentOf(rows) },
    objects: { 'index public.t_pkey': 'aa', 'constraint public.t_check': 'bb' },
  };
}
const rows: Rows = new Map(Array.from({ length: 100 }, (_, id) => [id, id * 3]));
const without = (id: number): Rows => new Map([...rows].filter(([key]) => key !== id));
const whole = observedOf(rows);

const corruptions: readonly (readonly [string, Observed, string])[] = [
  ['lost rows', observedOf(without(7)), 'rows'],
  ['changed values', observedOf(new Map([...rows, [7, 1]])), 'values'],
  ['a dropped index', { ...whole, objects: { 'constraint public.t_check': 'bb' } }, 'object'],
  ['a dropped table', { ...whole, tables: {} }, 'table-missing'],
  ['a table too many', { ...whole, tables: { ...whole.tables, u: contentOf(rows) } }, 'table-unexpected'],
  ['a wrong schema version', { ...whole, schemaVersion: '41' }, 'schema-version'],
  ['a truncated copy', { ...whole, tables: { t: 'unreadable' } }, 'table-unreadable'],
  ['an old set passed off as new', { ...whole, markers: ['aeon-20261121t0000z'] }, 'marker'],
  ['an older log position', { ...whole, logPosition: '16/1' }, 'log-position'],
  ['another database', { ...whole, database: 'other' }, 'database'],
];

describe('a manifest', () => {
  it('proves what it describes', () => {
    expect(compareManifest(manifestOf(rows), whole)).toMatchObject({
      verdict: 'proven',
      failures: [],
      rowsCompared: 100,
    });
  });
  it.each(corruptions)('finds %s', (_, observed, kind) => {
    const { verdict, failures } = compareManifest(manifestOf(rows), observed);
    expect(verdict).toBe('failed');
    expect(failures.map((one) => one.kind)).toContain(kind);
  });
  it('proves nothing where nothing could be compared', () => {
    const rewritten = manifestOf(rows, { ...still, file: '16999' });
    expect(compareManifest(rewritten, whole).failures.map(({ kind }) => kind)).toEqual(['nothing-compared']);
  });
  it('raises no alarm at any instant between its two readings', () => {
    const change = fc.record({
      kind: fc.constantFrom('insert', 'update', 'delete'),
      id: fc.nat(150),
      value: fc.nat(999),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), fc.nat(30), (changes, instant) => {
        const held = new Map(rows);
        let taken: Rows = new Map(held);
        const after = { ...still };
        changes.forEach(({ kind, id, value }, index) => {
          if (kind === 'insert' && !held.has(id)) {
            held.set(id, value);
            after.inserted++;
          } else if (kind === 'update' && held.has(id)) {
            held.set(id, value);
            after.updated++;
          } else if (kind === 'delete' && held.delete(id)) after.deleted++;
          if (index < instant) taken = new Map(held);
        });
        expect(compareManifest(manifestOf(rows, after), observedOf(taken)).failures).toEqual([]);
      }),
    );
  });
  const changedObject = { 'index public.t_pkey': 'aa', 'constraint public.t_check': 'cc' };
  const withAfter = (more: Partial<Manifest['after']>): Manifest => {
    const manifest = manifestOf(rows);
    return { ...manifest, after: { ...manifest.after, ...more } };
  };

  it.each<[string, Manifest, Observed]>([
    [
      'changed between the readings',
      withAfter({ objects: changedObject }),
      { ...whole, objects: { 'index public.t_pkey': 'aa' } },
    ],
    [
      'dropped and made again',
      withAfter({ changed: ['index public.t_pkey'] }),
      { ...whole, objects: { 'constraint public.t_check': 'bb' } },
    ],
    [
      'made and dropped again',
      manifestOf(rows),
      { ...whole, objects: { ...whole.objects, 'view public.v': 'dd' }, changed: ['view public.v'] },
    ],
    [
      'of a table that came and went',
      manifestOf(rows),
      { ...whole, tables: { ...whole.tables, u: 'unread' }, changed: ['table u'] },
    ],
  ])('bears a definition %s', (_, manifest, observed) => {
    expect(compareManifest(manifest, observed).failures).toEqual([]);
  });

  it.each<[string, Manifest, Observed]>([
    ['another column', withAfter({ changed: ['table t'] }), observedOf(new Map([...rows, [7, 1]]))],
    ['another label of a type', withAfter({ changed: ['type public.color'] }), observedOf(new Map([...rows, [7, 1]]))],
  ])('compares no rows of a table that has %s by then', (_, manifest, observed) => {
    const { failures, tables } = compareManifest(manifest, observed);
    expect(failures.map(({ kind }) => kind)).toEqual(['nothing-compared']);
    expect(tables).toEqual({ exact: 0, bounded: 0, unbounded: 1 });
  });

  it.each<[string, Observed]>([
    ['rows', { ...observedOf(without(7)), changed: ['table t'] }],
    ['a definition', { ...whole, objects: { 'constraint public.t_check': 'bb' }, changed: ['index public.t_pkey'] }],
  ])('is not talked out of %s that are wrong by what the copy says of itself', (_, observed) => {
    expect(compareManifest(manifestOf(rows), observed).verdict).toBe('failed');
  });

  it('counts a table that was not read as not compared, and one that the copy does not show as a failure', () => {
    const manifest = manifestOf(rows);
    const unread: Manifest = { ...manifest, before: { ...manifest.before, tables: { t: 'unread' } } };
    expect(compareManifest(unread, whole).tables).toEqual({ exact: 0, bounded: 0, unbounded: 1 });
    const { failures } = compareManifest(manifest, { ...whole, tables: { t: 'unread' } });
    expect(failures.map(({ kind }) => kind)).toContain('table-unreadable');
  });

  it('reads the smallest in full and a sample of what is larger than a gibibyte', () => {
    const planned = planCoverage({ large: 1024 ** 4, small: 8192 }, 3);
    expect(planned['small']).toEqual({ kind: 'full' });
    expect(planned['large']).toEqual({ kind: 'sample', percent: 0.0244140625, seed: 3 });
  });
  it('reads a table of many gibibytes in full once a day, and another sample for each set', () => {
    const size = { large: 50 * 1024 ** 3 };
    expect(planCoverage(size, 3, readingLimits.daily)['large']).toEqual({ kind: 'full' });
    expect(planCoverage(size, 3)['large']).toMatchObject({ kind: 'sample' });
    const seeds = ['aeon-20261121t0000z', 'aeon-20261121t0100z', 'aeon-20261121t0000z'].map(samplingSeed);
    expect(seeds[0]).toBe(seeds[2]);
    expect(seeds[0]).not.toBe(seeds[1]);
  });
});
