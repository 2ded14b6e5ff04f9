import type { Json } from '../../kernel/log.ts';
import { choiceOperators } from '../choice-rules.ts';
import { isObject } from '../json-text.ts';
import { isExpression } from '../jsonata/expression.ts';
import { instantOf } from '../timestamp.ts';
import type { Checker, Fields } from './checker.ts';
import { checkJsonata } from './jsonata.ts';
import { checkPath } from './jsonpath.ts';

/** A rule of a Choice in a JSONata state. */
export function checkCondition(checker: Checker, rule: Fields, location: string): void {
  checker.only(rule, ['Condition', 'Next', 'Assign', 'Output', 'Comment'], location);
  if (!checker.required(rule, ['Condition', 'Next'], location)) return;
  checker.text(rule['Next'], `${location}/Next`);
  const condition = rule['Condition'];
  if (typeof condition !== 'boolean' && !isExpression(condition)) {
    checker.refuse("The field 'Condition' must be a JSONata expression or a boolean", `${location}/Condition`);
  }
  checkJsonata(checker, condition, `${location}/Condition`);
}

/** A rule of a Choice in a JSONPath state; rules within And, Or and Not have no Next. */
export function checkRule(checker: Checker, rule: Json | undefined, location: string, nested = false): void {
  if (!checker.object(rule, location)) return;
  if (!nested) {
    if (checker.required(rule, ['Next'], location)) checker.text(rule['Next'], `${location}/Next`);
  } else if (Object.hasOwn(rule, 'Next')) checker.refuse("Field 'Next' is not supported", location);
  const operators = Object.keys(rule).filter((key) => !['Variable', 'Next', 'Assign', 'Comment'].includes(key));
  const [operator] = operators;
  if (operator === undefined || operators.length > 1) {
    const found = operators.length === 0 ? 'none' : operators.join(', ');
    checker.refuse(`A choice rule must have exactly one comparison, but has ${found}`, location);
    return;
  }
  const value = rule[operator];
  if (operator === 'And' || operator === 'Or') {
    if (checker.filledArray(value, `${location}/${operator}`)) {
      for (const [index, inner] of value.entries())
        checkRule(checker, inner, `${location}/${operator}[${index}]`, true);
    }
  } else if (operator === 'Not') checkRule(checker, value, `${location}/Not`, true);
  else checkComparison(checker, rule, operator, value, location);
}

function checkComparison(
  checker: Checker,
  rule: Fields,
  operator: string,
  value: Json | undefined,
  location: string,
): void {
  const type = choiceOperators[operator];
  if (!type) {
    checker.refuse(`Field '${operator}' is not supported`, location);
    return;
  }
  if (checker.required(rule, ['Variable'], location)) checkPath(checker, rule['Variable'], `${location}/Variable`);
  const place = `${location}/${operator}`;
  if (type === 'path') checkPath(checker, value, place);
  else if (type === 'timestamp') {
    if (typeof value !== 'string' || instantOf(value) === undefined)
      checker.refuse('String does not match RFC3339 timestamp', place);
  } else if (typeof value !== type) checker.refuse(`Expected value of type ${type}`, place);
}

/** Assign: names that variables may have. https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html */
export function checkVariableNames(
  checker: Checker,
  assign: Json | undefined,
  location: string,
  language: 'JSONPath' | 'JSONata',
): void {
  if (assign === undefined) return;
  if (!isObject(assign)) {
    checker.refuse('Expected value of type Object', location);
    return;
  }
  for (const key of Object.keys(assign)) {
    const name = language === 'JSONPath' && key.endsWith('.$') ? key.slice(0, -2) : key;
    if (name === 'states') checker.refuse("The variable name 'states' is reserved", location);
    else if (name.length > 80 || !/^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name)) {
      checker.refuse(`'${name}' is not a valid variable name`, location);
    }
  }
}
