import { boundsOf, type Invariant, type InvariantResult, judgeInvariant, unfitQuery } from '../../domain/invariants.ts';
import { apart } from './manifest.ts';
import { platformSettings } from './manifest-statements.ts';
import type { SqlSession } from './session.ts';

/** A query that takes longer is no check for the middle of a failover. */
const queryMilliseconds = 30_000;

/**
 * Asks a database the platform's own queries, in a transaction that only reads. One that is refused or takes too long does not hold. Throws
 * DatabaseUnavailable, DatabaseRefused where the connection itself fails.
 */
export async function askInvariants(
  session: SqlSession,
  invariants: readonly Invariant[],
): Promise<readonly InvariantResult[]> {
  if (invariants.length === 0) return [];
  const results: InvariantResult[] = [];
  await session.query('BEGIN READ ONLY');
  for (const invariant of invariants) results.push(await ask(session, invariant));
  await session.query('COMMIT');
  return results;
}

async function ask(session: SqlSession, invariant: Invariant): Promise<InvariantResult> {
  const refused = (found: string): InvariantResult => ({
    name: invariant.name,
    holds: false,
    expected: boundsOf(invariant.minimum, invariant.maximum),
    found,
  });
  const unfit = unfitQuery(invariant.sql);
  if (unfit !== undefined) return refused(`not asked: ${unfit}`);
  const answer = await apart(session, async () => {
    await session.query(platformSettings, [String(queryMilliseconds)]);
    return session.query(invariant.sql);
  });
  if ('refused' in answer) return refused(`refused (SQLSTATE ${answer.refused})`);
  const [row] = answer;
  const value = Object.values(row ?? {})[0];
  return judgeInvariant(invariant, value === undefined || value === null ? null : String(value));
}
