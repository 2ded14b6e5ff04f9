import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecisionInput, decide, fenceStep, lossStep, measured } from '../../domain/failover.ts';
import { answerSeconds, budgetedSteps, shareOf, stepReports } from '../../domain/failover-budget.ts';
import type { Judgement } from '../../domain/failover-signals.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const at = (seconds: number) => new Date(start + seconds * 1000);

const regionLost: Judgement = { pattern: 'region-lost', lost: ['public', 'lease'] };
const partition: Judgement = { pattern: 'partition', lost: ['lease', 'stream'] };
const well: Judgement = { pattern: 'well', lost: [] };
const input = (fields: Partial<DecisionInput> = {}): DecisionInput => ({
  startedBy: 'watch',
  decision: 'automatic',
  judgement: regionLost,
  witness: 'renews',
  blocking: [],
  forced: false,
  epoch: 1,
  now: at(0),
  ...fields,
});

describe('the decision', () => {
  it('is to go where the region is lost and the definition says so', () => {
    expect(decide(input()).verdict).toBe('go');
  });
  it("is a person's where the definition says so", () => {
    expect(decide(input({ decision: 'person' })).verdict).toBe('ask');
  });
  it('stays where the signals came back, and in a partition with a witness', () => {
    expect(decide(input({ judgement: well }))).toEqual({ verdict: 'stay', why: 'The primary is well.' });
    expect(decide(input({ judgement: { pattern: 'one-signal', lost: ['public'] } })).verdict).toBe('stay');
    expect(decide(input({ judgement: partition })).verdict).toBe('stay');
    expect(decide(input({ judgement: partition, witness: 'none' })).verdict).toBe('go');
  });
  it('asks a person where the primary reaches neither standby nor witness, and the world reaches it', () => {
    expect(decide(input({ judgement: partition, witness: 'ended' }))).toEqual({
      verdict: 'ask',
      why: 'Lost: lease, stream. The world still reaches the primary, and its lease has ended here and at the witness: it has fenced itself.',
    });
    expect(decide(input({ judgement: partition, witness: 'unknown' }))).toEqual({
      verdict: 'stay',
      why: 'The world still reaches the primary; whether it renews at the witness can not be seen from here.',
    });
  });
  it('a person may ask for it at any time and is asked once more while the primary seems well', () => {
    expect(decide(input({ startedBy: 'person', judgement: well }))).toMatchObject({
      verdict: 'ask',
      why: expect.stringContaining('Moving it stops it.'),
    });
  });
  it('refuses a standby with a blocking fault, unless it is forced', () => {
    const blocking = ['replica: There is none.'];
    expect(decide(input({ blocking }))).toEqual({ verdict: 'refuse', why: 'replica: There is none.' });
    expect(decide(input({ blocking, forced: true })).verdict).toBe('go');
    expect(decide(input({ blocking, startedBy: 'person' })).verdict).toBe('refuse');
  });
  it('of a watch is bound by the one before for 15 minutes; a person is not', () => {
    const decided = { at: at(-899).toISOString(), epoch: 1, outcome: 'refused' } as const;
    expect(decide(input({ decided })).verdict).toBe('stay');
    expect(decide(input({ decided, startedBy: 'person' })).verdict).toBe('go');
    expect(decide(input({ decided: { ...decided, at: at(-900).toISOString() } })).verdict).toBe('go');
  });
  it('never moves by itself for fewer than two signals', () => {
    const judgement = fc.constantFrom<Judgement>(
      well,
      { pattern: 'one-signal', lost: ['lease'] },
      { pattern: 'passing', lost: ['lease', 'stream'] },
    );
    const others = fc.record({
      decision: fc.constantFrom('automatic' as const, 'person' as const),
      witness: fc.constantFrom('none' as const, 'renews' as const, 'ended' as const, 'unknown' as const),
      forced: fc.boolean(),
      blocking: fc.constantFrom([], ['x']),
      startedBy: fc.constantFrom('watch' as const, 'person' as const),
    });
    fc.assert(
      fc.property(judgement, others, (drawn, rest) => {
        expect(decide(input({ ...rest, judgement: drawn })).verdict).not.toBe('go');
      }),
      { seed: 3 },
    );
  });
});

