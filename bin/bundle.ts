import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { mysqlConnectionAlone } from './mysql-connection-alone.ts';
import { digestOf } from './sources.ts';

/** Largest bundle, in KB: a larger one costs more than 60 ms of import on a cold start. */
const bundleKibibytesMax = 600;

/** Larger ones, each with the reason why its start bears it. */
export const largerBundles: Readonly<Record<string, number>> = {
  // With mysql2, whose connection alone is 180 KB. It starts once a rotation, four times in a month.
  'rotate-mysql': 680,
  // With the drivers of four kinds of server, each loaded when a secret of its kind is looked at; nobody waits for their start.
  'watch-rotations': 840,
  'undo-rotation': 800,
  // With the driver of PostgreSQL beside the clients of S3, DynamoDB, SSM and Secrets Manager. They start once an hour and read for minutes.
  'read-manifest': 820,
  'close-manifest': 820,
  // With the client of S3, beside those of DynamoDB and RDS: an hour's set or a week's test waits for them, and no person.
  'archive-export': 720,
  'start-export': 720,
  'look-at-export': 720,
  'record-versions': 720,
  'close-recovery-set': 720,
  'compare-database': 720,
  // With the client of EC2, half a megabyte by itself. The same hold for them.
  'create-volume-snapshots': 1050,
  'look-at-volume-snapshots': 1050,
  'copy-volume-snapshots': 1050,
  'look-at-copied-volumes': 1050,
  'restore-volume': 1050,
  'look-at-restored-volume': 1050,
  'clean-up': 1050,
  'sweep-restore-tests': 1150,
  'verify-copy': 1350,
  // With the driver of PostgreSQL and the client of RDS beside those of DynamoDB, SSM and Secrets Manager. A failover waits once for each to start.
  'measure-loss': 680,
  'promote-database': 680,
  'look-at-failed-database': 680,
  // The same of a failback, which nobody waits for; that of CloudWatch beside it in the second.
  'look-at-followers': 680,
  'look-at-left-region': 740,
  // Asks ten services, because a failover needs ten; once a day, with nobody waiting for its start.
  'look-at-readiness': 880,
};

/** Largest bundle of a task, in KB. */
export function bundleKibibytesMaxOf(task: string): number {
  return largerBundles[task] ?? bundleKibibytesMax;
}

/** A function cannot be bundled: it doesn't build, or is too large. The message names the file. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
}

/** Task (`read-plan`) → folder that holds its `index.js`, ready to be a function's asset. */
export type FunctionBundles = ReadonlyMap<string, string>;

const project = resolve(import.meta.dirname, '..');
const suffix = '.handler.ts';
/** All that a bundle is made from. */
const inputs = ['bin/bundle.ts', 'bin/mysql-connection-alone.ts', 'domain', 'lambdas', 'package-lock.json'];

/**
 * Bundles every `lambdas/**\/<task>.handler.ts` in one esbuild run: CommonJS, for Node 24, minified, without a source map.
 * The same sources give the same bytes, so that an unchanged function is an unchanged asset; bundles of the same sources that are in the
 * folder already are left there. Throws BundleError.
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
  const stamp = join(outputDirectory, 'sources');
  const digest = Buffer.from(digestOf(inputs));
  if (standsFor(stamp, digest, folders)) return folders;
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
    plugins: [mysqlConnectionAlone],
    inject: [join(project, 'lambdas', 'handling', 'schemas.ts')],
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
  }).catch((error: unknown) => {
    throw new BundleError(`The functions do not build: ${error instanceof Error ? error.message : String(error)}`);
  });
  for (const file of result.outputFiles) {
    const task = basename(dirname(file.path));
    const bytesMax = bundleKibibytesMaxOf(task) * 1024;
    if (file.contents.byteLength > bytesMax) {
      throw new BundleError(
        `The bundle of ${task} has ${file.contents.byteLength} bytes; at most ${bytesMax} are allowed. ` +
          'See what it imports with `npx esbuild --bundle --analyze --platform=node`.',
      );
    }
    writeIfChanged(file.path, file.contents);
  }
  writeIfChanged(stamp, digest);
  return folders;
}

/** Whether the bundles that are there were made of these very sources: most of a synth's time is theirs. */
function standsFor(stamp: string, digest: Buffer, folders: FunctionBundles): boolean {
  if (!existsSync(stamp) || !readFileSync(stamp).equals(digest)) return false;
  return [...folders.values()].every((folder) => existsSync(join(folder, 'index.js')));
}

/** Writes by renaming, because tests in several processes bundle at the same time. */
function writeIfChanged(path: string, contents: Uint8Array): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}
