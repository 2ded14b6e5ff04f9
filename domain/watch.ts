import type { CanaryStep } from './delivery.ts';
import type { Verdict } from './judgement.ts';

/** What a workflow does after a look at the canary. `watch`: look again after `waitSeconds`. */
export interface WatchDecision {
  readonly next: 'watch' | 'go-on' | 'ask' | 'roll-back';
  readonly waitSeconds: number;
}

/** Between two looks: metrics of a load balancer come once a minute. */
export const lookSeconds = 60;

/**
 * Whether a step goes on, is held, or ends. Too little evidence at a step's end holds it for `holdSeconds` more, once, and then
 * asks a person; evidence that arrives meanwhile lets it go on. Depends on the time since the shift alone, so a look that
 * is delivered twice decides the same.
 */
export function decideWatch(
  verdict: Verdict,
  elapsedSeconds: number,
  step: CanaryStep,
  holdSeconds: number,
): WatchDecision {
  if (verdict === 'worse') return { next: 'roll-back', waitSeconds: 0 };
  if (elapsedSeconds < step.watchSeconds) return watch(step.watchSeconds - elapsedSeconds);
  if (verdict === 'healthy') return { next: 'go-on', waitSeconds: 0 };
  const heldUntil = step.watchSeconds + holdSeconds;
  if (elapsedSeconds < heldUntil) return watch(heldUntil - elapsedSeconds);
  return { next: 'ask', waitSeconds: 0 };
}

/** The first wait of a step. */
export function firstWaitSeconds(step: CanaryStep): number {
  return Math.min(lookSeconds, step.watchSeconds);
}

function watch(remainingSeconds: number): WatchDecision {
  return { next: 'watch', waitSeconds: Math.min(lookSeconds, Math.ceil(remainingSeconds)) };
}
