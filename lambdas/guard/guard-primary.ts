import { type FailoverDatabase, type FailoverPlan, leasePlaces } from '../../domain/failover-plan.ts';
import { type LeaseRecord, leaseSeconds, type Renewal, rightUntil } from '../../domain/lease.ts';
import type { Reign as ReignRecord } from '../../domain/reign.ts';
import type { Clock } from '../ports/clock.ts';
import type { DatabaseLogin } from '../ports/databases.ts';
import type { FencedDatabase, Leases, WithDatabase } from '../ports/failover.ts';
import type { Reign } from '../ports/reign.ts';

/** One round of the guard; `guard-primary` makes one every ten seconds. */

/** What a round goes by. */
export interface RoundInput {
  readonly reign: ReignRecord;
  /** Databases whose roles had an end already, by an earlier round or the standing record: that lasts, also while one does not answer. */
  readonly limited: readonly string[];
}

export interface GuardPorts {
  readonly region: string;
  readonly plan: FailoverPlan;
  readonly databases: readonly (FailoverDatabase & { readonly login: DatabaseLogin })[];
  readonly leases: Leases;
  readonly reign: Reign;
  readonly withDatabase: WithDatabase;
  readonly clock: Clock;
}

export interface RoundSeen {
  /** `stale`: a later reign has begun, or is about to. */
  readonly state: 'guarded' | 'unguarded' | 'stale';
  /** Places at which the lease stands for as long as the renewal asked. */
  readonly renewed: readonly string[];
  /** Databases that did not answer. */
  readonly silent: readonly string[];
  /** Databases whose roles have an end now. */
  readonly limited: readonly string[];
  readonly why: string;
}

interface Measured {
  readonly database: FailoverDatabase & { readonly login: DatabaseLogin };
  /** Its own time, read before the renewal was sent; absent: it did not answer. */
  readonly before?: Date;
  /** Its roles had an end before this round, or have one now. */
  readonly limited: boolean;
}

/**
 * Renews the lease where it is held, and moves the end of the application's right in every database behind it. What a database may let in ends
 * by its own clock, counted from before the request. Where a later reign has closed the lease, the right ends now. See docs/decisions/0025.
 */
export async function guardRound({ reign, limited: before }: RoundInput, ports: GuardPorts): Promise<RoundSeen> {
  const places = leasePlaces(ports.plan, ports.region);
  const measured = await Promise.all(ports.databases.map((database) => measure(database, ports)));
  const silent = measured.filter(({ before }) => before === undefined).map(({ database }) => database.name);
  const limited = ports.databases
    .map(({ name }) => name)
    .filter((name) => before.includes(name) || measured.some((one) => one.limited && one.database.name === name));
  const renewal: Renewal = {
    epoch: reign.epoch,
    holder: ports.region,
    until: new Date(ports.clock.now().getTime() + leaseSeconds * 1000).toISOString(),
    databases: limited,
  };
  const answers = await Promise.all(places.map((place) => renewAt(place, renewal, ports)));
  const renewed = answers.flatMap(({ place, taken }) => (taken ? [place] : []));
  const over = answers.find(({ standing }) => standing && isOver(standing, reign.epoch))?.standing;
  if (over) return { ...(await fence(over, reign, measured, ports)), renewed, silent, limited };
  if (renewed.length === 0) return { state: 'unguarded', renewed, silent, limited, why: 'No place took the renewal.' };
  await Promise.all(measured.map((one) => extend(one, ports)));
  return { state: 'guarded', renewed, silent, limited, why: `Renewed until ${renewal.until}.` };
}

/** The database's time, and roles without an end limited first: a record that names the database has to be true when it is written. */
async function measure(database: Measured['database'], { withDatabase }: GuardPorts): Promise<Measured> {
  try {
    return await withDatabase(database.login, async (session) => {
      const before = await session.now();
      const endless = (await session.roles()).filter(({ validUntil }) => validUntil === undefined);
      await session.setValidity(
        endless.map(({ name }) => name),
        rightUntil(before),
      );
      return { database, before, limited: true };
    });
  } catch {
    return { database, limited: false };
  }
}

async function renewAt(
  place: string,
  renewal: Renewal,
  { leases }: GuardPorts,
): Promise<{ place: string; taken: boolean; standing?: LeaseRecord }> {
  try {
    if (await leases.renew(place, renewal)) return { place, taken: true };
    const standing = await leases.read(place);
    return { place, taken: standing !== undefined && stands(standing, renewal), ...(standing ? { standing } : {}) };
  } catch {
    return { place, taken: false };
  }
}

/** A guard that overlaps with this one was a moment earlier: the lease stands for as long as this renewal asked, or longer. */
function stands({ epoch, holder, until, closedBy }: LeaseRecord, renewal: Renewal): boolean {
  return epoch === renewal.epoch && holder === renewal.holder && closedBy === undefined && until >= renewal.until;
}

function isOver(standing: LeaseRecord, epoch: number): boolean {
  return standing.epoch > epoch || (standing.closedBy ?? 0) > epoch;
}

async function extend({ database, before }: Measured, { withDatabase }: GuardPorts): Promise<void> {
  if (before === undefined) return;
  try {
    await withDatabase(database.login, (session) => moveRight(session, rightUntil(before)));
  } catch {
    // The next round.
  }
}

/** Only forward: of two guards that overlap the later wins. */
async function moveRight(session: FencedDatabase, until: Date): Promise<void> {
  const behind = (await session.roles()).filter(({ validUntil }) => validUntil !== undefined && validUntil < until);
  if (behind.length > 0)
    await session.setValidity(
      behind.map(({ name }) => name),
      until,
    );
}

/** Another reign has begun, or is about to: nobody writes here any more, from now on. */
async function fence(
  standing: LeaseRecord,
  reign: ReignRecord,
  measured: readonly Measured[],
  ports: GuardPorts,
): Promise<Pick<RoundSeen, 'state' | 'why'>> {
  await Promise.all(measured.map((one) => fenceDatabase(one, ports)));
  // Entered by the one who reigns; a failover that is taken back opens the record again, and this region goes on.
  if (standing.epoch > reign.epoch) await ports.reign.enter({ epoch: standing.epoch, primary: standing.holder });
  return { state: 'stale', why: `The lease is closed by reign ${standing.closedBy ?? standing.epoch}.` };
}

async function fenceDatabase({ database }: Measured, { withDatabase }: GuardPorts): Promise<void> {
  try {
    return await withDatabase(database.login, async (session) => {
      const now = await session.now();
      const open = (await session.roles()).filter(({ validUntil }) => validUntil === undefined || validUntil > now);
      await session.setValidity(
        open.map(({ name }) => name),
        now,
      );
      await session.endSessions();
    });
  } catch {
    // Its roles' end comes by itself.
  }
}