describe('the fence', () => {
  const settings = { whenUnproven: 'ask', accepted: false, now: at(0) } as const;
  it('is gone past when it is proven, and waited for when it will be', () => {
    expect(fenceStep({ fencing: 'proven', how: 'x' }, settings)).toMatchObject({ do: 'go-on', fencing: 'proven' });
    expect(fenceStep({ fencing: 'waits', until: at(19.2).toISOString() }, settings)).toEqual({
      do: 'wait',
      waitSeconds: 20,
    });
  });
  it("without a proof is a person's, unless the definition goes on", () => {
    const verdict = { fencing: 'unproven', why: 'x' } as const;
    expect(fenceStep(verdict, settings)).toEqual({ do: 'ask', why: 'x' });
    expect(fenceStep(verdict, { ...settings, accepted: true })).toMatchObject({ do: 'go-on', fencing: 'unproven' });
    expect(fenceStep(verdict, { ...settings, whenUnproven: 'go-on' })).toMatchObject({
      do: 'go-on',
      fencing: 'unproven',
    });
  });
});

describe('the loss', () => {
  it('is counted to the moment from which nothing could be written', () => {
    const ended = (until: number, renewed: number | null = null) => ({
      renewedAt: renewed === null ? null : at(renewed),
      writableUntil: at(until),
    });
    const database = 'aeon-dt';
    expect(measured(database, at(-2), ended(60))).toEqual({ database, seconds: 62, secondsMin: 0 });
    expect(measured(database, at(5), ended(0))).toEqual({ database, seconds: 0, secondsMin: 0 });
    expect(measured(database, undefined, ended(0, 0))).toEqual({ database, seconds: null, secondsMin: 0 });
    // A replica two minutes behind: it renewed its lease until then, and each commit since the beat is missing.
    expect(measured(database, at(-120), ended(60, 0))).toEqual({ database, seconds: 180, secondsMin: 118 });
    // Below the beat's own period nobody can say that anything is missing.
    expect(measured(database, at(-1), ended(60, 0))).toEqual({ database, seconds: 61, secondsMin: 0 });
    expect(measured(database, at(0), ended(3, 10))).toEqual({ database, seconds: 3, secondsMin: 3 });
  });
  it('within the objective goes on', () => {
    expect(
      lossStep(
        [
          { database: 'a', seconds: 300, secondsMin: 1 },
          { database: 'b', seconds: 2, secondsMin: 1 },
        ],
        300,
        false,
      ),
    ).toMatchObject({ do: 'go-on', seconds: 300 });
  });
  it('above it, or unknown, goes to a person with the number', () => {
    expect(lossStep([{ database: 'a', seconds: 301, secondsMin: 1 }], 300, false)).toEqual({
      do: 'ask',
      seconds: 301,
      secondsMin: 1,
      why: 'a: 301 s, and 300 s are allowed.',
    });
    expect(
      lossStep(
        [
          { database: 'a', seconds: null, secondsMin: 1 },
          { database: 'b', seconds: 2, secondsMin: 1 },
        ],
        300,
        false,
      ),
    ).toMatchObject({ do: 'ask', seconds: null });
    expect(lossStep([{ database: 'a', seconds: 301, secondsMin: 1 }], 300, true).do).toBe('go-on');
  });
});

describe('the shares of the time', () => {
  it('of 15 minutes are those of the decision, and fit', () => {
    const shares = Object.fromEntries(budgetedSteps.map((step) => [step, shareOf(step, 900)]));
    expect(shares).toEqual({
      detect: 90,
      decide: 60,
      fence: 60,
      'measure-loss': 15,
      promote: 420,
      scale: 420,
      admit: 30,
      validate: 45,
      'open-traffic': 120,
    });
    const oneAfterTheOther = budgetedSteps
      .filter((step) => step !== 'scale')
      .reduce((sum, step) => sum + shareOf(step, 900), 0);
    expect(oneAfterTheOther).toBe(840);
  });
  it('grow with the objective', () => {
    expect(shareOf('promote', 3600)).toBe(1680);
  });
  it('are told while a step runs', () => {
    const steps = [
      { name: 'fence', startedAt: at(0).toISOString(), endedAt: at(20).toISOString() },
      { name: 'promote', startedAt: at(20).toISOString() },
    ] as const;
    expect(stepReports(steps, 900, at(441))).toEqual([
      { name: 'fence', seconds: 20, budgetSeconds: 60, over: false },
      { name: 'promote', seconds: 421, budgetSeconds: 420, over: true },
    ]);
  });
  it('leave a person half of what is left, and never less than a minute', () => {
    // 900 − 60 − (60 + 15 + 420 + 30 + 45 + 120) = 150.
    expect(answerSeconds(900, 60)).toBe(75);
    expect(answerSeconds(900, 500)).toBe(60);
    expect(answerSeconds(14_400, 60)).toBe(1650);
  });
});
