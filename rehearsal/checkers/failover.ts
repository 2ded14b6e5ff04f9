import type { RehearsalEvent } from '../kernel/log.ts';
import type { Checker } from './checker.ts';
import { executionsEnd, nothingDenied } from './order.ts';

/** Longer than this part above the waits that nobody can shorten is our own slowness. */
const slownessMax = 1.1;

/** How an application can write to a database at one moment, asked of the database itself. */
export interface Writable {
  readonly region: string;
  readonly database: string;
  /** `login as aeon_dt`, `an open session` */
  readonly by: string;
}

/** What the checkers ask the world while it runs. */
export interface FailoverEyes {
  /** Every database of the platform that an application could write to now. */
  writable(): readonly Writable[];
  /** Why users can't be served in a region now; empty where they can. */
  unfit(region: string): readonly string[];
}

/** The world once a failover is over, read from databases, tables and records, not from what a workflow says. */
export interface FailoverAtEnd {
  /** The platform left the region, as the records of the reign say. */
  readonly moved: boolean;
  /** Of this outage, with this answer of a person: whether it had to move, may have moved, or had to stay. */
  readonly expected: 'moves' | 'may-move' | 'stays';
  readonly rtoSeconds: number | null;
  readonly recoverySecondsMax: number;
  readonly criticalPathSeconds: number | null;
  readonly lostWrites: number;
  readonly lostSeconds: number;
  readonly reportedLossSeconds: number | null;
  readonly reportedLossSecondsMin: number | null;
  readonly recoveryPointSecondsMax: number;
  /** A person said yes to a loss above the objective. */
  readonly lossAccepted: boolean;
  /** `us-west-2: reign 2 of us-west-2`, of every region that lives; and which there should be. */
  readonly reigns: readonly string[];
  readonly reignsExpected: readonly string[];
  /** What the new primary does not do that a primary does. */
  readonly missingAfterwards: readonly string[];
  /** Writes that one region acknowledged after another had begun to. */
  readonly writtenInTwo: readonly string[];
  readonly leaks: readonly string[];
  readonly executionsRunning: readonly {
    readonly workflow: string;
    readonly execution: string;
    readonly asksUntil?: number;
  }[];
}

export type FailoverChecker = Checker<FailoverAtEnd>;

const saying = (name: string, conclude: (world: FailoverAtEnd) => readonly string[]): FailoverChecker => ({
  name,
  conclude,
});

/** The checkers of a failover, in the order in which a person reads them. `from`: the region that is left, if one is. */
export function failoverCheckers(eyes: FailoverEyes, from: string): readonly FailoverChecker[] {
  return [
    neverTwoPrimaries(eyes),
    trafficWhereItIsServed(eyes),
    saying('what is lost is within the objective, or a person said so', lossIsAllowed),
    saying('what is lost was told', lossIsTold),
    nothingAsksTheLostRegion(from),
    noControlPlane(),
    saying('the platform moves when it is lost, and only then', movesOrStays),
    saying('users write again within the objective', ({ rtoSeconds, recoverySecondsMax }) =>
      rtoSeconds !== null && rtoSeconds > recoverySecondsMax
        ? [`users could not write for ${rtoSeconds} s; ${recoverySecondsMax} s are allowed`]
        : [],
    ),
    saying('a failover is no slower than what it has to wait for', ({ rtoSeconds, criticalPathSeconds }) =>
      rtoSeconds !== null && criticalPathSeconds !== null && rtoSeconds > slownessMax * criticalPathSeconds
        ? [`it took ${rtoSeconds} s, and its waits ${criticalPathSeconds} s`]
        : [],
    ),
    saying('one reign at the end, and its number', ({ reigns, reignsExpected }) =>
      reigns.join() === reignsExpected.join()
        ? []
        : [`${reigns.join(', ') || 'no region'} instead of ${reignsExpected.join(', ')}`],
    ),
    saying('the new primary backs up, rotates and alarms', ({ missingAfterwards }) => missingAfterwards),
    saying('no password stands anywhere', ({ leaks }) => leaks),
    executionsEnd(),
    nothingDenied(),
  ];
}

function movesOrStays({ moved, expected }: FailoverAtEnd): string[] {
  if (moved && expected === 'stays') return ['it moved although nothing was lost that moves a platform'];
  return !moved && expected === 'moves' ? ['it stayed although its region was lost'] : [];
}

/** When something may have changed about who can write. Validity ends by itself, and that takes nothing but rights. */
const telling = new Set([
  'database.status',
  'database.promoted',
  'database.outage',
  'region.changed',
  'function.ended',
  'state.exited',
  'person.acted',
  'writes.begun',
]);

