import { describe, expect, it } from 'vitest';
import {
  type FailoverAtEnd,
  type FailoverEyes,
  failoverCheckers,
  type Writable,
} from '../../../rehearsal/checkers/failover.ts';
import { conclude, watchRun } from '../../../rehearsal/checkers/index.ts';
import { EventLog } from '../../../rehearsal/kernel/log.ts';
import { failoverFaults } from '../../../rehearsal/scenarios/failover-faults.ts';
import {
  namedFailoverRefusals,
  namedFailoverSabotage,
  namedFailovers,
} from '../../../rehearsal/scenarios/failover-named.ts';
import { expected } from '../../../rehearsal/scenarios/failover-outages.ts';
import { failoverDrawnFrom } from '../../../rehearsal/scenarios/failover-sweep.ts';

const [from, to] = ['us-east-1', 'us-west-2'];

/** A platform that was lost and moved well. */
const moved: FailoverAtEnd = {
  moved: true,
  expected: 'moves',
  rtoSeconds: 470,
  recoverySecondsMax: 900,
  criticalPathSeconds: 450,
  lostWrites: 0,
  lostSeconds: 0,
  reportedLossSeconds: 60,
  reportedLossSecondsMin: 0,
  recoveryPointSecondsMax: 300,
  lossAccepted: false,
  reigns: [`${to}: reign 2 of ${to}`],
  reignsExpected: [`${to}: reign 2 of ${to}`],
  missingAfterwards: [],
  writtenInTwo: [],
  leaks: [],
  executionsRunning: [],
};

const open = (...regions: readonly string[]): readonly Writable[] =>
  regions.map((region) => ({ region, database: 'aeon-dt', by: 'login as aeon_dt' }));

/** Names of the checkers that are red after these events, and this end. */
function red(
  events: readonly (readonly [kind: string, fields: Readonly<Record<string, unknown>>])[],
  world: Partial<FailoverAtEnd> = {},
  eyes: FailoverEyes = { writable: () => open(to), unfit: () => [] },
): readonly string[] {
  const log = new EventLog(() => 0);
  const checkers = failoverCheckers(eyes, from);
  watchRun(log, checkers);
  for (const [kind, fields] of events) log.write(kind, fields);
  return conclude(log, checkers, { ...moved, ...world }).violated.map(({ checker }) => checker);
}

const lost = ['region.changed', { region: from, state: 'lost' }] as const;
const call = (more: Readonly<Record<string, unknown>>) =>
  [
    'aws.called',
    { service: 'dynamodb', operation: 'GetItem', region: from, from: to, outcome: 'Unreachable', ...more },
  ] as const;
const byTask = { principal: 'AeonFailover-FencePrimaryRole1234-ABC' };

