import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Folder → what it may import of ours. `bin` and `test` may import all. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  domain: ['domain'],
  platforms: ['platforms', 'domain'],
  lib: ['lib', 'domain', 'platforms'],
  lambdas: ['lambdas', 'domain'],
  rehearsal: ['rehearsal', 'domain', 'platforms'],
};

/** Packages a folder may not import although they are installed. */
const forbiddenPackages: Readonly<Record<string, readonly RegExp[]>> = {
  domain: [/^node:/, /^@aws-sdk\//, /^@smithy\//, /^aws-cdk/, /^constructs/],
  platforms: [/^node:/, /^@aws-sdk\//, /^@smithy\//, /^aws-cdk/, /^constructs/],
  lambdas: [/^aws-cdk/, /^constructs/, /^@aws-sdk\//, /^@smithy\//, /^node:https?$/],
};

/** The only places in `lambdas` that speak to the world. */
const adapterFolders = ['lambdas/aws/', 'lambdas/kubernetes/', 'lambdas/rabbitmq/'];

const fileLinesMax = 300;
const functionLinesMax = 60;

/** Longer files, each with the reason why splitting would make it harder to read. */
const longFiles: Readonly<Record<string, string>> = {
  'platforms/aeon.ts': 'a platform is one file of data, read from top to bottom',
};

const testLinesMax = 350;

/** Longer tests, each with its reason. */
const longTests: Readonly<Record<string, string>> = {
  'test/lambdas/canary.test.ts': 'one world of a promotion, whose tasks are tested in their order',
  'test/lambdas/failback.test.ts': 'one world of two regions, whose tasks are tested in their order',
  'test/lambdas/failover/failover.test.ts': 'one world of two regions, whose tasks are tested in their order',
  'test/lambdas/world.ts': 'one cluster and one account, whose parts know each other',
  'test/platforms/rules.test.ts': 'a table of every rule that a definition can break',
  'test/rehearsal/aws/cloudwatch.test.ts': 'one account of alarms, whose rules bear on each other',
  'test/rehearsal/aws/s3.test.ts': 'one bucket, whose versions, locks and lifecycle bear on each other',
  'test/rehearsal/aws/states.test.ts': 'one service, whose calls bear on each other',
  'test/rehearsal/iam/iam.test.ts': 'a table of decisions, policy by policy',
  'test/rehearsal/rotation-world.ts': 'the smallest app that rotates, with nothing hidden in another file',
  'test/step-functions/canary-promotion.test.ts': 'one state machine, path by path',
};

/** Longer functions, likewise: `file#name`. */
const longFunctions: Readonly<Record<string, string>> = {};

/** Real clocks, randomness and environment outside adapters and entry points would break 'same seed, same bytes'. */
const nondeterminism = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.env\b|\bperformance\.now\(/;
const mayBeNondeterministic: Readonly<Record<string, string>> = {
  'lambdas/aws/credentials.ts': "Lambda gives a function its role's session in its environment",
  'lambdas/handling/clock.ts': "the functions' clock; the sandbox gives them a virtual one",
  'lambdas/handling/environment.ts': "the one place that reads a function's settings",
};

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g)].map((match) => match[1] ?? '');
}

const folders = Object.keys(mayImport);

describe('import directions', () => {
  it.each(folders)('%s imports only what it may', (folder) => {
    const wrong: string[] = [];
    for (const file of sources(folder)) {
      for (const imported of importsOf(file)) {
        if (imported.startsWith('.')) {
          const target = relative(root, resolve(root, dirname(file), imported)).split('/')[0] ?? '';
          if (!mayImport[folder]?.includes(target)) wrong.push(`${file} imports ${imported}`);
        } else if (!adapterFolders.some((adapter) => file.startsWith(adapter))) {
          if (forbiddenPackages[folder]?.some((pattern) => pattern.test(imported)))
            wrong.push(`${file} imports ${imported}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('shape', () => {
  it(`tests have at most ${testLinesMax} lines, or a reason`, () => {
    const longer = sources('test').filter(
      (file) => readFileSync(join(root, file), 'utf8').split('\n').length - 1 > testLinesMax,
    );
    expect(longer).toEqual(Object.keys(longTests));
  });

  it(`files have at most ${fileLinesMax} lines`, () => {
    const long = [...folders, 'bin']
      .flatMap(sources)
      .filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length - 1 > fileLinesMax);
    expect(long).toEqual(Object.keys(longFiles).sort());
  });

  it(`functions have at most ${functionLinesMax} lines`, () => {
    const long = [...folders, 'bin'].flatMap(sources).flatMap((file) => longFunctionsOf(file));
    expect(long).toEqual(Object.keys(longFunctions).sort());
  });

  it('no clock, randomness or environment outside adapters and entry points', () => {
    const wrong = folders
      .flatMap(sources)
      .filter((file) => nondeterminism.test(withoutComments(readFileSync(join(root, file), 'utf8'))));
    expect(wrong).toEqual(Object.keys(mayBeNondeterministic).sort());
  });
});

describe('memory', () => {
  // Decision 0026: a rehearsal lets a cold start use what an earlier one has loaded.
  it('functions keep nothing between invocations: no module holds a variable or a collection that fills', () => {
    const wrong = sources('lambdas').filter((file) => kept.test(readFileSync(join(root, file), 'utf8')));
    expect(wrong).toEqual([]);
  });

  it.each([
    'let count = 0;',
    'export let count = 0;',
    'const seen = new Map<string, number>();',
    'export const seen: Set<string> = new Set();',
    'const lines: string[] = [];',
    'const byName: Record<string, string> = {};',
  ])('finds %s', (line) => {
    expect(kept.test(`import x from 'y';\n${line}\n`)).toBe(true);
  });

  it('lets a function have its own, and a module what it never changes', () => {
    expect(kept.test("function f() {\n  let count = 0;\n}\nconst names = new Set(['a']);\n")).toBe(false);
  });
});

/** What a module keeps from one invocation to the next. */
const kept =
  /^(?:export )?(?:let |var |const [^=\n]+= (?:new (?:Map|Set|WeakMap|WeakSet|WeakRef)(?:<[^\n]*>)?\(\)|\[\]|\{\});$)/m;

/** Functions and methods by indentation: the formatter closes a body in the column in which its declaration began. */
function longFunctionsOf(file: string): string[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const found: string[] = [];
  const declaration =
    /^(\s*)(?:export )?(?:default )?(?:(?:async )?function\*? (\w+)|(?:override |static |async |\*)*(#?\w+)\([^;]*\)?.*\{$|const (\w+) = (?:async )?\()/;
  lines.forEach((line, start) => {
    const match = declaration.exec(line);
    const name = match?.[2] ?? match?.[3] ?? match?.[4];
    // An expression, not a body.
    if (/(;|=>)$/.test(line.trimEnd())) return;
    if (!match || !name || ['if', 'for', 'while', 'switch', 'describe', 'it'].includes(name)) return;
    const end = lines.findIndex((candidate, index) => index > start && new RegExp(`^${match[1]}\\}`).test(candidate));
    if (end - start + 1 > functionLinesMax) found.push(`${file}#${name}`);
  });
  return found;
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');
}
