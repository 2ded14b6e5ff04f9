import { describe, expect, it } from 'vitest';
import { type FailbackAtEnd, failbackCheckers } from '../../../rehearsal/checkers/failback.ts';
import type { FailoverEyes, Writable } from '../../../rehearsal/checkers/failover.ts';
import { conclude, watchRun } from '../../../rehearsal/checkers/index.ts';
import { EventLog } from '../../../rehearsal/kernel/log.ts';
import { failbackFaults } from '../../../rehearsal/scenarios/failback-faults.ts';
import {
  namedFailbackRefusals,
  namedFailbackSabotage,
  namedFailbacks,
} from '../../../rehearsal/scenarios/failback-named.ts';

const [from, to] = ['us-west-2', 'us-east-1'];
const reigns = [`${from}: reign 3 of ${to}`, `${to}: reign 3 of ${to}`];
const well: FailbackAtEnd = {
  lostWrites: [],
  writtenInTwo: [],
  silent: [],
  reigns,
  reignsExpected: reigns,
  missingAfterwards: [],
  evidenceLost: [],
  claims: [],
  leaks: [],
  executionsRunning: [],
};
const open = (...regions: readonly string[]): readonly Writable[] =>
  regions.map((region) => ({ region, database: 'aeon-dt', by: 'login as aeon_dt' }));

/** Names of the checkers that are red after these events, and this end. */
function red(
  events: readonly (readonly [kind: string, fields: Readonly<Record<string, unknown>>])[],
  world: Partial<FailbackAtEnd> = {},
  eyes: FailoverEyes = { writable: () => open(to), unfit: () => [] },
): readonly string[] {
  const log = new EventLog(() => 0);
  const checkers = failbackCheckers(eyes);
  watchRun(log, checkers);
  for (const [kind, fields] of events) log.write(kind, fields);
  return conclude(log, checkers, { ...well, ...world }).violated.map(({ checker }) => checker);
}

describe('the checkers of a failback', () => {
  it('say nothing of one that went well', () => {
    expect(red([['users.led', { region: to, from }]])).toEqual([]);
  });

  it('see two databases that can be written to, and users who are led where nobody serves them', () => {
    const changed = ['database.status', { region: to, status: 'available' }] as const;
    expect(red([changed], {}, { writable: () => open(from, to), unfit: () => [] })).toEqual([
      'never two writable primaries',
    ]);
    const unfit = { writable: () => open(to), unfit: () => ['nobody can write there'] };
    expect(red([['users.led', { region: to, from }]], {}, unfit)).toEqual([
      'no traffic to a region that can not serve',
    ]);
  });

  it.each<[string, Partial<FailbackAtEnd>]>([
    ['no acknowledged write is lost', { lostWrites: ['us-west-2 api 7'] }],
    ['the application writes at the end', { silent: ['no write has been acknowledged for 60 s'] }],
    ['one reign at the end, and its number', { reigns: [`${to}: reign 2 of ${from}`] }],
    [
      'the region that reigns backs up, rotates and alarms',
      { missingAfterwards: ['aeon-dt has no automated backups'] },
    ],
    ['what was left is kept as evidence', { evidenceLost: ['nothing was set aside'] }],
    ['nothing is claimed at the end', { claims: ['platform in us-west-2 by one'] }],
    ['no password stands anywhere', { leaks: ['a password stands in the log'] }],
    [
      'every execution ends or asks a person',
      { executionsRunning: [{ workflow: 'region-failback', execution: 'one' }] },
    ],
  ])('see it where not: %s', (name, world) => {
    expect(red([], world)).toEqual([name]);
  });

  it('each have a sabotage, or a test here where nobody can break it from outside', () => {
    const names = failbackCheckers({ writable: () => [], unfit: () => [] }).map(({ name }) => name);
    const broken = namedFailbackSabotage.flatMap(({ breaks = [] }) => breaks);
    expect(names.filter((name) => !broken.includes(name))).toEqual([
      'no password stands anywhere',
      'every execution ends or asks a person',
      'no call is denied',
    ]);
  });

  it('are asked under every fault of the catalogue', () => {
    const named = [...namedFailbacks, ...namedFailbackRefusals, ...namedFailbackSabotage].flatMap(
      ({ faults }) => faults,
    );
    expect([...new Set(named)].toSorted()).toEqual(failbackFaults.map(({ name }) => name).toSorted());
  });
});
