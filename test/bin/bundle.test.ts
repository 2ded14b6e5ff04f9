import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundleFunctions } from '../../bin/bundle.ts';
import { escalationTasks } from '../../lib/constructs/escalation.ts';
import { tasks } from '../../lib/delivery/tasks.ts';
import { databaseTasks } from '../../lib/stacks/database-stack.ts';
import { followTask } from '../../lib/stacks/standby-stack.ts';
import { objectsTask } from '../../lib/stacks/workloads-stack.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

async function bundled(): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'mainstay-'));
  folders.push(folder);
  return bundleFunctions(folder);
}

/** The first stands in the text of an error of the SDK, not in its code; the second is loaded by who asks for `pg.native`. */
const neverLoaded = ['@aws-sdk/signature-v4-crt', 'pg-native'];

const code = (folder: string | undefined): string => readFileSync(join(folder ?? '', 'index.js'), 'utf8');

describe('bundles', () => {
  it('are one for each function that the stacks have', async () => {
    expect([...(await bundled()).keys()].sort()).toEqual(
      [
        ...tasks.map(({ task }) => task),
        objectsTask,
        followTask,
        ...databaseTasks,
        ...Object.keys(escalationTasks),
      ].sort(),
    );
  });

  it('are the same bytes each time, so that an unchanged function is not deployed anew', async () => {
    const [first, second] = [await bundled(), await bundled()];
    for (const [task, folder] of first) expect(code(folder)).toBe(code(second.get(task)));
  });

  it('hold at most 600 KB and everything that they need', async () => {
    for (const folder of (await bundled()).values()) {
      expect(code(folder).length).toBeLessThanOrEqual(600 * 1024);
      const required = [...code(folder).matchAll(/require\("([^"]+)"\)/g)].map(([, name = '']) => name);
      expect(required.filter((name) => !isBuiltin(name) && !neverLoaded.includes(name))).toEqual([]);
    }
  });
});
