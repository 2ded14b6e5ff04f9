import type { PromotionHold, ReleaseRecord } from './release.ts';

/** What asked for a rollback. */
export type RollbackTrigger =
  /** `time` as ISO 8601, when the alarm changed its state. */
  | { readonly kind: 'alarm'; readonly alarmName: string; readonly reason: string; readonly time: string }
  | { readonly kind: 'execution-ended'; readonly executionArn: string; readonly status: string }
  | { readonly kind: 'person'; readonly reason: string; readonly requestedBy: string };

/** What there is to do. `held` is the hold as it was found. */
export type RollbackFound =
  | { readonly action: 'nothing'; readonly reason: string }
  /** The promotion had ended well but for giving the release back. */
  | { readonly action: 'finish'; readonly reason: string }
  /** This execution has taken it over before: a second delivery. */
  | { readonly action: 'resume'; readonly held: PromotionHold; readonly reason: string }
  | { readonly action: 'take-over'; readonly held: PromotionHold; readonly reason: string }
  | {
      readonly action: 'previous';
      readonly previous: NonNullable<ReleaseRecord['previous']>;
      readonly reason: string;
    };

/**
 * What a rollback finds to do. Any alarm of the service rolls a promotion back, the stable slot's own included: while a
 * promotion runs the known state is safer than a guess at whose fault it is. A person's return to the previous release is not
 * undone by an alarm. `otherRuns` says whether the execution that is already rolling or going back still runs: if it died, the
 * release is taken from it.
 */
export function findRollback(
  record: ReleaseRecord,
  trigger: RollbackTrigger,
  mine: string,
  otherRuns: boolean,
): RollbackFound {
  const reason = reasonOf(trigger);
  const held = record.promotion;
  if (!held) return withoutHold(record, trigger, reason);
  if (held.rollback?.executionArn === mine || held.executionArn === mine) {
    return { action: 'resume', held, reason: held.rollback?.reason ?? reason };
  }
  if (trigger.kind === 'execution-ended' && !holders(held).includes(trigger.executionArn)) {
    return { action: 'nothing', reason: `${trigger.executionArn} does not hold the service any more.` };
  }
  if (held.phase === 'rolling-back' && otherRuns) {
    return { action: 'nothing', reason: `${holderOf(held)} is rolling it back already.` };
  }
  if (held.goesBack && held.phase === 'promoting' && (otherRuns || trigger.kind === 'alarm')) {
    // The alarm is about the release that is being left: to act on it would bring back what a person takes away.
    return { action: 'nothing', reason: `${holderOf(held)} goes back to ${held.canaryTag} already.` };
  }
  if (trigger.kind === 'alarm' && Date.parse(trigger.time) < Date.parse(held.startedAt)) {
    return {
      action: 'nothing',
      reason: `The alarm is of ${trigger.time}; the promotion that runs began later, at ${held.startedAt}, when no alarm fired.`,
    };
  }
  if (held.phase === 'retiring') return whileRetiring(record, trigger, reason);
  return { action: 'take-over', held, reason };
}

function withoutHold(record: ReleaseRecord, trigger: RollbackTrigger, reason: string): RollbackFound {
  if (trigger.kind !== 'person') {
    const back = record.previous
      ? ` To go back to ${record.previous.tag}, start this workflow with {"service", "reason", "requestedBy"}.`
      : '';
    return { action: 'nothing', reason: `No promotion holds the service.${back}` };
  }
  if (!record.previous) return { action: 'nothing', reason: 'There is no previous release to go back to.' };
  return { action: 'previous', previous: record.previous, reason };
}

/** The roles are swapped: what was stable is now the previous release. */
function whileRetiring(record: ReleaseRecord, trigger: RollbackTrigger, reason: string): RollbackFound {
  if (trigger.kind === 'execution-ended') {
    return {
      action: 'finish',
      reason: 'The promotion had ended well but for giving the release back; that is done now.',
    };
  }
  if (!record.previous) return { action: 'nothing', reason: 'There is no previous release to go back to.' };
  return { action: 'previous', previous: record.previous, reason };
}

/** The record taken over: a new epoch, so that the promotion can write nothing more. */
export function takenOver(
  record: ReleaseRecord,
  held: PromotionHold,
  rollback: NonNullable<PromotionHold['rollback']>,
): ReleaseRecord {
  return { ...record, epoch: record.epoch + 1, promotion: { ...held, phase: 'rolling-back', rollback } };
}

/** The execution that acts on the service now. */
export function holderOf(held: PromotionHold): string {
  return held.rollback?.executionArn ?? held.executionArn;
}

function holders(held: PromotionHold): string[] {
  return [held.executionArn, ...(held.rollback ? [held.rollback.executionArn] : [])];
}

function reasonOf(trigger: RollbackTrigger): string {
  if (trigger.kind === 'alarm') return `Alarm ${trigger.alarmName}: ${trigger.reason}`;
  if (trigger.kind === 'execution-ended')
    return `${trigger.executionArn} ended as ${trigger.status} while it held the service.`;
  return `${trigger.requestedBy}: ${trigger.reason}`;
}
