import type { EventLog } from '../kernel/log.ts';
import type { Checker, Violation } from './checker.ts';
import { alarmsHaveData, executionsEnd, nothingDenied, nothingLeftOver, onePromotionAtATime } from './order.ts';
import { type AlarmToStableMeter, rollbackIsExact, trafficReturnsInTime, weightsEndWhole } from './release.ts';

export type { Checker, ReleaseState, SlotState, Violation, WorldAtEnd } from './checker.ts';
export { AlarmToStableMeter } from './release.ts';

/** The checkers of a canary rehearsal, in the order in which a person reads them. */
export function canaryCheckers(meter: AlarmToStableMeter): readonly Checker[] {
  return [
    weightsEndWhole(),
    rollbackIsExact(),
    trafficReturnsInTime(meter),
    onePromotionAtATime(),
    executionsEnd(),
    nothingDenied(),
    alarmsHaveData(),
    nothingLeftOver(),
  ];
}

/** Lets the checkers see every event of a run, those already written included. */
export function watchRun(log: EventLog, checkers: readonly Pick<Checker, 'seen'>[]): void {
  for (const checker of checkers) {
    if (!checker.seen) continue;
    const seen = checker.seen.bind(checker);
    for (const event of log.events) seen(event);
    log.subscribe(seen);
  }
}

/** What every checker says at the end; violations are written to the log as well. */
export function conclude<World>(
  log: EventLog,
  checkers: readonly Checker<World>[],
  world: World,
): { held: string[]; violated: Violation[] } {
  const held: string[] = [];
  const violated: Violation[] = [];
  for (const checker of checkers) {
    const details = checker.conclude(world);
    if (details.length === 0) held.push(checker.name);
    for (const detail of details) {
      violated.push({ checker: checker.name, detail });
      log.write('checker.violated', { checker: checker.name, detail });
    }
  }
  return { held, violated };
}