export function neverTwoPrimaries(eyes: FailoverEyes): Checker<Pick<FailoverAtEnd, 'writtenInTwo'>> {
  const found = new Set<string>();
  return {
    name: 'never two writable primaries',
    seen(event: RehearsalEvent) {
      if (!telling.has(event.kind)) return;
      const writable = eyes.writable();
      for (const { database } of writable) {
        const ways = writable.filter((one) => one.database === database);
        if (new Set(ways.map(({ region }) => region)).size < 2) continue;
        found.add(
          `${database} could be written to ${ways.map(({ region, by }) => `in ${region} by ${by}`).join(' and ')}`,
        );
      }
    },
    conclude: ({ writtenInTwo }) => [...found, ...writtenInTwo],
  };
}

/** Whenever users are led elsewhere, they can be served there: what they write is kept, and pods are ready. */
export function trafficWhereItIsServed(eyes: FailoverEyes): Checker<unknown> {
  const found: string[] = [];
  return {
    name: 'no traffic to a region that can not serve',
    seen(event: RehearsalEvent) {
      if (event.kind !== 'users.led') return;
      const region = String(event['region']);
      for (const why of eyes.unfit(region)) found.push(`users were led to ${region} although ${why}`);
    },
    conclude: () => found,
  };
}

function lossIsAllowed({ lostSeconds, lostWrites, recoveryPointSecondsMax, lossAccepted }: FailoverAtEnd): string[] {
  if (lossAccepted || lostSeconds <= recoveryPointSecondsMax) return [];
  return [
    `${lostWrites} writes of ${lostSeconds} s are lost; ${recoveryPointSecondsMax} s are allowed, and nobody was asked`,
  ];
}

function lossIsTold(world: FailoverAtEnd): string[] {
  const { moved, lostSeconds, lostWrites, reportedLossSeconds: most, reportedLossSecondsMin } = world;
  const least = reportedLossSecondsMin ?? 0;
  if (!moved || most === null || (least <= lostSeconds && lostSeconds <= most)) return [];
  return [`${lostWrites} writes of ${lostSeconds} s are lost, and people were told of ${least} to ${most} s`];
}

/** Functions of a failover from the look that starts it to its last word, as their roles are named. */
const onThePath =
  /(Watch-?Primary|(Begin|Assess|Ask-?For|Tell)-?Failover|Claim-?Platform|Fence-?Primary|Open-?Lease|Measure-?Loss|Promote-?Database|Restore-?Newest|Scale-?Compute|Take-?Secrets|Enter-?Reign|Admit-?Application|Validate-?Region|Open-?Traffic)/i;

/** Whether a call is one of a failover's path to a region that does not answer; `beside`: of another function of the region that is not lost. */
export function callToLost(event: RehearsalEvent): 'path' | 'beside' | undefined {
  if (event.kind !== 'aws.called' || event['outcome'] !== 'Unreachable' || event['from'] === event['region'])
    return undefined;
  return onThePath.test(String(event['principal'])) ? 'path' : 'beside';
}

function nothingAsksTheLostRegion(from: string): FailoverChecker {
  const lost = new Set<string>();
  const asked = new Set<string>();
  return {
    name: 'nothing on the path calls the lost region',
    seen(event: RehearsalEvent) {
      if (event.kind === 'region.changed') {
        if (event['state'] === 'lost') lost.add(String(event['region']));
        if (event['state'] === 'back') lost.delete(String(event['region']));
      }
      if (event['region'] !== from || !lost.has(from) || callToLost(event) !== 'path') return;
      asked.add(`${event['principal']} asked ${event['service']}:${event['operation']} in ${event['region']}`);
    },
    conclude: () => [...asked],
  };
}

/** Changes that need a control plane of one region, or are as good as a deployment. Reading is nothing but slow. */
const configuring = /^(Create|Delete|Put|Update|Change|Attach|Detach|Add|Remove|Associate)/;
const ofObjects = /Object|Multipart|Upload/;

function noControlPlane(): FailoverChecker {
  const asked = new Set<string>();
  let began = false;
  return {
    name: 'no record, right or bucket is changed',
    seen(event: RehearsalEvent) {
      if (event.kind === 'scenario.began') began = true;
      if (!began || event.kind !== 'aws.called') return;
      const [service, operation] = [String(event['service']), String(event['operation'])];
      const route53 = service.startsWith('route53');
      const rights = service === 'iam' && configuring.test(operation);
      const bucket = service === 's3' && configuring.test(operation) && !ofObjects.test(operation);
      if (route53 || rights || bucket) asked.add(`${event['principal']} called ${service}:${operation}`);
    },
    conclude: () => [...asked],
  };
}
