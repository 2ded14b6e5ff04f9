import { silentSeconds } from '../../domain/database-failover.ts';
import { staysSeconds } from '../../domain/failover-settings.ts';
import { isGuarded, renewEverySeconds } from '../../domain/lease.ts';
import { type Reign as ReignRecord, reignsIn } from '../../domain/reign.ts';
import type { Arming, Pauses, WorkflowStarts } from '../ports/failover.ts';
import { type GuardPorts, guardRound, type RoundSeen } from './guard-primary.ts';
import type { Kept } from './remembering.ts';

/** What guards know of each other's rounds, by the environment that they share: where the next one runs in another, it begins anew. */
export interface RoundsBefore {
  readonly at: Date;
  readonly epoch: number;
  readonly limited: readonly string[];
  /** First of the failures in a row, by database. */
  readonly failures: ReadonlyMap<string, Date>;
}

/** How old a round may be for the next one to go on from it. */
const goesOnSeconds = 30;

export interface GuardLoopPorts extends GuardPorts {
  readonly environment: string;
  readonly arming: Pick<Arming, 'armed'>;
  readonly starts: WorkflowStarts;
  readonly pauses: Pauses;
  readonly before: Kept<RoundsBefore>;
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
  const ends = clock.now().getTime() + staysSeconds * 1000;
  const started: string[] = [];
  for (let rounds = 1; ; rounds++) {
    const roundEnds = clock.now().getTime() + renewEverySeconds * 1000;
    const reign = await ports.reign.current();
    if (!reignsIn(reign, region)) return { rounds, state: 'stands-by', started };
    const before = roundsBefore(reign, ports);
    const guarded = isGuarded(reign.epoch, await arming.armed());
    const seen = await (guarded ? guardRound({ reign, limited: before.limited }, ports) : lookOnly(ports));
    const failures = failuresAfter(before.failures, seen.silent, clock.now());
    ports.before.keep({ at: clock.now(), epoch: reign.epoch, limited: seen.limited, failures });
    started.push(...(await startFailovers(failures, reign, ports)));
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

function roundsBefore(
  reign: ReignRecord,
  { before, clock }: GuardLoopPorts,
): Pick<RoundsBefore, 'limited' | 'failures'> {
  const last = before.last();
  const goesOn = last?.epoch === reign.epoch && clock.now().getTime() - last.at.getTime() <= goesOnSeconds * 1000;
  return last && goesOn ? last : { limited: [], failures: new Map() };
}

function failuresAfter(
  before: ReadonlyMap<string, Date>,
  silent: readonly string[],
  now: Date,
): ReadonlyMap<string, Date> {
  return new Map(silent.map((name) => [name, before.get(name) ?? now]));
}

async function startFailovers(
  failures: ReadonlyMap<string, Date>,
  reign: ReignRecord,
  { clock, environment, plan, starts }: GuardLoopPorts,
): Promise<readonly string[]> {
  const started: string[] = [];
  for (const [name, first] of failures) {
    if ((silentSeconds(first, clock.now()) ?? 0) < plan.databaseChecks.actAfterSeconds) continue;
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
