import { demandPostgres } from '../../../rehearsal/postgres/real/installation.ts';

/** Undefined where real servers can be started, else why not. */
export const withoutServers = reason();

function reason(): string | undefined {
  try {
    demandPostgres();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

if (withoutServers !== undefined) console.warn(`Tests on real PostgreSQL servers are left out: ${withoutServers}`);
