import type { Json } from '../../kernel/log.ts';
import type { Catcher, QueryLanguage, Retrier } from '../compiled.ts';
import { catcherFlow } from './flows.ts';
import type { Definition } from './states.ts';

/** Retry. Defaults: 1 s, 3 attempts, rate 2. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
export function compileRetry(retry: Json | undefined): Retrier[] {
  if (!Array.isArray(retry)) return [];
  return (retry as Definition[]).map((retrier) => ({
    errorEquals: retrier['ErrorEquals'] as string[],
    intervalSeconds: (retrier['IntervalSeconds'] as number | undefined) ?? 1,
    maxAttempts: (retrier['MaxAttempts'] as number | undefined) ?? 3,
    backoffRate: (retrier['BackoffRate'] as number | undefined) ?? 2,
    maxDelaySeconds: retrier['MaxDelaySeconds'] as number | undefined,
    fullJitter: retrier['JitterStrategy'] === 'FULL',
  }));
}

/** Catch. */
export function compileCatch(catchers: Json | undefined, language: QueryLanguage): Catcher[] {
  if (!Array.isArray(catchers)) return [];
  return (catchers as Definition[]).map((catcher, index) => ({
    errorEquals: catcher['ErrorEquals'] as string[],
    next: catcher['Next'] as string,
    finish: catcherFlow(catcher, index, language),
  }));
}
