import type { Json } from '../kernel/log.ts';
import type { Catcher, Retrier } from './compiled.ts';
import type { StateError } from './errors.ts';

/**
 * `States.ALL` matches every name but a terminal error's. `States.TaskFailed` 'acts as a wildcard that matches any known error
 * name except for States.Timeout' (concepts-error-handling).
 */
function matches(errorEquals: readonly string[], failure: StateError): boolean {
  const { error, alias, terminal } = failure;
  return errorEquals.some(
    (name) =>
      (error !== undefined && name === error) ||
      (alias !== undefined && name === alias) ||
      (name === 'States.ALL' && !terminal) ||
      (name === 'States.TaskFailed' && !terminal && error !== 'States.Timeout'),
  );
}

/** The first retrier for an error. */
export function retrierFor(retriers: readonly Retrier[], failure: StateError): Retrier | undefined {
  return retriers.find((retrier) => matches(retrier.errorEquals, failure));
}

/** The first catcher for an error. */
export function catcherFor(catchers: readonly Catcher[], failure: StateError): Catcher | undefined {
  return catchers.find((catcher) => matches(catcher.errorEquals, failure));
}

/**
 * Milliseconds before the next attempt. `attempt` counts the retries of this retrier from 0. The delay grows by BackoffRate up
 * to MaxDelaySeconds; with JitterStrategy FULL it is then drawn uniformly between 0 and itself.
 */
export function retryDelayMilliseconds(retrier: Retrier, attempt: number, random: { uniform(): number }): number {
  const grown = retrier.intervalSeconds * retrier.backoffRate ** attempt;
  const seconds = Math.min(grown, retrier.maxDelaySeconds ?? Number.POSITIVE_INFINITY, longestDelaySeconds);
  return Math.round(seconds * 1000 * (retrier.fullJitter ? random.uniform() : 1));
}

/** MaxDelaySeconds must be less than this; a delay that backoff has grown without it stops here too. */
const longestDelaySeconds = 31_622_400;

/** `{Error, Cause}`, as catchers hand it on. A failure without a name or a cause hands on neither; a timeout's cause is empty. */
export function errorOutputOf(failure: StateError): { [key: string]: Json } {
  const output: { [key: string]: Json } = {};
  if (failure.error !== undefined) output['Error'] = failure.error;
  if (failure.reason !== undefined || failure.error === 'States.Timeout') output['Cause'] = failure.reason ?? '';
  return output;
}
