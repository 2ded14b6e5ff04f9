import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clockErrorSeconds,
  closed,
  fenceMarginSeconds,
  fenceVerdict,
  type LeaseRecord,
  leaseSeconds,
  type PlaceSeen,
  type Renewal,
  rightUntil,
  sessionEndSeconds,
  takes,
} from '../../domain/lease.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const at = (seconds: number) => new Date(start + seconds * 1000);
const iso = (seconds: number) => at(seconds).toISOString();
const record = (fields: Partial<LeaseRecord> = {}): LeaseRecord => ({
  epoch: 1,
  holder: 'us-east-1',
  until: iso(60),
  databases: ['aeon-dt'],
  ...fields,
});
const place = (fields: Partial<LeaseRecord> = {}, region = 'us-west-2'): PlaceSeen => ({
  region,
  answered: true,
  record: record({ closedBy: 2, ...fields }),
});
const judged = (places: PlaceSeen[], seconds: number) =>
  fenceVerdict({ places, epoch: 1, databases: ['aeon-dt'], now: at(seconds) });

describe('the figures of the lease', () => {
  it('are those of the decision', () => {
    expect([leaseSeconds, fenceMarginSeconds, clockErrorSeconds, sessionEndSeconds]).toEqual([90, 20, 2, 2]);
  });
});

describe('a place', () => {
  const renewal = (fields: Partial<Renewal> = {}): Renewal => ({ ...record(), ...fields });
  it('takes the first renewal, a later one and that of a later reign', () => {
    expect(takes(undefined, renewal())).toBe(true);
    expect(takes(record(), renewal({ until: iso(70) }))).toBe(true);
    expect(takes(record(), renewal({ epoch: 2, until: iso(10) }))).toBe(true);
    expect(takes(record({ closedBy: 2 }), renewal({ epoch: 2 }))).toBe(true);
  });
  it('takes none that comes late or twice, none of a former reign and none once it is closed', () => {
    expect(takes(record(), renewal({ until: iso(50) }))).toBe(false);
    expect(takes(record(), renewal())).toBe(false);
    expect(takes(record({ epoch: 2 }), renewal({ until: iso(90) }))).toBe(false);
    expect(takes(record({ closedBy: 2 }), renewal({ until: iso(90) }))).toBe(false);
    expect(takes(closed(undefined, { epoch: 1, holder: 'us-east-1', now: at(0) }), renewal())).toBe(false);
  });
});

describe('the fence', () => {
  it('is proven 20 seconds after the lease, not a moment before', () => {
    expect(judged([place()], 79.999)).toEqual({ fencing: 'waits', until: iso(80) });
    expect(judged([place()], 80)).toMatchObject({ fencing: 'proven' });
  });
  it('waits for the latest of all places', () => {
    expect(judged([place(), place({ until: iso(65) }, 'eu-west-1')], 80)).toEqual({ fencing: 'waits', until: iso(85) });
  });
  it.each<[string, PlaceSeen[]]>([
    ['a place that does not answer', [place(), { region: 'eu-west-1', answered: false, why: 'timed out' }]],
    ['no place', []],
    ['an open record', [{ region: 'us-west-2', answered: true, record: record() }]],
    ['a record of a later reign', [place({ epoch: 2, closedBy: 3 })]],
    ['a database that no record names', [place({ databases: [] })]],
    [
      'a record that was never more than closed',
      [
        {
          region: 'us-west-2',
          answered: true,
          record: closed(undefined, { epoch: 1, holder: 'us-east-1', now: at(0) }),
        },
      ],
    ],
  ])('is not proven with %s, however long one waits', (_, places) => {
    expect(judged(places, 100_000)).toMatchObject({ fencing: 'unproven' });
  });
});

/** One round of a guard, as the network and the clocks have it: what is lost, how long each message takes. */
const round = fc.record({
  /** To each of the two places: lost, or milliseconds until it arrives; and whether the answer comes back. */
  sent: fc.array(
    fc.record({
      takes: fc.option(fc.integer({ min: 1, max: 90_000 }), { freq: 4 }),
      answered: fc.boolean(),
      twiceAfter: fc.option(fc.integer({ min: 1, max: 200_000 }), { freq: 2 }),
    }),
    { minLength: 2, maxLength: 2 },
  ),
  /** From the database's answer about its time to the sending. */
  pause: fc.integer({ min: 0, max: 30_000 }),
  /** From the answer to the statement that moves the right. */
  write: fc.integer({ min: 0, max: 40_000 }),
  databaseLost: fc.boolean(),
});
const skew = fc.integer({ min: -clockErrorSeconds * 1000, max: clockErrorSeconds * 1000 });

interface Happening {
  readonly at: number;
  readonly order: number;
  run(): void;
}

