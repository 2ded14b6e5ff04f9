import { holdSeconds, partitionHoldSeconds } from '../../domain/failover-signals.ts';
import { fenceMarginSeconds } from '../../domain/lease.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import type { ImposedWait } from './failover-request.ts';

/** What clients that obey it keep of an alias to a load balancer: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html */
export const timeToLiveSeconds = 60;

/** One failover as the log shows it. */
export interface PathSeen {
  readonly events: readonly RehearsalEvent[];
  readonly execution: string;
  readonly outageAt: number;
  /** When it was clear that users are led elsewhere. */
  readonly ledAt: number;
  /** Region that took over. */
  readonly to: string;
}

interface Visit {
  readonly state: string;
  readonly from: number;
  readonly to: number;
  readonly output: Readonly<Record<string, unknown>>;
}

/**
 * The waits of a failover that no program of ours can make shorter, one after the other: until the signals are lost and have been for the time that
 * the rules ask for, until a person has answered, until the lease has ended and its margin has passed, until RDS has promoted or the pods stand,
 * whichever is later, until Route 53 has seen it, and until its answer has left the resolvers. What AWS takes is what it took in this run.
 */
export function imposedWaits({ events, execution, outageAt, ledAt, to }: PathSeen): readonly ImposedWait[] {
  const visits = visitsOf(events, execution);
  const having = (field: string): readonly Visit[] => visits.filter(({ output }) => output[field] !== undefined);
  const assessed = having('pattern')[0];
  const fences = having('writableUntil');
  const opened = having('followed')[0];
  const waits: ImposedWait[] = [];
  const add = (name: string, milliseconds: number): void => {
    if (milliseconds > 0) waits.push({ name, seconds: Math.round(milliseconds / 100) / 10 });
  };
  if (typeof assessed?.output['since'] === 'string') {
    const held = assessed.output['pattern'] === 'partition' ? partitionHoldSeconds : holdSeconds;
    add('two signals are lost', Date.parse(assessed.output['since']) - outageAt);
    add('they stay lost', held * 1000);
  }
  for (const { state, from, to: until } of visits.filter((visit) => /^Ask\b/.test(visit.state))) {
    add(`a person answers: ${state}`, until - from);
  }
  const fenced = fences.at(-1);
  if (fenced?.output['fencing'] === 'proven' && fences[0]) {
    add(
      'the lease ends, and its margin',
      Date.parse(String(fenced.output['writableUntil'])) + fenceMarginSeconds * 1000 - fences[0].from,
    );
  }
  const from = fenced?.to ?? outageAt;
  const promotion = promotionOf(events, to, from);
  add('RDS promotes', promotion.milliseconds);
  add('pods stand', podsReadyAt(events, to, from, opened?.from ?? ledAt) - Math.max(from, promotion.endedAt));
  if (opened) add('Route 53 sees it', ledAt - opened.from);
  add("the answer's time to live", timeToLiveSeconds * 1000);
  return waits;
}

export function criticalPathSeconds(waits: readonly ImposedWait[]): number {
  return Math.round(waits.reduce((sum, { seconds }) => sum + seconds, 0) * 10) / 10;
}

/** Each visit of a state with what it gave out. A state that is visited twice at a time (of two databases) is one visit each. */
function visitsOf(events: readonly RehearsalEvent[], execution: string): readonly Visit[] {
  const entered = new Map<string, number[]>();
  const visits: Visit[] = [];
  for (const event of events) {
    if (event['execution'] !== execution) continue;
    const state = String(event['state']);
    if (event.kind === 'state.entered') entered.set(state, [...(entered.get(state) ?? []), event.at]);
    if (event.kind !== 'state.exited') continue;
    const from = entered.get(state)?.shift() ?? event.at;
    visits.push({ state, from, to: event.at, output: recordOf(event['output']) });
  }
  return visits;
}

function recordOf(output: unknown): Readonly<Record<string, unknown>> {
  return typeof output === 'object' && output !== null && !Array.isArray(output)
    ? (output as Readonly<Record<string, unknown>>)
    : {};
}

/** From `modifying` to `available`, of the slowest database. */
function promotionOf(events: readonly RehearsalEvent[], region: string, since: number) {
  const began = new Map<string, number>();
  let milliseconds = 0;
  let endedAt = since;
  for (const event of events) {
    if (event.kind !== 'database.status' || event['region'] !== region || event.at < since) continue;
    const database = String(event['database']);
    if (event['status'] === 'modifying' && !began.has(database)) began.set(database, event.at);
    const from = began.get(database);
    if (event['status'] !== 'available' || from === undefined) continue;
    began.delete(database);
    if (event.at - from <= milliseconds) continue;
    milliseconds = event.at - from;
    endedAt = event.at;
  }
  return { milliseconds, endedAt };
}

/** When the last pod that became ready before traffic was opened did so. */
function podsReadyAt(events: readonly RehearsalEvent[], region: string, since: number, until: number): number {
  const last = events.findLast(
    (event) =>
      event.kind === 'pod.changed' &&
      event['region'] === region &&
      event['ready'] === true &&
      event.at >= since &&
      event.at <= until,
  );
  return last?.at ?? since;
}
