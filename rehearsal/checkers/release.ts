import { otherSlot, parseAlarmName, type Slot, slotName } from '../../domain/names.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import type { Checker, WorldAtEnd } from './checker.ts';

/** From alarm to all traffic on the stable version: capability 7. */
export const alarmToStableSecondsMax = 60;

/** A run may not end with both versions serving. */
export function weightsEndWhole(): Checker {
  return {
    name: 'weights end at 0 or 100 %',
    conclude({ after: { weights } }) {
      if (!weights) return [];
      const whole = (weights.blue === 0 && weights.green === 100) || (weights.blue === 100 && weights.green === 0);
      return whole ? [] : [`the route ended at blue ${weights.blue} %, green ${weights.green} %`];
    },
  };
}

/** After a rollback the stable slot, its image and its weight are what they were, to the letter. */
export function rollbackIsExact(): Checker {
  return {
    name: 'rollback is exact',
    conclude({ before, after, rolledBack }) {
      if (!rolledBack) return [];
      const faults: string[] = [];
      if (after.stableSlot !== before.stableSlot) {
        faults.push(`the stable slot was ${before.stableSlot} and is ${after.stableSlot}`);
      }
      const imageBefore = before.slots[before.stableSlot]?.image;
      const imageAfter = after.slots[before.stableSlot]?.image;
      if (imageBefore !== imageAfter) {
        faults.push(`${before.stableSlot} ran ${imageBefore} before and runs ${imageAfter} after the rollback`);
      }
      for (const slot of ['blue', 'green'] as const) {
        const weightBefore = before.weights?.[slot];
        const weightAfter = after.weights?.[slot];
        if (weightBefore !== weightAfter) {
          faults.push(
            `${slot} had ${weightBefore} % of the requests before and has ${weightAfter} % after the rollback`,
          );
        }
      }
      return faults;
    },
  };
}

/** What the alarm path took, from the log alone. */
export interface AlarmToStable {
  readonly alarm: string;
  readonly alarmAt: number;
  /** Undefined: the traffic never came back. */
  readonly seconds?: number;
}

/**
 * Measures from the first alarm of the service that fires while the canary serves until the data plane sends it nothing
 * more. The data plane, not the route: a weight that is written is not yet obeyed.
 */
export class AlarmToStableMeter {
  readonly #environment: string;
  readonly #service: string;
  readonly #canaryBackend: string;
  #canaryPercent = 0;
  #promoting = false;
  #measured: { alarm: string; alarmAt: number; seconds?: number } | undefined;

  constructor(environment: string, service: string, stableSlot: Slot) {
    this.#environment = environment;
    this.#service = service;
    this.#canaryBackend = slotName(service, otherSlot(stableSlot));
  }

  seen(event: RehearsalEvent): void {
    if (event.kind === 'execution.started' && String(event['workflow']).endsWith('canary-promotion'))
      this.#promoting = true;
    if (event.kind === 'traffic.shifted' && event['service'] === this.#service) this.#shifted(event);
    if (event.kind === 'alarm.changed' && event['to'] === 'ALARM') this.#fired(event);
  }

  #shifted(event: RehearsalEvent): void {
    const weights = event['weights'] as Record<string, number>;
    this.#canaryPercent = weights[this.#canaryBackend] ?? 0;
    if (this.#canaryPercent === 0 && this.#measured && this.#measured.seconds === undefined) {
      this.#measured.seconds = (event.at - this.#measured.alarmAt) / 1000;
    }
  }

  #fired(event: RehearsalEvent): void {
    const alarm = String(event['alarm']);
    const name = parseAlarmName(alarm);
    if (name?.environment !== this.#environment || name.service !== this.#service) return;
    if (this.#measured || !this.#promoting || this.#canaryPercent === 0 || this.#canaryPercent === 100) return;
    this.#measured = { alarm, alarmAt: event.at };
  }

  get result(): AlarmToStable | undefined {
    return this.#measured;
  }
}

/** From alarm to all traffic on stable in at most 60 seconds. A rolling update has no traffic to switch. */
export function trafficReturnsInTime(meter: AlarmToStableMeter): Checker {
  return {
    name: `traffic is back within ${alarmToStableSecondsMax} s of the alarm`,
    seen: (event) => meter.seen(event),
    conclude({ strategy }: WorldAtEnd) {
      const measured = meter.result;
      if (strategy === 'rolling' || !measured) return [];
      if (measured.seconds === undefined) return [`${measured.alarm} fired and the canary still serves`];
      if (measured.seconds <= alarmToStableSecondsMax) return [];
      return [`${measured.alarm} fired and the canary served for ${measured.seconds} s more`];
    },
  };
}
