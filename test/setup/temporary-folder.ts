import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/*
 * Each test file has a temporary folder of its own, which goes with the file: an app that is synthesized without a
 * named folder leaves some 40 MB in the temporary one, and a run of the suite does that often enough to fill a small
 * disk. PostgreSQL's servers run as a user of their own, so others may pass through.
 */
const folder = mkdtempSync(join(tmpdir(), 'mainstay-test-'));
chmodSync(folder, 0o755);
process.env['TMPDIR'] = folder;

afterAll(() => rmSync(folder, { recursive: true, force: true }));
