import { FencingUnproven } from '../../domain/failover-errors.ts';
import type { QuiescePrimaryInput, QuiescePrimaryOutput } from '../../domain/workflows/region-failback.ts';
import { type FencePorts, fencePrimary } from '../failover/fence-primary.ts';
import type { DatabaseLogin } from '../ports/databases.ts';
import type { QuietMark } from '../ports/failback.ts';
import type { FencedDatabase, WithDatabase } from '../ports/failover.ts';

export interface QuiescePrimaryPorts extends Pick<FencePorts, 'plan' | 'leases' | 'clock'> {
  readonly databases: readonly { readonly name: string; readonly login: DatabaseLogin }[];
  readonly withDatabase: WithDatabase;
  readonly mark: Pick<QuietMark, 'read' | 'keep'>;
}

/**
 * Stops the writes and says up to which position of the log they went. The lease is closed first, so that no guard moves the right to log in any more; one
 * that had renewed before may move it once again, up to the end of that lease. So the position is read only when that end has passed, by the same proof as a
 * failover's: what was acknowledged lies before it. Kept beforehand that it was this execution: who ends it in its stead knows what to open. Throws
 * FencingUnproven, DatabaseUnavailable, DatabaseRefused, AwsUnavailable, AwsRefused.
 */
export async function quiescePrimary(
  { run }: QuiescePrimaryInput,
  ports: QuiescePrimaryPorts,
): Promise<QuiescePrimaryOutput> {
  const { databases, withDatabase, mark, clock } = ports;
  const before = await mark.read();
  if (before?.run.execution.arn !== run.execution.arn) await mark.keep({ run, opened: [] });
  const names = databases.map(({ name }) => name);
  const fence = await fencePrimary({ run, accepted: false }, { ...ports, databases: names });
  await Promise.all(databases.map(({ login }) => withDatabase(login, stop)));
  const readAt = clock.now().toISOString();
  if (fence.do === 'wait') {
    return { state: 'stopping', waitSeconds: fence.waitSeconds, readAt, positions: [], why: fence.why };
  }
  if (fence.fencing !== 'proven') throw new FencingUnproven(fence.why);
  const positions = await Promise.all(
    databases.map(async ({ name, login }) => ({
      database: name,
      position: await withDatabase(login, (session) => session.position()),
    })),
  );
  return { state: 'quiet', waitSeconds: 0, readAt: clock.now().toISOString(), positions, why: fence.why };
}

async function stop(session: FencedDatabase): Promise<void> {
  const now = await session.now();
  const open = (await session.roles()).filter(({ validUntil }) => validUntil === undefined || validUntil > now);
  await session.setValidity(
    open.map(({ name }) => name),
    now,
  );
  await session.endSessions();
}
