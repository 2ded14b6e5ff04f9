import type { Json } from '../../kernel/log.ts';
import type { Checker, Fields } from './checker.ts';

const retrierFields = [
  'ErrorEquals',
  'IntervalSeconds',
  'MaxAttempts',
  'BackoffRate',
  'MaxDelaySeconds',
  'JitterStrategy',
  'Comment',
];

/** MaxDelaySeconds must be below this: 366 days. */
const maximumDelaySeconds = 31_622_400;

/** Retry. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
export function checkRetry(checker: Checker, retry: Json | undefined, location: string): void {
  if (retry === undefined) return;
  if (!Array.isArray(retry)) {
    checker.refuse('Expected value of type Array', location);
    return;
  }
  retry.forEach((retrier, index) => {
    const place = `${location}[${index}]`;
    if (!checker.object(retrier, place)) return;
    checker.only(retrier, retrierFields, place);
    checkErrorEquals(checker, retrier, place, index === retry.length - 1);
    if (retrier['IntervalSeconds'] !== undefined)
      checker.integer(retrier['IntervalSeconds'], `${place}/IntervalSeconds`, 1);
    if (retrier['MaxAttempts'] !== undefined) checker.integer(retrier['MaxAttempts'], `${place}/MaxAttempts`, 0);
    if (retrier['BackoffRate'] !== undefined) checker.number(retrier['BackoffRate'], `${place}/BackoffRate`, 1);
    if (retrier['JitterStrategy'] !== undefined) {
      checker.oneOf(retrier['JitterStrategy'], 'JitterStrategy', ['FULL', 'NONE'], `${place}/JitterStrategy`);
    }
    const delay = retrier['MaxDelaySeconds'];
    if (delay !== undefined) checker.integer(delay, `${place}/MaxDelaySeconds`, 1, maximumDelaySeconds - 1);
  });
}

/** ErrorEquals of a retrier or a catcher: States.ALL stands alone, and last. */
export function checkErrorEquals(checker: Checker, handler: Fields, place: string, last: boolean): void {
  if (!checker.required(handler, ['ErrorEquals'], place)) return;
  const names = handler['ErrorEquals'];
  const location = `${place}/ErrorEquals`;
  if (!checker.filledArray(names, location)) return;
  if (!names.every((name) => typeof name === 'string')) checker.refuse('Expected value of type String', location);
  if (names.includes('States.ALL') && (names.length > 1 || !last)) {
    checker.refuse("'States.ALL' must appear alone and at the last position", location);
  }
}