describe('the checkers of a failover', () => {
  it('say nothing of one that went well', () => {
    const events = [lost, ['users.led', { region: to, from }], call({ region: to, outcome: 'ok', ...byTask })] as const;
    expect(red(events)).toEqual([]);
  });

  it('see two databases that can be written to at one moment, and not two that follow each other', () => {
    const name = 'never two writable primaries';
    const changed = ['database.status', { region: to, status: 'available' }] as const;
    expect(red([changed], {}, { writable: () => open(from, to), unfit: () => [] })).toEqual([name]);
    let moment = 0;
    const inTurn = { writable: () => (moment++ === 0 ? open(from) : open(to)), unfit: () => [] };
    expect(red([changed, changed], {}, inTurn)).toEqual([]);
    expect(red([], { writtenInTwo: ['3 writes were acknowledged in both'] })).toEqual([name]);
  });

  it('see users led to a region that can not serve them, at the moment in which they are led', () => {
    const name = 'no traffic to a region that can not serve';
    let fit = false;
    const eyes = { writable: () => open(to), unfit: () => (fit ? [] : ['nobody can write there']) };
    expect(red([['users.led', { region: to, from }]], {}, eyes)).toEqual([name]);
    fit = true;
    expect(red([['users.led', { region: to, from }]], {}, eyes)).toEqual([]);
  });

  it('see a loss above the objective that nobody accepted, and one that nobody was told of', () => {
    const lossy = { lostWrites: 400, lostSeconds: 400, reportedLossSeconds: 460 };
    expect(red([], lossy)).toEqual(['what is lost is within the objective, or a person said so']);
    expect(red([], { ...lossy, lossAccepted: true })).toEqual([]);
    expect(red([], { lostWrites: 70, lostSeconds: 70 })).toEqual(['what is lost was told']);
    expect(red([], { lostWrites: 50, lostSeconds: 50 })).toEqual([]);
    expect(red([], { lostWrites: 50, lostSeconds: 50, reportedLossSecondsMin: 51 })).toEqual(['what is lost was told']);
  });

  it('see a call of the path to the lost region, and none of a function beside it or before the loss', () => {
    const name = 'nothing on the path calls the lost region';
    expect(red([lost, call(byTask)])).toEqual([name]);
    expect(red([call(byTask)])).toEqual([]);
    expect(red([lost, call({ principal: 'AeonStandby-FollowReleasesRole99-ABC' })])).toEqual([]);
    expect(red([lost, call({ ...byTask, from })])).toEqual([]);
    const witness = ['region.changed', { region: 'eu-west-1', state: 'lost' }] as const;
    expect(red([witness, call({ ...byTask, region: 'eu-west-1' })])).toEqual([]);
    expect(red([lost, ['region.changed', { region: from, state: 'back' }], call(byTask)])).toEqual([]);
  });

  it('see a changed record, right or bucket, and not an object', () => {
    const name = 'no record, right or bucket is changed';
    const began = ['scenario.began', {}] as const;
    const done = (service: string, operation: string) => [began, call({ service, operation, outcome: 'ok' })] as const;
    expect(red(done('route53', 'ChangeResourceRecordSets'))).toEqual([name]);
    expect(red(done('route53', 'GetHealthCheckStatus'))).toEqual([name]);
    expect(red(done('iam', 'PutRolePolicy'))).toEqual([name]);
    expect(red(done('s3', 'PutBucketPolicy'))).toEqual([name]);
    expect(red(done('s3', 'PutObject'))).toEqual([]);
    expect(red(done('iam', 'SimulatePrincipalPolicy'))).toEqual([]);
  });

  it('see who moves without need, and who stays in spite of it', () => {
    const name = 'the platform moves when it is lost, and only then';
    expect(red([], { expected: 'stays' })).toEqual([name]);
    expect(red([], { moved: false, expected: 'moves' })).toEqual([name]);
    expect(red([], { moved: false, expected: 'may-move' })).toEqual([]);
    expect(red([], { moved: false, expected: 'stays' })).toEqual([]);
  });

  it('see users who wait for longer than the objective, or than anybody had to wait', () => {
    const objective = 'users write again within the objective';
    const pace = 'a failover is no slower than what it has to wait for';
    expect(red([], { rtoSeconds: 901, criticalPathSeconds: 880 })).toEqual([objective]);
    expect(red([], { rtoSeconds: 900, criticalPathSeconds: 880 })).toEqual([]);
    expect(red([], { rtoSeconds: 496, criticalPathSeconds: 450 })).toEqual([pace]);
    expect(red([], { rtoSeconds: 495, criticalPathSeconds: 450 })).toEqual([]);
    expect(red([], { rtoSeconds: null, criticalPathSeconds: null })).toEqual([]);
  });

  it.each([
    ['one reign at the end, and its number', { reigns: [`${to}: reign 3 of ${to}`] }],
    ['the new primary backs up, rotates and alarms', { missingAfterwards: ['aeon-dt has no automated backups'] }],
    ['no password stands anywhere', { leaks: ['a password stands in the log'] }],
    [
      'every execution ends or asks a person',
      { executionsRunning: [{ workflow: 'region-failover', execution: 'one' }] },
    ],
  ])('see it where not: %s', (name, world) => {
    expect(red([], world)).toEqual([name]);
  });

  it('each have a sabotage, or a test here where nobody can break it from outside', () => {
    const names = failoverCheckers({ writable: () => [], unfit: () => [] }, from).map(({ name }) => name);
    const broken = namedFailoverSabotage.flatMap(({ breaks = [] }) => breaks);
    expect(names.filter((name) => !broken.includes(name))).toEqual([
      'no record, right or bucket is changed',
      'the platform moves when it is lost, and only then',
      'no password stands anywhere',
      'every execution ends or asks a person',
      'no call is denied',
    ]);
    for (const { name, breaks } of namedFailoverSabotage) expect(breaks?.length, name).toBeGreaterThan(0);
  });
});

describe('whether a platform moves', () => {
  const says = (outage: Parameters<typeof expected>[0]['outage'], faults: readonly string[] = [], approve = 'yes') =>
    expected({ outage, approve: approve as 'yes' }, new Set(faults), 'eu-west-1');

  it('is certain where its region is lost and nobody says no', () => {
    expect(says('region')).toBe('moves');
    expect(says('region', [], 'no')).toBe('stays');
    expect(says('region', ['standby-lost'])).toBe('stays');
  });

  it('depends on the witness where the regions do not hear each other', () => {
    expect(says('partition')).toBe('stays');
    expect(says('partition', ['witness-parted'])).toBe('may-move');
    expect(expected({ outage: 'partition', approve: 'yes' }, new Set(), undefined)).toBe('may-move');
  });

  it('is out of the question for what is no loss of a region', () => {
    for (const outage of ['database', 'degraded', 'flapping', 'false-alarm'] as const)
      expect(says(outage)).toBe('stays');
  });
});

describe('the rehearsals of failovers', () => {
  it('name every fault of the catalogue', () => {
    const named = [...namedFailovers, ...namedFailoverRefusals, ...namedFailoverSabotage].flatMap(
      ({ faults }) => faults,
    );
    expect([...new Set(named)].toSorted()).toEqual(failoverFaults.map(({ name }) => name).toSorted());
  });

  it('draw the same from the same seed, and of all seeds each kind of outage', () => {
    expect(failoverDrawnFrom(7)).toEqual(failoverDrawnFrom(7));
    const drawn = Array.from({ length: 200 }, (_, seed) => failoverDrawnFrom(seed));
    expect(new Set(drawn.map(({ outage }) => outage))).toEqual(
      new Set(['region', 'partition', 'flapping', 'degraded']),
    );
    expect(drawn.flatMap(({ faults }) => faults).some((fault) => fault.startsWith('break-'))).toBe(false);
    expect(failoverDrawnFrom(7, 'partition').outage).toBe('partition');
  });
});
