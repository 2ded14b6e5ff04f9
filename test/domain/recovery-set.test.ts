import { describe, expect, it } from 'vitest';
import * as errors from '../../domain/backup-errors.ts';
import {
  databaseSnapshotName,
  parseRecoverySetId,
  type RecoverySet,
  recoverySet,
  recoverySetId,
  refuseRestore,
} from '../../domain/recovery-set.ts';
import { dueBetween, judgeHour, restoreTestRegion } from '../../domain/recovery-set-schedule.ts';

const dueAt = Date.UTC(2026, 10, 21, 1);
const minute = 60_000;
const at = '2026-11-21T01:00:00.000Z';
const object = { key: 'k', bytes: 1, sha256: 'aa' };
const set: RecoverySet = recoverySet.parse({
  setId: 'aeon-20261121t0100z',
  environment: 'aeon',
  dueAt: at,
  startedAt: at,
  execution: 'arn',
  state: 'verified',
  databases: [
    {
      database: 'aeon-dt',
      engine: 'postgres',
      engineVersion: '18',
      instanceClass: 'db.r6i.2xlarge',
      gibibytes: 1000,
      schemaVersion: '42',
      manifest: object,
    },
  ],
  volumes: [],
  images: [],
  secrets: [],
  configuration: object,
  proven: [],
  inUse: [],
  copies: {
    'us-west-2': {
      state: 'verified',
      key: 'arn:key',
      databases: { 'aeon-dt': 'mainstay-aeon-20261121t0100z-aeon-dt' },
      volumes: {},
    },
  },
});
const demand = { environment: 'aeon', region: 'us-west-2', usableKeys: ['arn:key'] };

describe('a recovery set', () => {
  it('has the same id for every delivery of its minute, and gives it back', () => {
    expect(recoverySetId('aeon-staging', dueAt + 59_999)).toBe('aeon-staging-20261121t0100z');
    expect(parseRecoverySetId('aeon-staging-20261121t0100z')).toEqual({ environment: 'aeon-staging', dueAt });
    expect(parseRecoverySetId('aeon-20261399t0100z')).toBeUndefined();
  });
  it('names snapshots as RDS takes them, apart for every environment', () => {
    expect(databaseSnapshotName(recoverySetId('aeon', dueAt), 'staging-x')).not.toBe(
      databaseSnapshotName(recoverySetId('aeon-staging', dueAt), 'x'),
    );
    expect(() => databaseSnapshotName('aeon-20261121t0100z', 'a--b')).toThrow(RangeError);
  });
  it('is restored where nothing speaks against it', () => {
    expect(() => refuseRestore(set, { ...demand, notBefore: dueAt })).not.toThrow();
  });
  it.each([
    [errors.SetOfAnotherPlatform, set, { ...demand, environment: 'twin' }],
    [errors.SetIncomplete, { ...set, state: 'taking' as const }, demand],
    [errors.SetIncomplete, set, { ...demand, region: 'us-east-1' }],
    [errors.SetKeyMissing, set, { ...demand, usableKeys: ['arn:other'] }],
    [errors.SetTooOld, set, { ...demand, notBefore: dueAt + 1 }],
    [errors.DatabaseStillRuns, set, { ...demand, occupied: { instance: 'aeon-aeon-dt', status: 'available' } }],
  ])('is refused by %o', (refusal, given, asked) => {
    expect(() => refuseRestore(given, asked)).toThrow(refusal);
  });
});

describe('the schedule', () => {
  it('is due each hour, and daily at its time', () => {
    expect(dueBetween({ everyMinutes: 60, startsAtUtc: '00:00' }, dueAt, dueAt + 150 * minute)).toEqual([
      dueAt + 60 * minute,
      dueAt + 120 * minute,
    ]);
    const daily = dueBetween({ everyMinutes: 1440, startsAtUtc: '02:00' }, dueAt, dueAt + 2 * 1440 * minute);
    expect(daily).toEqual([dueAt + 60 * minute, dueAt + 1500 * minute]);
  });
  it('says within a quarter of an hour what is missed, late or failed', () => {
    expect(judgeHour(dueAt, undefined, dueAt + 4 * minute)).toBe('waiting');
    expect(judgeHour(dueAt, undefined, dueAt + 5 * minute)).toBe('missed');
    expect(judgeHour(dueAt, { state: 'taking' }, dueAt + 11 * minute)).toBe('waiting');
    expect(judgeHour(dueAt, { state: 'taking' }, dueAt + 12 * minute)).toBe('late');
    expect(judgeHour(dueAt, { state: 'failed' }, dueAt)).toBe('failed');
    expect(judgeHour(dueAt, { state: 'complete' }, dueAt + 14 * minute)).toBe('made');
  });
  it('tests the regions by turn', () => {
    const turns = [0, 7, 14].map((days) => restoreTestRegion(['east', 'west'], 7, dueAt + days * 1440 * minute));
    expect(turns).toEqual([turns[0], turns[0] === 'east' ? 'west' : 'east', turns[0]]);
  });
});
