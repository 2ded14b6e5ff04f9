import { isDeepStrictEqual, parseArgs } from 'node:util';
import { type Case, corpusFolder, loadCases } from './cases.ts';
import { judge, type Verdict } from './judge.ts';

/**
 * Runs the corpus of Amazon States Language cases recorded on AWS against the interpreter.
 *   node test/asl/conformance/main.ts [--json] [--case ID] [--group NAME]
 * Ends with 1 when the figures fall below what the project asks for, with 0 when there is no corpus to run.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' },
      case: { type: 'string' },
      group: { type: 'string' },
      words: { type: 'boolean' },
    },
  });
  const folder = corpusFolder();
  if (folder === undefined) {
    const reason = 'no corpus: neither ASL_CONFORMANCE_DIR nor ../shared/asl-conformance exists';
    if (values.json)
      console.log(JSON.stringify({ cases: 0, agreed: 0, differing: [], outOfScope: {}, skipped: reason }));
    else console.log(`SKIPPED the conformance cases: ${reason}`);
    return 0;
  }
  const all = loadCases(folder);
  const cases = all.filter(
    (one) =>
      (values.case === undefined || one.id === values.case) &&
      (values.group === undefined || one.group === values.group),
  );
  if (cases.length === 0) {
    console.error(`no such case: ${values.case ?? values.group}. The corpus has ${all.length} cases in ${folder}`);
    return 2;
  }
  const judged: [Case, Verdict][] = [];
  for (const one of cases) judged.push([one, await judge(one)]);
  if (values.case !== undefined) for (const [one, verdict] of judged) showCase(one, verdict);
  else if (values.json) console.log(JSON.stringify(summary(judged)));
  else {
    console.log(`corpus: ${folder}\n`);
    report(judged, values.words === true);
  }
  return judged.length < all.length || holds(judged) ? 0 : 1;
}

function summary(judged: readonly [Case, Verdict][]) {
  const outOfScope: Record<string, number> = {};
  for (const [, verdict] of judged) {
    if (verdict.kind === 'out-of-scope') outOfScope[verdict.reason] = (outOfScope[verdict.reason] ?? 0) + 1;
  }
  return {
    cases: judged.length,
    agreed: judged.filter(([, verdict]) => verdict.kind === 'agreed').length,
    differing: judged.filter(([, verdict]) => verdict.kind === 'differing').map(([one]) => one.id),
    outOfScope,
  };
}

function sectionOf(one: Case): string {
  if (one.kind) return one.kind;
  if (one.createError) return 'createError';
  if (one.startError) return 'startError';
  return `executions, ${one.queryLanguage ?? 'no language'}`;
}

/** The least share of in-scope cases that must agree, by section. */
const leastShare: Readonly<Record<string, number>> = {
  'executions, JSONPath': 0.98,
  'executions, JSONata': 1,
  'executions, mixed': 1,
  createError: 0.9,
  variableReferences: 0.9,
};

function countsBy(
  judged: readonly [Case, Verdict][],
  key: (one: Case) => string,
): Map<string, { cases: number; agreed: number; outside: number }> {
  const counts = new Map<string, { cases: number; agreed: number; outside: number }>();
  for (const [one, verdict] of judged) {
    const row = counts.get(key(one)) ?? { cases: 0, agreed: 0, outside: 0 };
    row.cases++;
    if (verdict.kind === 'agreed') row.agreed++;
    if (verdict.kind === 'out-of-scope') row.outside++;
    counts.set(key(one), row);
  }
  return counts;
}

function holds(judged: readonly [Case, Verdict][]): boolean {
  return [...countsBy(judged, sectionOf)].every(
    ([name, row]) => row.agreed >= (leastShare[name] ?? 0) * (row.cases - row.outside),
  );
}

function report(judged: readonly [Case, Verdict][], words: boolean): void {
  for (const [title, key] of [
    ['group', (one: Case) => one.group],
    ['section', sectionOf],
  ] as const) {
    console.log(`${title.padEnd(26)}  cases  agreed  differing  out of scope`);
    for (const [name, { cases, agreed, outside }] of countsBy(judged, key)) {
      const cells = [cases, agreed, cases - agreed - outside, outside].map((count, index) =>
        String(count).padStart([5, 8, 11, 14][index] ?? 0),
      );
      console.log(`${name.padEnd(26)}  ${cells.join('')}`);
    }
    console.log('');
  }
  const { cases, agreed, differing, outOfScope } = summary(judged);
  console.log(`${cases} cases: ${agreed} agreed, ${differing.length} differing`);
  for (const [reason, count] of Object.entries(outOfScope)) console.log(`  out of scope: ${reason} (${count})`);
  for (const [one, verdict] of judged) {
    if (verdict.kind === 'differing')
      console.log(`  differing: ${one.id} (${verdict.differences.map(({ what }) => what).join(', ')})`);
  }
  const worded = judged.filter(([, verdict]) => verdict.kind === 'agreed' && verdict.sameWords !== undefined);
  const alike = worded.filter(([, verdict]) => verdict.kind === 'agreed' && verdict.sameWords);
  if (worded.length > 0)
    console.log(`Refusals and diagnostics in AWS's very words: ${alike.length} of ${worded.length}`);
  if (words) {
    for (const [one, verdict] of worded)
      if (verdict.kind === 'agreed' && !verdict.sameWords) console.log(`  other words: ${one.id}`);
  }
}

function showCase(one: Case, verdict: Verdict): void {
  console.log(`${one.id}: ${verdict.kind}`);
  console.log(`definition ${JSON.stringify(one.definition ?? one.definitionText, undefined, 2)}`);
  console.log(`input ${JSON.stringify(one.input ?? one.inputText)}`);
  if (verdict.kind === 'out-of-scope') console.log(`out of scope: ${verdict.reason}`);
  if (verdict.kind !== 'differing') return;
  for (const { what, aws, ours } of verdict.differences) {
    console.log(`\n${what}`);
    if (Array.isArray(aws) && Array.isArray(ours)) sideBySide(aws, ours);
    else console.log(`   AWS  ${JSON.stringify(aws)}\n  ours  ${JSON.stringify(ours)}`);
  }
}

function sideBySide(aws: readonly unknown[], ours: readonly unknown[]): void {
  for (let index = 0; index < Math.max(aws.length, ours.length); index++) {
    const [left, right] = [aws[index], ours[index]];
    if (isDeepStrictEqual(left, right)) console.log(`        ${JSON.stringify(left)}`);
    else console.log(`   AWS  ${JSON.stringify(left)}\n  ours  ${JSON.stringify(right)}`);
  }
}

process.exitCode = await main();
