import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Bundles a handler's source as the functions are bundled, and gives the folder that holds `index.js`. */
export async function bundleHandler(source: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mainstay-handler-'));
  await build({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
    outfile: join(folder, 'index.js'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    logLevel: 'silent',
  });
  return folder;
}
