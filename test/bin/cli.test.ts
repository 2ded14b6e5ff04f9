import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../bin/cli/program.ts';
import { aeon } from '../../platforms/aeon.ts';
import { faultCatalogue } from '../../rehearsal/faults/catalogue.ts';
import { releaseKinds } from '../../rehearsal/scenarios/releases.ts';

const root = resolve(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'mainstay-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function mainstay(...words: string[]): Promise<Ended> {
  let out = '';
  let error = '';
  const code = await run(words, {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
    interactive: false,
    color: false,
    now: () => 0,
  });
  return { code, out, error };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Code 2, nothing on stdout, the message and no stack on stderr. */
function expectRefused(ended: Ended, ...told: string[]): void {
  expect(ended.code).toBe(2);
  expect(ended.out).toBe('');
  for (const words of told) expect(ended.error).toContain(words);
  expect(ended.error).not.toMatch(/^\s+at /m);
}

const healthy = ['rehearse', 'canary', '--service', 'aeon-dt-api', '--release', 'healthy'];

describe('what is typed wrongly is refused', () => {
  it.each<[string, string[], string[]]>([
    [
      'a platform',
      [...healthy, '--platform', 'nowhere'],
      ['UnknownPlatform', "'nowhere'", 'Known: aeon', 'Choose one of these'],
    ],
    ['a platform that every object has', [...healthy, '--platform', 'toString'], ['UnknownPlatform', "'toString'"]],
    [
      'a service',
      ['rehearse', 'canary', '--service', 'nobody', '--release', 'healthy'],
      ['UnknownPlatformService', "'nobody'", 'aeon-dt-api, aeon-dt-worker, aeon-dt-openspg'],
    ],
    [
      'a release',
      ['rehearse', 'canary', '--service', 'aeon-dt-api', '--release', 'worse'],
      ['UnknownRelease', "'worse'", 'healthy, errors=5%', 'rehearse list'],
    ],
    [
      'an amount',
      ['rehearse', 'canary', '--service', 'aeon-dt-api', '--release', 'errors=120%'],
      ['UnknownRelease', "'errors=120%'", 'Percent from 0 to 100'],
    ],
    [
      'faults, all of them at once',
      [...healthy, '--fault', 'flood', '--fault', 'throttle', '--fault', 'fire'],
      ['UnknownFault', "'flood', 'fire'", 'crash-after-side-effect', 'rehearse list'],
    ],
    ['a seed', [...healthy, '--seed', '1.5'], ['SeedNotANumber', "'1.5'", 'whole number']],
    ['a seed below nothing', [...healthy, '--seed=-1'], ['SeedNotANumber', "'-1'"]],
    [
      'a strategy',
      [...healthy, '--strategy', 'big-bang'],
      ['StrategyNotPossible', "'big-bang'", 'canary, blue-green, rolling'],
    ],
    [
      'a strategy that the service does not allow',
      ['rehearse', 'canary', '--service', 'aeon-dt-worker', '--release', 'healthy', '--strategy', 'canary'],
      ['StrategyNotPossible', "'canary'", 'allows rolling'],
    ],
    ['a folder that is none', [...healthy, '--out', join(root, 'README.md', 'x')], ['UnwritableFolder', '--out']],
    ['a command', ['rehearse', 'canry'], ["unknown command 'canry'", 'Did you mean canary?']],
    ['an option', [...healthy, '--sed', '1'], ["unknown option '--sed'"]],
    ['words too many', [...healthy, 'again'], ['too many arguments']],
    ['words too few', ['rehearse', 'canary', '--release', 'healthy'], ["'--service <name>' not specified"]],
    ['no word at all', [], ['Usage: mainstay']],
    ['a count of seeds', ['seeds', '--count', 'many'], ['SeedNotANumber', "The count is 'many'"]],
    ['a service for seeds', ['seeds', '--service', 'nobody'], ['UnknownPlatformService', "'nobody'"]],
  ])('%s', async (_what, words, told) => {
    expectRefused(await mainstay(...words), ...told);
  });

  it('with --json as well: nothing on stdout that could be taken for a result', async () => {
    expectRefused(await mainstay(...healthy, '--json', '--seed', 'x'), 'SeedNotANumber');
  });
});

describe('rehearse list', () => {
  it('lists every release and every fault with what it means', async () => {
    const { code, out, error } = await mainstay('rehearse', 'list');
    expect([code, error]).toEqual([0, '']);
    const lines = out.split('\n').map((line) => line.trim().split(/\s{2,}/));
    const told = [
      ...releaseKinds.map(({ form, meaning }) => [form, meaning]),
      ...faultCatalogue.map(({ name, meaning }) => [name, meaning]),
    ];
    for (const [name = '', meaning] of told) {
      const line = lines.find(([first]) => first === name || first?.startsWith(`${name} `));
      expect(line?.join('  ')).toContain(meaning);
    }
  });

  it('tells apart what Mainstay copes with, what it refuses and what breaks a promise on purpose', async () => {
    const { out } = await mainstay('rehearse', 'list');
    const order = [
      'Releases',
      'Mainstay copes',
      'throttle',
      'are refused',
      'unknown-tag',
      'on purpose',
      'break-weights',
    ];
    const places = order.map((words) => out.indexOf(words));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
  });
});

describe('platforms validate', () => {
  it('says what a sound platform holds, by name and by file', async () => {
    for (const given of ['aeon', join(root, 'platforms', 'aeon.ts')]) {
      const { code, out, error } = await mainstay('platforms', 'validate', given);
      expect([code, error]).toEqual([0, '']);
      expect(out).toContain('aeon (AEON Digital Twin) is sound: 3 services');
      expect(out).not.toContain('refuses');
    }
  });

  it('takes a definition from JSON', async () => {
    const path = file('sound.json', JSON.stringify({ ...aeon, name: 'aeon-two' }));
    const { code, out, error } = await mainstay('platforms', 'validate', path);
    expect([code, error]).toEqual([0, '']);
    expect(out).toContain('aeon-two (AEON Digital Twin) is sound');
  });

  it('says of a sound platform what a synth would refuse', async () => {
    const path = file(
      'more.json',
      JSON.stringify({ ...aeon, promotion: { ...aeon.promotion, automaticRollback: false } }),
    );
    const { code, out, error } = await mainstay('platforms', 'validate', path);
    expect([code, error]).toEqual([0, '']);
    expect(out).toContain('is sound: 3 services');
    expect(out).toContain(
      "But a synth refuses it: The platform 'aeon' can't be deployed yet.\n  promotion.automaticRollback: ",
    );
  });

  it('tells all violations at once, each with its path, what came and what is allowed', async () => {
    const wrong = {
      ...aeon,
      speed: 'fast',
      services: aeon.services.map((service, position) =>
        position === 0
          ? {
              ...service,
              port: 80_000,
              databases: ['nowhere'],
              probes: { ...service.probes, liveness: { ...service.probes.liveness, periodSeconds: '10 s' } },
            }
          : service,
      ),
    };
    const ended = await mainstay('platforms', 'validate', file('wrong.json', JSON.stringify(wrong)));
    expectRefused(ended, "InvalidPlatform: The platform 'aeon' is not sound");
    for (const [path, came] of [
      ['speed', '"fast"'],
      ['services[0].port', '80000'],
      ['services[0].probes.liveness.periodSeconds', '"10 s"'],
    ]) {
      expect(ended.error).toMatch(
        new RegExp(`^  ${path?.replaceAll(/[[\].]/g, '\\$&')}: is ${came}; allowed: .+ \\[.+\\]$`, 'm'),
      );
    }
  });

  it('tells a violation across fields with its path', async () => {
    const services = aeon.services.map((service, position) =>
      position === 0 ? { ...service, databases: ['nowhere'] } : service,
    );
    const path = file('dangling.json', JSON.stringify({ ...aeon, services }));
    expectRefused(await mainstay('platforms', 'validate', path), 'services[0].databases[0]: is "nowhere"', 'aeon-dt');
  });

  it.each<[string, string, string]>([
    ['that does not parse', 'broken.ts', 'export default {'],
    ['that is no JSON', 'broken.json', '{"name": '],
    ['that throws', 'throws.ts', "throw new Error('no network');"],
    ['that exports several things', 'several.ts', 'export const one = 1;\nexport const two = 2;'],
    ['that exports nothing', 'nothing.ts', 'export {};'],
  ])('refuses a file %s', async (_what, name, text) => {
    expectRefused(await mainstay('platforms', 'validate', file(name, text)), 'UnreadableFile', name);
  });

  it('refuses a file that is not there, and a name that nothing has', async () => {
    expectRefused(await mainstay('platforms', 'validate', join(folder, 'none.ts')), 'UnreadableFile', 'none.ts');
    expectRefused(await mainstay('platforms', 'validate', 'aeno'), 'UnknownPlatform', "'aeno'", 'Known: aeon');
  });
});

describe('the program itself', () => {
  function program(...words: string[]): { status: number | null; stdout: string; stderr: string } {
    return spawnSync(process.execPath, ['bin/mainstay.ts', ...words], { cwd: root, encoding: 'utf8' });
  }

  it('ends with code 2, its message on stderr and nothing on stdout', () => {
    const { status, stdout, stderr } = program(...healthy, '--platform', 'nowhere', '--json');
    expectRefused({ code: status ?? -1, out: stdout, error: stderr }, 'UnknownPlatform');
  });

  it('ends with code 0 and writes no escape sequences where nobody watches', () => {
    const { status, stdout, stderr } = program('rehearse', 'list');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).not.toContain('\u001b');
  });

  it('helps', () => {
    const { status, stdout } = program('rehearse', 'canary', '--help');
    expect(status).toBe(0);
    for (const option of [
      '--platform',
      '--service',
      '--release',
      '--strategy',
      '--fault',
      '--seed',
      '--json',
      '--out',
    ]) {
      expect(stdout).toContain(option);
    }
  });
});
