import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

function app(...context: string[]): { status: number | null; stdout: string; stderr: string } {
  const options = context.flatMap((entry) => ['-c', entry]);
  return spawnSync(process.execPath, ['bin/app.ts', ...options], { cwd: root, encoding: 'utf8' });
}

describe('the CDK app', () => {
  it.each([
    ['platform=nowhere', "There is no platform 'nowhere'. Known are aeon"],
    ['platform=toString', "There is no platform 'toString'. Known are aeon"],
    ['stage=friday', "There is no stage 'friday'. Known are development, staging, production"],
    ['account=12', "The account '12' is no AWS account"],
  ])('refuses %s with exit code 2, one sentence and no stack trace', (context, sentence) => {
    const { status, stdout, stderr } = app(context);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
