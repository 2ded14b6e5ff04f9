import { describe, expect, it } from 'vitest';
import type { RecordVerdictInput, TestResult } from '../../../domain/workflows/restore-test.ts';
import { recordVerdict } from '../../../lambdas/restore/record-verdict.ts';
import { aeonSet } from './sets.ts';
import { execution, hold, region, restoreWorld, standby } from './world.ts';

const test = execution('test-1');
const bound = aeonSet('2026-11-23T03:00:00Z', {
  inUse: [{ by: 'restore-test', execution: test.arn, region, until: '2026-11-23T17:30:00Z' }],
});
const before = { at: '2026-11-09T05:00:00Z', region, execution: 'arn:before', seconds: { total: 1000 } };
const proven = aeonSet('2026-11-09T03:00:00Z', { proven: [before] });

const compared = {
  verdict: 'proven' as const,
  failures: [],
  failuresInAll: 0,
  tablesCompared: 5,
  tablesUnbounded: 1,
  rowsCompared: 400,
  loginsTried: 3,
  queriesAsked: 0,
};
const database: TestResult = {
  member: 'aeon-dt',
  compared,
  failure: null,
  startedAt: '2026-11-23T04:30:00.000Z',
  availableAt: '2026-11-23T04:45:00.000Z',
  warmAt: '2026-11-23T04:50:00.000Z',
  comparedAt: '2026-11-23T04:51:00.000Z',
};
const volume: TestResult = {
  member: 'graph/0',
  compared: null,
  failure: null,
  startedAt: null,
  availableAt: null,
  warmAt: null,
  comparedAt: null,
};

const inputOf = (changes: Partial<RecordVerdictInput> = {}): RecordVerdictInput => ({
  setId: bound.setId,
  region,
  databases: ['aeon-dt'],
  volumes: ['graph/0'],
  results: [database, volume],
  failure: null,
  leftBehind: [],
  recordedAt: '2026-11-23T05:00:00Z',
  execution: test,
  ...changes,
});

async function world() {
  const given = restoreWorld();
  await hold(given, bound, proven);
  return given;
}

describe('a set that came out whole', () => {
  it('is proven in both regions, and its use ends', async () => {
    const given = await world();
    const output = await recordVerdict(inputOf(), given);
    expect(output).toMatchObject({ verdict: 'proven', tablesCompared: 5, rowsCompared: 400, failures: [] });
    const seconds = { restore: 900, warm: 300, compare: 60, total: 1260 };
    expect(output.seconds).toEqual(seconds);
    for (const each of [region, standby]) {
      const record = await given.records.find(each, bound.setId);
      expect(record?.proven).toEqual([{ at: '2026-11-23T05:00:00Z', region, execution: test.arn, seconds }]);
      expect(record?.inUse).toEqual([]);
    }
    expect(given.published).toMatchObject([{ severity: 'information' }]);
  });

  it('is proven once, however often it is said', async () => {
    const given = await world();
    await recordVerdict(inputOf(), given);
    await recordVerdict(inputOf({ recordedAt: '2026-11-23T05:01:00Z' }), given);
    expect((await given.records.find(region, bound.setId))?.proven).toHaveLength(1);
  });

  it('tells its seconds by step, against the tests before it and the recovery time', async () => {
    const given = await world();
    await recordVerdict(inputOf(), given);
    expect(given.published[0]?.message).toContain(
      '1260 s: 140 % of the recovery time. The last 1 took 1000 s in the middle.',
    );
    expect(given.measured).toEqual(
      expect.arrayContaining([
        {
          metric: 'RestoreTestSeconds',
          dimensions: { Environment: 'aeon', Step: 'warm' },
          value: 300,
          unit: 'Seconds',
        },
        {
          metric: 'RestoreTestPercentOfRecoveryTime',
          dimensions: { Environment: 'aeon' },
          value: 140,
          unit: 'Percent',
        },
        { metric: 'RestoreTestFailed', dimensions: { Environment: 'aeon' }, value: 0, unit: 'Count' },
      ]),
    );
  });

  it('is proven where it was tested though the other region is lost', async () => {
    const given = await world();
    given.records.silent.add(standby);
    expect((await recordVerdict(inputOf(), given)).verdict).toBe('proven');
    expect(given.published[0]?.message).toContain('The table of us-west-2 does not know of it');
  });
});

const failure = { kind: 'rows' as const, table: 'public.orders', expected: '5 to 5', found: '4' };
describe('a set is not proven', () => {
  it.each<[string, Partial<RecordVerdictInput>, string]>([
    [
      'with a difference',
      { results: [{ ...database, compared: { ...compared, failures: [failure] } }, volume] },
      'rows',
    ],
    [
      'with a database that was not compared',
      {
        results: [
          {
            ...database,
            compared: null,
            failure: { kind: 'cold', table: '', expected: 'a warm database', found: 'slow' },
          },
          volume,
        ],
      },
      'cold',
    ],
    ['without the result of a volume', { results: [database] }, 'restore'],
    [
      'without anything compared',
      { results: [{ ...database, compared: { ...compared, tablesCompared: 0 } }, volume] },
      'nothing-compared',
    ],
    ['when its run broke', { results: [], failure: { error: 'States.Runtime', reason: 'x' } }, 'restore'],
  ])('%s; it is told as critical, and the one proven before stays proven', async (_what, changes, kind) => {
    const given = await world();
    const output = await recordVerdict(inputOf(changes), given);
    expect(output.verdict).toBe('failed');
    expect(output.failures.map((each) => each.kind)).toContain(kind);
    expect(given.published).toMatchObject([{ severity: 'critical', message: expect.stringContaining(kind) }]);
    expect(await given.records.find(region, bound.setId)).toMatchObject({ proven: [], inUse: [] });
    expect((await given.records.find(region, proven.setId))?.proven).toEqual([before]);
  });

  it('where no set was found at all, and that is told', async () => {
    const given = restoreWorld();
    const failed = { error: 'NoSetToRestore', reason: 'none' };
    const input = inputOf({ setId: '', region: '', databases: [], volumes: [], results: [], failure: failed });
    expect((await recordVerdict(input, given)).verdict).toBe('failed');
    expect(given.published[0]?.message).toContain('NoSetToRestore');
  });
});
