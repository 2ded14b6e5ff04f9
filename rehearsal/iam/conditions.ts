import { BlockList, isIP } from 'node:net';
import { Unmodelled } from '../aws/service.ts';
import { type ConditionContext, matchArn, matchWildcard, substituteVariables } from './match.ts';
import type { Condition, Statement } from './policy.ts';

/** Compares one value of the request with one value of the policy. */
type Comparison = (given: string, wanted: string) => boolean;

const positive: Readonly<Record<string, Comparison>> = {
  StringEquals: (given, wanted) => given === wanted,
  StringEqualsIgnoreCase: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
  StringLike: (given, wanted) => matchWildcard(wanted, given),
  // ArnEquals and ArnLike behave identically: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
  ArnEquals: (given, wanted) => matchArn(wanted, given),
  ArnLike: (given, wanted) => matchArn(wanted, given),
  Bool: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
  NumericEquals: (given, wanted) => number(given) === number(wanted),
  NumericLessThan: (given, wanted) => number(given) < number(wanted),
  NumericLessThanEquals: (given, wanted) => number(given) <= number(wanted),
  NumericGreaterThan: (given, wanted) => number(given) > number(wanted),
  NumericGreaterThanEquals: (given, wanted) => number(given) >= number(wanted),
  DateEquals: (given, wanted) => instant(given) === instant(wanted),
  DateLessThan: (given, wanted) => instant(given) < instant(wanted),
  DateLessThanEquals: (given, wanted) => instant(given) <= instant(wanted),
  DateGreaterThan: (given, wanted) => instant(given) > instant(wanted),
  DateGreaterThanEquals: (given, wanted) => instant(given) >= instant(wanted),
  IpAddress: (given, wanted) => inRange(given, wanted),
};

/** Negated operator → the operator that it negates. */
const negated: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
};

/** A condition that held a statement back, or undefined when all hold. */
export interface UnmetCondition {
  readonly condition: Condition;
  /** The request had no such key. */
  readonly keyMissing: boolean;
}

/** The first condition of the statement that the request does not meet. Throws Unmodelled for operators that are not modelled. */
export function unmetCondition(statement: Statement, context: ConditionContext): UnmetCondition | undefined {
  for (const condition of statement.conditions) {
    const values = context.get(condition.key.toLowerCase());
    if (values === undefined) refuseUnknownKey(statement, condition);
    if (!holds(condition, values ?? [], context)) {
      return { condition, keyMissing: values === undefined || values.length === 0 };
    }
  }
  return undefined;
}

/**
 * A key that the simulated service never mentions is not the same as a key that AWS leaves out. Where the difference could
 * make the rehearsal kinder than AWS (a Deny that then does not apply; an Allow that holds because the key is missing), it
 * must not be guessed.
 */
function refuseUnknownKey(statement: Statement, condition: Condition): void {
  const { set, ifExists, base } = parseOperator(condition.operator);
  const holdsWhenMissing = ifExists || set === 'ForAllValues' || base in negated || base === 'Null';
  if (statement.effect === 'Allow' && !holdsWhenMissing) return;
  throw new Unmodelled(
    `Statement ${statement.index} of '${statement.origin.policy}' (${statement.origin.stack}/${statement.origin.logicalId}) asks for the ` +
      `condition key '${condition.key}', which the simulated service does not give. Let the operation's authorise() give its value, or an empty list where AWS leaves it out.`,
  );
}

/** Whether one condition holds for the request's values of its key (empty: the key is absent). */
export function holds(condition: Condition, values: readonly string[], context: ConditionContext): boolean {
  const { set, ifExists, base } = parseOperator(condition.operator);
  if (base === 'Null') {
    // "true": the key must be absent; "false": it must be there.
    return condition.values.some((wanted) => (wanted === 'true') === (values.length === 0));
  }
  const name = negated[base] ?? base;
  const compare = positive[name];
  if (!compare) throw new Unmodelled(`The condition operator '${condition.operator}' is not modelled.`);
  const wanted = condition.values.map((value) => substituteVariables(value, context));
  const matches = (given: string) => wanted.some((value) => value !== undefined && compare(given, value));
  const accepts = base in negated ? (given: string) => !matches(given) : matches;
  if (values.length === 0) return ifExists || set === 'ForAllValues' || (base in negated && set !== 'ForAnyValue');
  if (set === 'ForAnyValue') return values.some(accepts);
  if (set === 'ForAllValues') return values.every(accepts);
  if (values.length > 1) {
    throw new Unmodelled(
      `The key '${condition.key}' has several values and the operator '${condition.operator}' takes one: AWS asks for ForAnyValue or ForAllValues.`,
    );
  }
  return values.every(accepts);
}

interface OperatorParts {
  readonly set?: 'ForAllValues' | 'ForAnyValue';
  readonly ifExists: boolean;
  readonly base: string;
}

function parseOperator(operator: string): OperatorParts {
  const match = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator);
  const base = match?.[2] ?? '';
  if (!match || !(base in positive || base in negated || base === 'Null')) {
    throw new Unmodelled(`The condition operator '${operator}' is not modelled.`);
  }
  return {
    ...(match[1] ? { set: match[1] as 'ForAllValues' | 'ForAnyValue' } : {}),
    ifExists: match[3] !== undefined,
    base,
  };
}

/** NaN compares as unequal, as IAM does with values that are no numbers. */
function number(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** ISO 8601 or seconds since 1970. */
function instant(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

function inRange(address: string, range: string): boolean {
  const [base = '', prefix] = range.split('/');
  const version = isIP(base);
  if (version === 0 || isIP(address) === 0) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(base, prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix), family);
  return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}
