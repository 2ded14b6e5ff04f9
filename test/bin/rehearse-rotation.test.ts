import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../bin/cli/program.ts';
import { rotationFaults } from '../../rehearsal/scenarios/rotation-faults.ts';

async function rotation(...words: string[]) {
  let out = '';
  let error = '';
  const code = await run(['rehearse', 'rotation', ...words], {
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

describe('rehearse rotation', () => {
  it.each([
    ['a secret', ['--secret', 'nobody'], ['ScenarioNotPossible', "'nobody'", 'Known: aeon-dt-postgres']],
    ['a step', ['--crash-after', 'boil'], ['UnknownFault', "'boil'", 'create, set, test, finish']],
    ['a fault', ['--fault', 'flood'], ['UnknownFault', "'flood'", 'consumer-never-ready']],
    ['a seed', ['--seed', 'x'], ['SeedNotANumber']],
    ['a platform', ['--platform', 'nowhere'], ['UnknownPlatform']],
  ])('refuses %s that there is not, with nothing on stdout', async (_what, words, told) => {
    const ended = await rotation(...words, '--json');
    expect(ended.code).toBe(2);
    expect(ended.out).toBe('');
    for (const word of told) expect(ended.error).toContain(word);
  });

  it('prints one JSON object, and keeps the run where it is told to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mainstay-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { code, out } = await rotation('--json', '--seed', '3', '--out', folder, '--crash-after', 'create');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      workflow: 'secret-rotation',
      platform: 'aeon',
      secret: 'aeon-dt-postgres',
      outcome: 'finished-late',
      seed: 3,
      faults: ['crash-after-create'],
      loginsTried: expect.any(Number),
      loginsDenied: 0,
      deniedSeconds: 0,
      consumersRestarted: expect.arrayContaining(['aeon-dt-api-blue']),
      checkers: { violated: [] },
      logSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(readdirSync(folder).sort()).toEqual(['events.jsonl', 'history', 'result.json']);
    expect(readFileSync(join(folder, 'events.jsonl'), 'utf8')).toContain('"kind":"rotation.started"');
  });

  it('tells the run as a timeline, and how to see it again', async () => {
    const { code, out } = await rotation('--secret', 'aeon-dt-heartbeat');
    expect(code).toBe(0);
    expect(out).toMatch(/00:00:0\d {2}Secrets Manager rotates/);
    expect(out).toContain('✔ one AWSCURRENT and no AWSPENDING');
    expect(out).toContain('again: npx mainstay rehearse rotation --platform aeon --secret aeon-dt-heartbeat --seed 1');
  });

  it('has its faults in the list', async () => {
    let out = '';
    const quiet = { error: () => undefined, interactive: false, color: false, now: () => 0 };
    const add = (text: string) => {
      out += text;
    };
    await run(['rehearse', 'list'], { ...quiet, out: add });
    for (const { name, meaning } of rotationFaults) expect(out).toContain(`${name.padEnd(24)} ${meaning}`);
  });
});
