import type { FailoverPlan } from '../../domain/failover-plan.ts';
import { nextReign } from '../../domain/reign.ts';
import type {
  AdmitApplicationInput,
  AdmitApplicationOutput,
  EnterReignInput,
  EnterReignOutput,
} from '../../domain/workflows/region-failover.ts';
import type { DatabaseLogin } from '../ports/databases.ts';
import type { Leases, WithDatabase } from '../ports/failover.ts';
import type { Reign } from '../ports/reign.ts';

export interface PromotedPorts {
  readonly databases: readonly { readonly name: string; readonly login: DatabaseLogin }[];
  readonly withDatabase: WithDatabase;
}

export interface EnterReignPorts extends PromotedPorts {
  readonly reign: Reign;
  readonly leases: Pick<Leases, 'begin'>;
  readonly plan: FailoverPlan;
}

/**
 * The new reign in every database's heartbeat, then in this region's own record: from there on what is scheduled here works; and where the former primary
 * asks to renew its lease, so that it learns of it. Entered before, it is left as it is. Throws DatabaseUnavailable, DatabaseRefused, AwsUnavailable, AwsRefused.
 */
export async function enterReign(
  { run }: EnterReignInput,
  { databases, withDatabase, reign, leases, plan }: EnterReignPorts,
): Promise<EnterReignOutput> {
  const next = nextReign({ epoch: run.epoch, primary: run.from }, run.to);
  for (const { login } of databases) await withDatabase(login, (database) => database.beatIn(next.epoch));
  const entered = await reign.enter(next);
  await leases.begin(run.to, entered);
  // The witness says it too; who does not hear it there hears it here.
  if (plan.witness !== null) await leases.begin(plan.witness, entered).catch(() => undefined);
  return { epoch: entered.epoch };
}

/**
 * Gives the application its right to log in back: role changes were copied with the data, so the promoted database has the old primary's end of it,
 * which has passed. Without an end, because nobody has the right to take over from a primary that has armed no standby. Throws DatabaseUnavailable,
 * DatabaseRefused.
 */
export async function admitApplication(
  _: AdmitApplicationInput,
  { databases, withDatabase }: PromotedPorts,
): Promise<AdmitApplicationOutput> {
  const counts = await Promise.all(
    databases.map(({ login }) =>
      withDatabase(login, async (database) => {
        const limited = (await database.roles()).filter(({ validUntil }) => validUntil !== undefined);
        await database.setValidity(
          limited.map(({ name }) => name),
          'infinity',
        );
        return limited.length;
      }),
    ),
  );
  return { roles: counts.reduce((sum, count) => sum + count, 0) };
}
