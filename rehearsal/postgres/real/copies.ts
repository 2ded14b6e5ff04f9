import { execFile } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Operator } from './installation.ts';
import type { RealServer } from './server.ts';

const run = promisify(execFile);

/** Of the running server alone, or made anew: https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP-DATA */
const leftOut = new Set([
  'postmaster.pid',
  'postmaster.opts',
  'postgresql.auto.conf',
  'standby.signal',
  'recovery.signal',
  'backup_label',
]);
const emptied = new Set([
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);

/** A folder of the operator's own. */
export function ownFolder(path: string, operator: Operator | undefined, mode = 0o700): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  if (operator) chownSync(path, operator.uid, operator.gid);
}

async function copyEntries(from: string, to: string, names: readonly string[]): Promise<void> {
  if (names.length > 0) await run('cp', ['-R', '-P', '-p', ...names.map((name) => join(from, name)), to]);
}

/**
 * Copies a server's files to `target`, as one instant of it: a running one in backup mode, with the log of what changed
 * meanwhile; a server that starts on the copy recovers to that instant.
 */
export async function copyData(source: RealServer, target: string, operator: Operator | undefined): Promise<void> {
  ownFolder(target, operator);
  const from = source.folders.data;
  const names = readdirSync(from).filter((name) => !leftOut.has(name) && !emptied.has(name) && name !== 'pg_wal');
  for (const name of emptied) ownFolder(join(target, name), operator);
  ownFolder(join(target, 'pg_notify'), operator);
  if (!source.running) {
    await copyEntries(from, target, [...names, 'pg_wal']);
    return;
  }
  const session = await source.session('postgres');
  try {
    await session.query("SELECT pg_backup_start('mainstay', true)");
    await copyEntries(from, target, names);
    const { rows } = await session.query<{ label: string }>('SELECT labelfile AS label FROM pg_backup_stop(false)');
    await copyLog(from, target, operator);
    writeFileSync(join(target, 'backup_label'), rows[0]?.label ?? '');
    if (operator) chownSync(join(target, 'backup_label'), operator.uid, operator.gid);
  } finally {
    await session.end();
  }
}

/** The log's segments alone: a file that is being made vanishes under another name. */
async function copyLog(from: string, target: string, operator: Operator | undefined): Promise<void> {
  const log = join(target, 'pg_wal');
  ownFolder(log, operator);
  ownFolder(join(log, 'archive_status'), operator);
  const segments = readdirSync(join(from, 'pg_wal')).filter((name) => /^[0-9A-F]{24}$|\.history$/.test(name));
  await copyEntries(join(from, 'pg_wal'), log, segments);
}

/** Copies files that no server works on. */
export async function copyStill(from: string, to: string, operator: Operator | undefined): Promise<void> {
  ownFolder(to, operator);
  await copyEntries(from, to, readdirSync(from));
}

/** Marks files as those of a replica. */
export function markReplica(data: string, operator: Operator | undefined): void {
  const file = join(data, 'standby.signal');
  writeFileSync(file, '');
  if (operator) chownSync(file, operator.uid, operator.gid);
}
