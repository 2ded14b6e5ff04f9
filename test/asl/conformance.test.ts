import { describe, expect, it } from 'vitest';
import type { Case } from './conformance/cases.ts';
import { same, sameLists } from './conformance/compare.ts';
import { judge } from './conformance/judge.ts';

// The corpus itself is run by `npm run test:asl`; here is what its runner holds to be the same, and that it sees a difference.

describe('comparing with a recording', () => {
  const opaque = new Set(['/output/id', '/output/text']);

  it('takes numbers by value and everything else to the letter', () => {
    expect(same({ n: 3 }, { n: 3.0 }, '/output', opaque)).toBe(true);
    expect(same({ n: 3 }, { n: '3' }, '/output', opaque)).toBe(false);
    expect(same({ a: 1 }, { a: 1, b: 2 }, '/output', opaque)).toBe(false);
    expect(same([1, 2], [2, 1], '/output', opaque)).toBe(false);
  });

  it('passes over a placeholder, but not over the text around it', () => {
    expect(same({ id: 'date' }, { id: '2026-01-01' }, '/output', opaque)).toBe(true);
    expect(same({ text: 'run <uuid:1> ended' }, { text: 'run 7 ended' }, '/output', opaque)).toBe(true);
    expect(same({ text: 'run <uuid:1> ended' }, { text: 'run 7 failed' }, '/output', opaque)).toBe(false);
    expect(same({ other: 'date' }, { other: '2026-01-01' }, '/output', opaque)).toBe(false);
  });

  it('takes lists in order, unless the order may vary', () => {
    const equal = (a: number, b: number) => a === b;
    expect(sameLists([1, 2], [2, 1], false, equal)).toBe(false);
    expect(sameLists([1, 2], [2, 1], true, equal)).toBe(true);
    expect(sameLists([1, 1], [1, 2], true, equal)).toBe(false);
  });
});

describe('judging a case', () => {
  const one: Case = {
    id: 'made/up',
    group: 'made',
    source: '',
    recorded: '2026-01-01',
    type: 'STANDARD',
    definition: { StartAt: 'A', States: { A: { Type: 'Pass', Assign: { v: 1 }, Result: 2, End: true } } },
    input: {},
    expected: { status: 'SUCCEEDED', output: 2 },
    states: [{ name: 'A', input: {}, output: 2, assigned: { v: 1 } }],
    tasks: [],
    events: ['ExecutionStarted', 'PassStateEntered', 'PassStateExited', 'ExecutionSucceeded'],
  };

  it('agrees with what happens', async () => {
    expect(await judge(one)).toEqual({ kind: 'agreed' });
  });

  it.each<[string, Partial<Case>]>([
    ['expected/output', { expected: { status: 'SUCCEEDED', output: 3 } }],
    ['expected/status', { expected: { status: 'FAILED', output: 2 } }],
    ['states', { states: [{ name: 'A', input: {}, output: 2, assigned: { v: 2 } }] }],
    ['tasks', { tasks: [{ state: 'A', resource: 'r', parameters: {}, outcome: { output: 1 } }] }],
    ['events', { events: ['ExecutionStarted', 'PassStateEntered', 'ExecutionSucceeded'] }],
  ])('sees another %s', async (what, change) => {
    const verdict = await judge({ ...one, ...change });
    expect(verdict.kind === 'differing' && verdict.differences.map((difference) => difference.what)).toEqual([what]);
  });

  it('sees a definition that should have been refused', async () => {
    const { expected: _, states: _states, tasks: _tasks, events: _events, ...rest } = one;
    const verdict = await judge({ ...rest, createError: { code: 'InvalidDefinition', message: 'refused' } });
    expect(verdict.kind).toBe('differing');
  });
});
