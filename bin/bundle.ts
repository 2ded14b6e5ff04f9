import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';

/** Largest bundle, in bytes: a larger one costs more than 60 ms of import on a cold start. */
const bundleBytesMax = 600 * 1024;

/** A function cannot be bundled: it doesn't build, or is too large. The message names the file. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
}

/** Task (`read-plan`) → folder that holds its `index.js`, ready to be a function's asset. */
export type FunctionBundles = ReadonlyMap<string, string>;

const project = resolve(import.meta.dirname, '..');
const suffix = '.handler.ts';

/**
 * Bundles every `lambdas/**\/<task>.handler.ts` in one esbuild run: CommonJS, for Node 24, minified, without a source map.
 * The same sources give the same bytes, so that an unchanged function is an unchanged asset. Throws BundleError.
 */
export async function bundleFunctions(
  outputDirectory: string = join(project, '.mainstay', 'functions'),
): Promise<FunctionBundles> {
  const handlers = globSync(`lambdas/**/*${suffix}`, { cwd: project }).sort();
  const folders = new Map<string, string>();
  for (const handler of handlers) {
    const task = basename(handler, suffix);
    if (folders.has(task))
      throw new BundleError(`Two handlers are named ${task}${suffix}; a function's name is its file's.`);
    folders.set(task, join(outputDirectory, task));
  }
  const result = await build({
    absWorkingDir: project,
    entryPoints: handlers.map((handler) => ({ in: handler, out: join(basename(handler, suffix), 'index') })),
    outdir: outputDirectory,
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    // The ESM builds of the SDK can be tree-shaken, its CommonJS builds cannot.
    mainFields: ['module', 'main'],
    // A function's credentials are in its environment: a third of the bundle and of its import less.
    alias: { '@aws-sdk/credential-provider-node': join(project, 'lambdas', 'aws', 'credentials.ts') },
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
  }).catch((error: unknown) => {
    throw new BundleError(`The functions do not build: ${error instanceof Error ? error.message : String(error)}`);
  });
  for (const file of result.outputFiles) {
    const task = basename(dirname(file.path));
    if (file.contents.byteLength > bundleBytesMax) {
      throw new BundleError(
        `The bundle of ${task} has ${file.contents.byteLength} bytes; at most ${bundleBytesMax} are allowed. ` +
          'See what it imports with `npx esbuild --bundle --analyze --platform=node`.',
      );
    }
    writeIfChanged(file.path, file.contents);
  }
  return folders;
}

/** Writes by renaming, because tests in several processes bundle at the same time. */
function writeIfChanged(path: string, contents: Uint8Array): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}
