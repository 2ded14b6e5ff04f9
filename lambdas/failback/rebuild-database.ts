import { rebuildStep, staleInstanceName, staleInstancesMax } from '../../domain/failback.ts';
import { RebuildImpossible } from '../../domain/failover-errors.ts';
import type { FailoverDatabase } from '../../domain/failover-plan.ts';
import type { RebuildDatabaseInput, RebuildDatabaseOutput } from '../../domain/workflows/region-failback.ts';
import type { RebuiltInstances, StandingInstance } from '../ports/failback.ts';

export interface RebuildDatabasePorts {
  readonly database: FailoverDatabase;
  readonly instances: RebuiltInstances;
  /** The region's endpoint of the database. */
  readonly endpoint: { read(): Promise<string | undefined>; write(text: string): Promise<void> };
}

/** A rename restarts the instance; a replica takes tens of minutes. */
const waitSeconds = { 'setting-aside': 15, creating: 60, following: 0 } as const;

/**
 * One look on the way to a replica under the instance's own name, and the next call: what has the name is set aside as evidence, the replica is asked for, and
 * the region's endpoint leads to it. Delivered again it finds what is. Throws RebuildImpossible, AwsUnavailable, AwsRefused.
 */
export async function rebuildDatabase(
  { run }: RebuildDatabaseInput,
  ports: RebuildDatabasePorts,
): Promise<RebuildDatabaseOutput> {
  const { database, instances } = ports;
  const { instance } = database;
  const own = await instances.see(instance);
  const [, partition, , , account] = run.execution.arn.split(':');
  const source = `arn:${partition}:rds:${run.from}:${account}:db:${instance}`;
  const step = rebuildStep(own, source);
  const looked = (state: RebuildDatabaseOutput['state'], why: string): RebuildDatabaseOutput => ({
    state,
    waitSeconds: waitSeconds[state],
    why: `${database.name}: ${why}`,
  });
  if (step.do === 'wait') return looked(step.state, step.why);
  if (step.do === 'give-up') throw new RebuildImpossible(instance, run.to, step.why);
  if (step.do === 'done') {
    await pointTo(own?.endpoint, ports);
    return looked('following', step.why);
  }
  const aside = await evidence(instance, run.epoch, instances);
  if (step.do === 'set-aside') {
    if (aside.free === undefined)
      throw new RebuildImpossible(
        instance,
        run.to,
        `${staleInstancesMax} instances of this reign are set aside already`,
      );
    const taken = await instances.setAside(instance, aside.free);
    return looked('setting-aside', taken ? `It becomes '${aside.free}'.` : 'RDS does not rename it now.');
  }
  if (!aside.newest) throw new RebuildImpossible(instance, run.to, 'neither it nor one that was set aside is there');
  const asked = await instances.follow(instance, source, aside.newest);
  return looked('creating', asked ? `A replica of ${source} was asked for.` : 'RDS does not create it now.');
}

/** What was set aside in this reign: the newest, and the next name that is free. */
async function evidence(
  instance: string,
  epoch: number,
  instances: Pick<RebuiltInstances, 'see'>,
): Promise<{ readonly newest?: StandingInstance; readonly free?: string }> {
  let newest: StandingInstance | undefined;
  for (let nth = 1; nth <= staleInstancesMax; nth++) {
    const name = staleInstanceName(instance, epoch, nth);
    const seen = await instances.see(name);
    if (!seen) return { ...(newest && { newest }), free: name };
    newest = seen;
  }
  return newest ? { newest } : {};
}

async function pointTo(
  here: StandingInstance['endpoint'],
  { endpoint }: Pick<RebuildDatabasePorts, 'endpoint'>,
): Promise<void> {
  if (!here) return;
  const text = JSON.stringify({ host: here.host, port: here.port });
  const standing = await endpoint.read();
  if (standing === undefined || !sameEndpoint(standing, here)) await endpoint.write(text);
}

function sameEndpoint(text: string, here: { readonly host: string; readonly port: number }): boolean {
  const standing = JSON.parse(text) as { readonly host?: unknown; readonly port?: unknown };
  return standing.host === here.host && Number(standing.port) === here.port;
}
