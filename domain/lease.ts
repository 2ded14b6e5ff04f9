import * as z from 'zod';

/**
 * The lease of the primary: while it is renewed in the standby, or at the witness, the application may log in to the primary's databases; what
 * a database lets in ends by the database's own clock, before the lease does. So whoever holds the records closed, and has waited, knows that
 * nobody writes any more, without a word from the primary. The arithmetic stands in docs/decisions/0025.
 */

/**
 * How long a renewal holds: longer than the 70 s between the last round of one guard and the first of the next but one, so that a guard that is lost, or a
 * minute late, costs nothing.
 */
export const leaseSeconds = 90;
export const renewEverySeconds = 10;
/** How far a clock may be off, either way. Amazon Time Sync keeps microseconds; seconds are what is allowed for: assumed. */
export const clockErrorSeconds = 2;
/** How often the database ends the sessions of roles whose right has passed: the period of its job `mainstay-fence`. */
export const sessionEndSeconds = 2;
/** A run of that job, and a commit that is under way when it comes. Assumed. */
const lastCommitSeconds = 8;
/**
 * From the lease's end by the record until nothing is written: the guard's clock against the standby's and the database's against itself on another
 * host (each pair twice the error), the job's period, and once more for who came in while it ran, and its run.
 */
export const fenceMarginSeconds = 2 * 2 * clockErrorSeconds + 2 * sessionEndSeconds + lastCommitSeconds;

const moment = z.iso.datetime({ offset: false });

/** Of one place, a table in another region than the primary's. */
export const leaseRecord = z.strictObject({
  /** The reign that holds it. */
  epoch: z.int().min(1),
  /** The region that reigns. */
  holder: z.string(),
  /** Its end by the clock of who renewed it. */
  until: moment,
  /** Databases whose applications' roles were limited before this renewal: of others the record says nothing. */
  databases: z.array(z.string()),
  /** The reign that a failover is about to begin: the record can't be renewed any more. */
  closedBy: z.int().min(2).optional(),
});
export type LeaseRecord = z.infer<typeof leaseRecord>;

/** DynamoDB table of leases, in both regions and the witness's; its key is `subject`. */
export function leaseTableName(environment: string): string {
  return `mainstay-${environment}-leases`;
}
/** Key of the record. */
export const leaseKey = 'lease';
/** Key of what `watch-primary` saw when it looked last, in the same table. */
export const watchKey = 'watch';

/** Key of the decision that was made last, there too. */
export const decisionKey = 'decision';
/** Key of the reign that has armed its standby, in the table of the region that reigns. */
export const armedKey = 'armed';

/**
 * Whether a primary is guarded. One that a failover made is not until it has armed a standby of its own (`armed`: the reign that did): nobody has the right
 * to take over from it, so nothing has to end its applications' right. The definition's primary is from its deployment on.
 */
export function isGuarded(epoch: number, armed: number | undefined): boolean {
  return epoch === 1 || armed === epoch;
}

export type Renewal = Omit<LeaseRecord, 'closedBy'>;

/** Whether a place takes a renewal: of a later reign; or of the same, later than what stands and not closed. The adapter's condition says the same. */
export function takes(standing: LeaseRecord | undefined, renewal: Renewal): boolean {
  if (!standing || standing.epoch < renewal.epoch) return (standing?.closedBy ?? 0) <= renewal.epoch;
  return standing.epoch === renewal.epoch && standing.closedBy === undefined && standing.until < renewal.until;
}

/** The record closed by the reign that is to come. Where none was, one that nobody of this reign can take any more. */
export function closed(
  standing: LeaseRecord | undefined,
  { epoch, holder, now }: { readonly epoch: number; readonly holder: string; readonly now: Date },
): LeaseRecord {
  const before = standing ?? { epoch, holder, until: now.toISOString(), databases: [] };
  return { ...before, closedBy: epoch + 1 };
}

/** Until when a database lets an application in: its own time, read before the renewal was sent, and the lease's length. */
export function rightUntil(databaseTimeBefore: Date): Date {
  return new Date(databaseTimeBefore.getTime() + leaseSeconds * 1000);
}

/** What a place answered when it was asked to close its record. */
export type PlaceSeen =
  | {
      readonly region: string;
      readonly answered: true;
      /** As it stands now, closed. */
      readonly record: LeaseRecord;
    }
  | { readonly region: string; readonly answered: false; readonly why: string };

export type FenceVerdict =
  | { readonly fencing: 'proven'; readonly how: string }
  /** It will be proven then, whatever happens. */
  | { readonly fencing: 'waits'; readonly until: string }
  | { readonly fencing: 'unproven'; readonly why: string };

/**
 * Whether nothing can be written to these databases by the application of the reign that is to end. `now` is the clock of who asks. `places` are
 * all places that the primary renews at.
 */
export function fenceVerdict({
  places,
  epoch,
  databases,
  now,
}: {
  readonly places: readonly PlaceSeen[];
  readonly epoch: number;
  readonly databases: readonly string[];
  readonly now: Date;
}): FenceVerdict {
  const silent = places.filter((place) => !place.answered);
  const records = places.filter((place) => place.answered).map(({ record }) => record);
  if (silent.length > 0 || places.length === 0) return unproven(silentPlaces(silent));
  const open = records.filter((record) => !isClosed(record, epoch));
  if (open.length > 0) return unproven('a record of the lease is open, or of another reign');
  const known = new Set(records.filter((record) => record.epoch === epoch).flatMap((record) => record.databases));
  const unlimited = databases.filter((database) => !known.has(database));
  if (unlimited.length > 0) return unproven(`no record says that the roles of ${unlimited.join(', ')} were limited`);
  const ends = records.map(({ until }) => Date.parse(until));
  const provenAt = Math.max(...ends) + fenceMarginSeconds * 1000;
  if (now.getTime() < provenAt) return { fencing: 'waits', until: new Date(provenAt).toISOString() };
  return { fencing: 'proven', how: `The lease ended at ${new Date(Math.max(...ends)).toISOString()}.` };
}

function isClosed(record: LeaseRecord, epoch: number): boolean {
  return record.epoch <= epoch && (record.closedBy ?? 0) > epoch;
}

function unproven(why: string): FenceVerdict {
  return { fencing: 'unproven', why };
}

function silentPlaces(silent: readonly PlaceSeen[]): string {
  const named = silent.map((place) => (place.answered ? place.region : `${place.region} (${place.why})`));
  return named.length === 0 ? 'nothing holds a lease of the primary' : `no answer from ${named.join(', ')}`;
}
