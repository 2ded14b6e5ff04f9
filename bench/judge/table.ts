import { RandomStream } from '../../rehearsal/kernel/random.ts';
import { type RollbackRule, rules } from './rules.ts';
import { type Truth, trace, truths } from './traces.ts';

/** What one rule did on all traces of one truth. */
export interface Outcome {
  readonly truth: Truth;
  readonly rule: string;
  readonly rolledBackPercent: number;
  /** Of those rolled back, counted from the minute in which the truth began; undefined when there are none. */
  readonly medianSeconds?: number;
}

const minutesPerRun = 30;

/** Every rule on the same seeded traces of every truth. */
export function compare(options: { runs: number; seed: number }): Outcome[] {
  return truths.flatMap((truth) => {
    const random = new RandomStream(options.seed, truth.name);
    const traces = Array.from({ length: options.runs }, () => trace(truth, minutesPerRun, random));
    return rules.map((rule) => outcomeOf(truth, rule, traces));
  });
}

function outcomeOf(truth: Truth, rule: RollbackRule, traces: readonly ReturnType<typeof trace>[]): Outcome {
  const seconds = traces
    .flatMap((minutes) => rule.rollsBackAfterMinutes(minutes) ?? [])
    .map((minute) => Math.max(0, minute - truth.fromMinute) * 60)
    .toSorted((a, b) => a - b);
  const median = seconds[Math.floor(seconds.length / 2)];
  return {
    truth,
    rule: rule.name,
    rolledBackPercent: (100 * seconds.length) / traces.length,
    ...(median === undefined ? {} : { medianSeconds: median }),
  };
}

/** The outcomes as a table in Markdown, a row a truth. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const names = rules.map((rule) => rule.name);
  const rows = truths.map((truth) => {
    const cells = names.map((name) =>
      cellOf(outcomes.find((outcome) => outcome.truth === truth && outcome.rule === name)),
    );
    return `| ${truth.name} | ${cells.join(' | ')} |`;
  });
  return [`| Truth | ${names.join(' | ')} |`, `|---${'|---'.repeat(names.length)}|`, ...rows].join('\n');
}

function cellOf(outcome: Outcome | undefined): string {
  if (!outcome) return '–';
  const share = `${Number(outcome.rolledBackPercent.toFixed(2))} %`;
  return outcome.truth.worse && outcome.medianSeconds !== undefined ? `${share}, ${outcome.medianSeconds} s` : share;
}

/** Most that a release without blame may be rolled back. */
const falseRollbackPercentMax = 1;

/**
 * What the figures must show of `subject`: false rollbacks of at most 1 % wherever the release is not to blame, and where it is, a
 * median no later than that of any rule which keeps to the same. A rule that finds fewer than half has no median to compare.
 * Gives what does not hold; empty when all does.
 */
export function shortfalls(outcomes: readonly Outcome[], subject: string): string[] {
  const blameless = outcomes.filter((outcome) => !outcome.truth.worse);
  // Measured where there is traffic enough for every rule, so that none is spared for failing where there is little.
  const withTraffic = blameless.filter((outcome) => outcome.truth.requestsPerSecond >= 100);
  const sound = rules
    .map((rule) => rule.name)
    .filter((name) =>
      withTraffic
        .filter((outcome) => outcome.rule === name)
        .every((outcome) => outcome.rolledBackPercent <= falseRollbackPercentMax),
    );
  const falseRollbacks = blameless
    .filter((outcome) => outcome.rule === subject && outcome.rolledBackPercent > falseRollbackPercentMax)
    .map((outcome) => `${outcome.truth.name}: ${outcome.rolledBackPercent} % false rollbacks`);
  const late = truths
    .filter((truth) => truth.worse)
    .flatMap((truth) => {
      const of = (name: string) => {
        const outcome = outcomes.find((candidate) => candidate.truth === truth && candidate.rule === name);
        return (outcome?.rolledBackPercent ?? 0) >= 50 ? (outcome?.medianSeconds ?? Infinity) : Infinity;
      };
      return sound.filter((name) => of(name) < of(subject)).map((name) => `${truth.name}: ${name} finds it sooner`);
    });
  return [...falseRollbacks, ...late];
}
