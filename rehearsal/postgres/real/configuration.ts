import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What of a parameter group reaches a server: `shared_preload_libraries`, `cron.database_name`, `max_connections`, … */
export type ServerParameters = Readonly<Record<string, string>>;

/** Where a server keeps what. */
export interface ServerFolders {
  /** Of this server alone. */
  readonly home: string;
  readonly data: string;
  /** Of its socket. */
  readonly socket: string;
  readonly log: string;
}

export function foldersIn(home: string): ServerFolders {
  return { home, data: join(home, 'data'), socket: join(home, 's'), log: join(home, 'log') };
}

export const socketPort = 5432;
/** The superuser that RDS keeps to itself. */
export const superuser = 'rdsadmin';
/** With which replicas follow. */
export const replicator = 'rdsrepladmin';

/** Users that RDS lets nobody in with from outside. */
export function isReserved(user: string): boolean {
  return user === superuser || user === replicator;
}

/**
 * What every server of a rehearsal is set to. Without fsync a killed process loses nothing that it acknowledged (the kernel has
 * it); a lost machine would, and none is lost here.
 */
const fixed: ServerParameters = {
  listen_addresses: '',
  port: String(socketPort),
  unix_socket_permissions: '0700',
  fsync: 'off',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  wal_level: 'replica',
  max_wal_senders: '10',
  max_replication_slots: '10',
  hot_standby: 'on',
  wal_keep_size: '256MB',
  wal_retrieve_retry_interval: '20ms',
  shared_buffers: '16MB',
  // No process that acts when it likes: what a run shows must not depend on it.
  autovacuum: 'off',
  io_method: 'sync',
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  checkpoint_timeout: '1d',
  max_wal_size: '4GB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  // A statement may hold a verifier.
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_min_duration_statement: '-1',
};

/** What a group may set and the rehearsal does not pass on: sizes of a machine, and what writes statements down. */
const kept =
  /^(rds\.|log_|auto_explain\.|pgaudit\.|shared_buffers$|effective_cache_size$|work_mem$|maintenance_work_mem$|ssl)/;

/** Writes the server's settings and who may connect. `follows`: how it reaches the server that it follows. */
export function configure(
  { data, socket }: ServerFolders,
  libraries: string,
  parameters: ServerParameters,
  follows?: { readonly conninfo: string; readonly slot: string },
): void {
  const given = Object.entries(parameters).filter(([name]) => !kept.test(name) && name !== 'shared_preload_libraries');
  const preloaded = (parameters['shared_preload_libraries'] ?? '').split(',').map((name) => name.trim());
  const settings: Record<string, string> = {
    ...Object.fromEntries(given),
    // The stand-in has no library; its settings exist all the same, as they do where pg_cron is loaded.
    ...(preloaded.includes('pg_cron') ? { 'cron.database_name': parameters['cron.database_name'] ?? 'postgres' } : {}),
    shared_preload_libraries: preloaded.filter((name) => existsSync(join(libraries, `${name}.so`))).join(','),
    ...fixed,
    unix_socket_directories: socket,
    ...(follows ? { primary_conninfo: follows.conninfo, primary_slot_name: follows.slot } : {}),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
  writeFileSync(join(data, 'postgresql.conf'), lines.join(''));
  // Over the socket, which only the operator and root reach; functions and people come through the front, which keeps RDS's users out.
  const rules = [
    `local all ${superuser} trust`,
    `local replication ${replicator} trust`,
    'local all all scram-sha-256',
  ];
  writeFileSync(join(data, 'pg_hba.conf'), `${rules.join('\n')}\n`);
}
