import type { AlarmStateValue } from './cloudwatch-alarm.ts';
import { AwsError } from './service.ts';

/** State of another alarm, by name or ARN; undefined when there is none. */
export type StateOf = (alarm: string) => AlarmStateValue | undefined;

/** A composite alarm's rule: true means ALARM. */
export interface AlarmRule {
  /** Names or ARNs of the alarms it reads. */
  readonly reads: readonly string[];
  holds(stateOf: StateOf): boolean;
}

const tokenPattern = /\s*("(?:[^"\\]|\\.)*"|\(|\)|[^\s()"]+)/y;
const stateFunctions: readonly string[] = ['ALARM', 'OK', 'INSUFFICIENT_DATA'];

/**
 * Parses an AlarmRule: `ALARM("a") AND NOT (OK(b) OR TRUE)`. AND binds tighter than OR, NOT tightest (assumed; the page gives
 * no order). https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
 * Throws AwsError ValidationError.
 */
export function parseAlarmRule(text: string): AlarmRule {
  const tokens = tokensOf(text);
  const reads: string[] = [];
  let next = 0;
  const take = (token: string): boolean => {
    if (tokens[next] !== token) return false;
    next++;
    return true;
  };
  const expect = (token: string): void => {
    if (!take(token)) throw invalid(text, `'${token}' was expected, '${tokens[next] ?? 'the end'}' came`);
  };
  const any = (): AlarmRule['holds'] => {
    const parts = [all()];
    while (take('OR')) parts.push(all());
    return (stateOf) => parts.some((part) => part(stateOf));
  };
  const all = (): AlarmRule['holds'] => {
    const parts = [single()];
    while (take('AND')) parts.push(single());
    return (stateOf) => parts.every((part) => part(stateOf));
  };
  const single = (): AlarmRule['holds'] => {
    if (take('NOT')) {
      const negated = single();
      return (stateOf) => !negated(stateOf);
    }
    if (take('(')) {
      const inner = any();
      expect(')');
      return inner;
    }
    if (take('TRUE')) return () => true;
    if (take('FALSE')) return () => false;
    const state = tokens[next++];
    if (state === undefined || !stateFunctions.includes(state))
      throw invalid(text, `'${state ?? 'the end'}' was not expected`);
    expect('(');
    const name = (tokens[next++] ?? '').replace(/^"(.*)"$/, '$1').replace(/\\(.)/g, '$1');
    expect(')');
    reads.push(name);
    return (stateOf) => stateOf(name) === state;
  };
  const holds = any();
  if (next < tokens.length) throw invalid(text, `'${tokens[next]}' was not expected`);
  return { reads, holds };
}

function tokensOf(text: string): string[] {
  const pattern = new RegExp(tokenPattern);
  const tokens: string[] = [];
  while (text.slice(pattern.lastIndex).trim() !== '') {
    const token = pattern.exec(text)?.[1];
    if (token === undefined) throw invalid(text, 'a quotation mark is not closed');
    tokens.push(token);
  }
  return tokens;
}

function invalid(text: string, why: string): AwsError {
  return new AwsError('ValidationError', `AlarmRule '${text}' is not valid: ${why}.`);
}
