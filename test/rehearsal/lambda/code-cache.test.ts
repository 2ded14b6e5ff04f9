import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { beforeEach, describe, expect, it } from 'vitest';
import { compiled, keepCompiledCode, saveCompiledCode } from '../../../rehearsal/lambda/code-cache.ts';

// V8 would take the same text from its own memory, and not look at what was kept.
setFlagsFromString('--no-compilation-cache');

const asset = `asset.${'a1'.repeat(32)}`;
const source = 'exports.answer = () => 42;';
let kept = '';

/** A copy of the bundle in a folder of its own: a path that this process has not compiled yet. */
function bundle(name: string): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'mainstay-code-')), name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'index.js'), source);
  return folder;
}

function answerOf(script: ReturnType<typeof compiled>): unknown {
  const module: { answer?: () => number } = {};
  script.runInThisContext()(module);
  return module.answer?.();
}

beforeEach(() => {
  kept = join(mkdtempSync(join(tmpdir(), 'mainstay-kept-')), 'compiled');
  keepCompiledCode(kept);
});

describe('compiled bundles', () => {
  it('are kept, and taken again by who compiles the same asset', () => {
    expect(answerOf(compiled(bundle(asset), 'index'))).toBe(42);
    saveCompiledCode();
    expect(readdirSync(kept)).toEqual([`${asset}.index.v8-${process.versions.v8}`]);
    const again = compiled(bundle(asset), 'index');
    expect(again.cachedDataRejected).toBe(false);
    expect(answerOf(again)).toBe(42);
  });

  it('are compiled anew where what was kept is spoiled', () => {
    mkdirSync(kept);
    writeFileSync(join(kept, `${asset}.index.v8-${process.versions.v8}`), 'spoiled');
    const script = compiled(bundle(asset), 'index');
    expect(script.cachedDataRejected).toBe(true);
    expect(answerOf(script)).toBe(42);
  });

  it('are not kept where the folder does not say what is in it', () => {
    expect(answerOf(compiled(bundle('function'), 'index'))).toBe(42);
    saveCompiledCode();
    expect(() => readdirSync(kept)).toThrow('ENOENT');
  });
});