/** Plays guards against places and one database in true time; answers when the fence was proven and what the database let in afterwards. */
function play({
  rounds,
  places,
  skews,
  closesAt,
  moves,
}: {
  rounds: readonly (typeof round extends fc.Arbitrary<infer T> ? T : never)[];
  places: number;
  skews: { guard: number[]; hosts: number[]; standby: number };
  closesAt: number;
  moves: number;
}) {
  const records: (LeaseRecord | undefined)[] = Array.from({ length: places }, () => undefined);
  const happenings: Happening[] = [];
  let order = 0;
  const plan = (when: number, run: () => void) => happenings.push({ at: when, order: order++, run });
  const hostAt = (true_: number) => skews.hosts[true_ < moves ? 0 : 1] ?? 0;
  let right = Number.POSITIVE_INFINITY;
  let limited = false;
  /** True times until which the database let somebody in, by each state of the right. */
  const rights: { from: number; until: number }[] = [
    { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY },
  ];
  const setRight = (true_: number, until: number) => {
    right = limited ? Math.max(right, until) : until;
    limited = true;
    rights.push({ from: true_, until: right });
  };
  rounds.forEach((one, index) => {
    const begins = index * 10_000;
    plan(begins, () => {
      const before = at(0).getTime() + begins + hostAt(begins);
      const named = limited;
      if (!named && !one.databaseLost) setRight(begins, rightUntil(new Date(before)).getTime());
      const sends = begins + one.pause;
      plan(sends, () => {
        const guard = skews.guard[index % skews.guard.length] ?? 0;
        const renewal: Renewal = {
          epoch: 1,
          holder: 'us-east-1',
          until: new Date(at(0).getTime() + sends + guard + leaseSeconds * 1000).toISOString(),
          databases: named ? ['aeon-dt'] : [],
        };
        one.sent.slice(0, places).forEach((message, target) => {
          if (message.takes === null) return;
          const arrives = sends + message.takes;
          const deliver = (first: boolean) => () => {
            const taken = takes(records[target], renewal);
            if (taken) records[target] = { ...renewal };
            if (!taken || !first || !message.answered || one.databaseLost) return;
            plan(arrives + one.write, () => setRight(arrives + one.write, rightUntil(new Date(before)).getTime()));
          };
          plan(arrives, deliver(true));
          if (message.twiceAfter !== null) plan(arrives + message.twiceAfter, deliver(false));
        });
      });
    });
  });
  let provenAt: number | undefined;
  const look = (when: number): void => {
    plan(when, () => {
      const now = new Date(at(0).getTime() + when + skews.standby);
      records.forEach((standing, index) => {
        if (standing?.closedBy === undefined) records[index] = closed(standing, { epoch: 1, holder: 'us-east-1', now });
      });
      const seen = records.map(
        (standing, index): PlaceSeen => ({ region: `place-${index}`, answered: true, record: standing ?? record() }),
      );
      const verdict = fenceVerdict({ places: seen, epoch: 1, databases: ['aeon-dt'], now });
      if (verdict.fencing === 'proven') provenAt = when;
      if (verdict.fencing === 'waits')
        look(Math.max(when + 1, Date.parse(verdict.until) - skews.standby - at(0).getTime()));
    });
  };
  look(closesAt);
  for (let done = 0; happenings.length > 0 && done < 5000; done++) {
    happenings.sort((a, b) => a.at - b.at || a.order - b.order);
    happenings.shift()?.run();
  }
  const lastIn = (after: number): boolean =>
    rights.some(({ from, until }, index) => {
      const to = rights[index + 1]?.from ?? Number.POSITIVE_INFINITY;
      // While this was the right, somebody could come in up to its end by the host's clock.
      const begins = Math.max(from, after);
      const clocks = [begins < moves ? skews.hosts[0] : skews.hosts[1], skews.hosts[1]];
      return begins < to && clocks.some((clock) => until - at(0).getTime() - (clock ?? 0) > begins);
    });
  return { provenAt, lastIn };
}

describe('two primaries', () => {
  it('are never, whatever is lost, late or repeated and however clocks are off', () => {
    let proofs = 0;
    fc.assert(
      fc.property(
        fc.array(round, { maxLength: 12 }),
        fc.integer({ min: 1, max: 2 }),
        fc.record({
          guard: fc.array(skew, { minLength: 2, maxLength: 2 }),
          hosts: fc.array(skew, { minLength: 2, maxLength: 2 }),
          standby: skew,
        }),
        fc.integer({ min: 0, max: 150_000 }),
        fc.integer({ min: 0, max: 250_000 }),
        (rounds, places, skews, closesAt, moves) => {
          const { provenAt, lastIn } = play({ rounds, places, skews, closesAt, moves });
          if (provenAt === undefined) return;
          proofs++;
          // Who came in a moment before is out when the job has run twice and a commit has ended.
          const quiet = provenAt - (fenceMarginSeconds - 4 * clockErrorSeconds) * 1000;
          expect(lastIn(quiet)).toBe(false);
        },
      ),
      { numRuns: 3000, seed: 7 },
    );
    expect(proofs).toBeGreaterThan(300);
  });
});
