import { silentSeconds } from '../../domain/database-failover.ts';
import { isGuarded, renewEverySeconds } from '../../domain/lease.ts';
import { type Reign as ReignRecord, reignsIn } from '../../domain/reign.ts';
import type { Arming, Pauses, WorkflowStarts } from '../ports/failover.ts';
import { type GuardPorts, guardRound, type RoundSeen } from './guard-primary.ts';

/** How long one guard stays: another starts each minute, so that two are there and one that is late or lost leaves no gap. */
export const guardStaysSeconds = 110;

export interface GuardLoopPorts extends GuardPorts {
  readonly environment: string;
  readonly arming: Pick<Arming, 'armed'>;
  readonly starts: WorkflowStarts;
  readonly pauses: Pauses;
  /** What alarms and people see of it: one figure a state. */
  report(seen: RoundSeen | { readonly state: 'lone' }): Promise<void>;
}

export interface GuardSeen {
  readonly rounds: number;
  /** `stands-by`: another region reigns, as this one knows. */
  readonly state: RoundSeen['state'] | 'lone' | 'stands-by';
  /** Databases whose failover was started. */
  readonly started: readonly string[];
}

/**
 * Guards the primary while it stays: the lease and the right to log in, and the databases themselves. A database that does not answer for as long as
 * the definition says is failed over in its region; under a name of the minute of its first failure, so that two guards start it once.
 */
export async function guardLoop(ports: GuardLoopPorts): Promise<GuardSeen> {
  const { clock, region, arming, pauses } = ports;
  const ends = clock.now().getTime() + guardStaysSeconds * 1000;
  const failures = new Map<string, Date>();
  const started: string[] = [];
  let limited: readonly string[] = [];
  for (let rounds = 1; ; rounds++) {
    const roundEnds = clock.now().getTime() + renewEverySeconds * 1000;
    const reign = await ports.reign.current();
    if (!reignsIn(reign, region)) return { rounds, state: 'stands-by', started };
    const guarded = isGuarded(reign.epoch, await arming.armed());
    const seen = await (guarded ? guardRound({ reign, limited }, ports) : lookOnly(ports));
    limited = seen.limited;
    started.push(...(await watchDatabases(seen.silent, failures, reign, ports)));
    await ports.report(guarded ? seen : { state: 'lone' });
    const state = guarded ? seen.state : 'lone';
    if (roundEnds >= ends) return { rounds, state, started };
    await pauses.seconds(Math.max(1, (roundEnds - clock.now().getTime()) / 1000));
  }
}

/** A lone primary: its databases are looked at, and nothing is renewed. */
async function lookOnly({
  databases,
  withDatabase,
}: GuardPorts): Promise<Pick<RoundSeen, 'state' | 'silent' | 'limited' | 'renewed' | 'why'>> {
  const answers = await Promise.all(
    databases.map(async ({ name, login }) => {
      try {
        await withDatabase(login, (session) => session.now());
        return [];
      } catch {
        return [name];
      }
    }),
  );
  return {
    state: 'guarded',
    silent: answers.flat(),
    limited: [],
    renewed: [],
    why: 'Nobody may take over: no standby is armed.',
  };
}

async function watchDatabases(
  silent: readonly string[],
  failures: Map<string, Date>,
  reign: ReignRecord,
  { clock, databases, environment, plan, starts }: GuardLoopPorts,
): Promise<readonly string[]> {
  const now = clock.now();
  const started: string[] = [];
  for (const { name } of databases) {
    if (!silent.includes(name)) failures.delete(name);
    else if (!failures.has(name)) failures.set(name, now);
    const first = failures.get(name);
    if ((silentSeconds(first, now) ?? 0) < plan.databaseChecks.actAfterSeconds || !first) continue;
    const minute = first
      .toISOString()
      .slice(0, 16)
      .replace(/[^0-9]/g, '');
    const reason = `It has not answered since ${first.toISOString()}.`;
    const input = { platform: environment, database: name, reason, startedBy: 'watch' };
    await starts.start(`${name}-${reign.epoch}-${minute}`, JSON.stringify(input));
    started.push(name);
  }
  return started;
}
