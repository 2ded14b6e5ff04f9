import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../bin/cli/program.ts';
import { strategies } from '../../domain/delivery.ts';
import { knownPlatforms } from '../../platforms/index.ts';
import { parseFaults } from '../../rehearsal/faults/catalogue.ts';
import { requireReadinessFaults } from '../../rehearsal/scenarios/readiness-request.ts';
import { parseRelease } from '../../rehearsal/scenarios/releases.ts';
import { codeOf, pages, root, textOf } from './markdown.ts';

interface Shown {
  readonly where: string;
  readonly words: readonly string[];
}

/** Pages, and what the command line itself proposes to type. */
const lines: readonly { readonly where: string; readonly line: string }[] = [
  ...pages.flatMap((where) => codeOf(textOf(where)).map((line) => ({ where, line }))),
  ...['bin/cli/start.ts', 'bin/cli/rehearse.ts'].flatMap((where) =>
    textOf(where)
      .split('\n')
      .flatMap((text) => /npx mainstay [^'`]*/.exec(text)?.[0] ?? [])
      .map((line) => ({ where, line: line.split('  ')[0] ?? '' })),
  ),
];

/** The commands of a line, without comments: `npm ci && npm start` are two. */
function shown(beginning: RegExp): Shown[] {
  return lines.flatMap(({ where, line }) =>
    line
      .replace(/(^|\s)#.*$/, '')
      .split('&&')
      .map((command) => command.trim())
      .filter((command) => beginning.test(command))
      .map((command) => ({ where, words: command.split(/\s+/) })),
  );
}

async function help(words: readonly string[]): Promise<string> {
  let text = '';
  const out = (more: string) => {
    text += more;
  };
  await run([...words, '--help'], { out, error: out, interactive: false, color: false, now: () => 0 });
  return text;
}

function valuesOf(words: readonly string[], option: string): string[] {
  return words.flatMap((word, position) => (word === option ? [words[position + 1] ?? ''] : []));
}

const mainstay = shown(/^npx mainstay\b/).map(({ where, words }) => ({ where, words: words.slice(2) }));

describe('commands that are shown', () => {
  it('are found', () => {
    expect(mainstay.length).toBeGreaterThan(10);
  });

  it.each(mainstay)('mainstay $words of $where exists, with its options', async ({ words }) => {
    const firstOption = words.findIndex((word) => word.startsWith('--'));
    const path = words.slice(0, firstOption < 0 ? undefined : firstOption);
    const commands = path[0] === 'platforms' ? path.slice(0, 2) : path;
    const text = await help(commands);
    expect(text).toContain(`Usage: mainstay ${commands.join(' ')} `);
    for (const option of words.filter((word) => word.startsWith('--'))) expect(text).toContain(` ${option} `);
  });

  it.each(mainstay)('mainstay $words of $where names what there is', ({ words }) => {
    const platforms = Object.values(knownPlatforms);
    for (const value of valuesOf(words, '--release')) expect(() => parseRelease(value)).not.toThrow();
    // A standby has faults of its own.
    const known = words[0] === 'readiness' ? requireReadinessFaults : parseFaults;
    expect(() => known(valuesOf(words, '--fault'))).not.toThrow();
    for (const value of valuesOf(words, '--platform')) expect(Object.keys(knownPlatforms)).toContain(value);
    for (const value of valuesOf(words, '--strategy')) expect(strategies).toContain(value);
    for (const value of valuesOf(words, '--service')) {
      expect(platforms.flatMap(({ services }) => services.map(({ name }) => name))).toContain(value);
    }
  });

  it('of npm are scripts of the project', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const ofItself = ['ci', 'install', 'i'];
    const named = shown(/^npm /).map(({ where, words }) => [where, words[1] === 'run' ? words[2] : words[1]]);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter(([, name = '']) => !ofItself.includes(name) && !(name in scripts))).toEqual([]);
  });
});
