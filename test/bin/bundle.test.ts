import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stderr, stdout } from 'node:process';
import { compileFunction, constants, createContext } from 'node:vm';
import { afterAll, describe, expect, it } from 'vitest';
import { bundleFunctions, largerBundles } from '../../bin/bundle.ts';
import { rotationHandlers } from '../../domain/rotation.ts';
import { manifestTasks } from '../../lib/backup/manifest-tasks.ts';
import { partTasks } from '../../lib/backup/part-tasks.ts';
import { recoverySetTasks } from '../../lib/backup/tasks.ts';
import { escalationTasks } from '../../lib/constructs/escalation.ts';
import { releaseTask, tasks } from '../../lib/delivery/tasks.ts';
import { failbackTasks } from '../../lib/failover/failback-tasks.ts';
import { readinessTaskName } from '../../lib/failover/readiness.ts';
import {
  databaseTasks as failoverDatabaseTasks,
  guardTask,
  regionTasks,
  watchTask as watchPrimary,
} from '../../lib/failover/tasks.ts';
import { loginTasks, restoreTasks, sweepTask } from '../../lib/restore/tasks.ts';
import { followSecretsTask, rolloutTasks, watchTask } from '../../lib/rotation/tasks.ts';
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

/**
 * The first stands in the text of an error of the SDK, not in its code; the second is loaded by who asks for `pg.native`; the third colours what mysql2 prints
 * when it debugs, where it is found.
 */
const neverLoaded = ['@aws-sdk/signature-v4-crt', 'pg-native', 'cardinal'];

const code = (folder: string | undefined): string => readFileSync(join(folder ?? '', 'index.js'), 'utf8');

describe('bundles', () => {
  it('are one for each function that the stacks have', async () => {
    expect([...(await bundled()).keys()].sort()).toEqual(
      [
        ...tasks.map(({ task }) => task),
        releaseTask.task,
        objectsTask,
        followTask,
        ...databaseTasks,
        ...Object.keys(escalationTasks),
        ...rolloutTasks.map(({ task }) => task),
        watchTask.task,
        followSecretsTask.task,
        ...new Set(Object.values(rotationHandlers)),
        ...[...recoverySetTasks, ...partTasks, ...manifestTasks].map(({ task }) => task),
        ...[...regionTasks, ...failbackTasks, ...failoverDatabaseTasks, guardTask, watchPrimary].map(
          ({ task }) => task,
        ),
        readinessTaskName,
        'find-entrance',
        ...[...restoreTasks, sweepTask, ...loginTasks('isolated')].map(({ task }) => task),
      ].sort(),
    );
  });

  it('are the same bytes each time, so that an unchanged function is not deployed anew', async () => {
    const [first, second] = [await bundled(), await bundled()];
    for (const [task, folder] of first) expect(code(folder)).toBe(code(second.get(task)));
  });

  it('are made again when what is there was made of other sources, or is not all there', async () => {
    const bundles = await bundled();
    const folder = folders.at(-1) ?? '';
    const file = join(bundles.get('notify') ?? '', 'index.js');
    const made = readFileSync(file, 'utf8');
    writeFileSync(file, 'kept');
    await bundleFunctions(folder);
    expect(readFileSync(file, 'utf8')).toBe('kept');
    writeFileSync(join(folder, 'sources'), 'others');
    await bundleFunctions(folder);
    expect(readFileSync(file, 'utf8')).toBe(made);
    rmSync(file);
    await bundleFunctions(folder);
    expect(readFileSync(file, 'utf8')).toBe(made);
  });

  it('hold at most 600 KB, but for those with a reason, and everything that they need', async () => {
    const larger: string[] = [];
    for (const [task, folder] of await bundled()) {
      if (code(folder).length > 600 * 1024) larger.push(task);
      const required = [...code(folder).matchAll(/require\("([^"]+)"\)/g)].map(([, name = '']) => name);
      expect(required.filter((name) => !isBuiltin(name) && !neverLoaded.includes(name))).toEqual([]);
    }
    expect(larger.sort()).toEqual(Object.keys(largerBundles).sort());
  });

  it('compile no parsers while they load: a cold start never earns them back', async () => {
    const bundles = await bundled();
    for (const task of ['read-plan', 'apply-objects', 'prepare-database']) {
      const context = createContext(constants.DONT_CONTEXTIFY) as { Function: FunctionConstructor };
      let compiled = 0;
      context.Function = new Proxy(context.Function, {
        construct(kind, source) {
          compiled++;
          return Reflect.construct(kind, source);
        },
      });
      const values = { process: { ...process, env: {}, stdout, stderr }, Buffer, URL, TextEncoder, console };
      const run = compileFunction(code(bundles.get(task)), ['require', 'module', 'exports', ...Object.keys(values)], {
        parsingContext: context,
      });
      // Without settings it ends where it parses them.
      expect(() => run(createRequire(import.meta.url), { exports: {} }, {}, ...Object.values(values))).toThrow(
        /MAINSTAY_/,
      );
      expect(compiled, task).toBe(0);
    }
  });
});
