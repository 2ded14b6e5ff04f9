/** Values of the request's condition keys, by lower-case key. An empty list says: known to be absent. */
export type ConditionContext = Pick<ReadonlyMap<string, readonly string[]>, 'get'>;

const expressions = new Map<string, RegExp>();

/** Whether the text fits a pattern with `*` (any characters) and `?` (one character). */
export function matchWildcard(pattern: string, text: string, ignoreCase = false): boolean {
  if (pattern === '*') return true;
  if (!/[*?]/.test(pattern)) {
    return ignoreCase ? pattern.toLowerCase() === text.toLowerCase() : pattern === text;
  }
  const key = `${ignoreCase ? 'i' : 'c'}${pattern}`;
  let expression = expressions.get(key);
  if (!expression) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '[\\s\\S]*')
      .replaceAll('?', '[\\s\\S]');
    expression = new RegExp(`^${source}$`, ignoreCase ? 'i' : '');
    expressions.set(key, expression);
  }
  return expression.test(text);
}

/** Actions are compared without regard to case: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html */
export function matchAction(pattern: string, action: string): boolean {
  let known = matchedActions.get(pattern);
  if (!known) {
    known = new Map();
    matchedActions.set(pattern, known);
  }
  let matches = known.get(action);
  if (matches === undefined) {
    matches = matchWildcard(pattern, action, true);
    known.set(action, matches);
  }
  return matches;
}

/** Pattern → action → whether it fits. Both are few, and each statement of a role is asked for each of its calls. */
const matchedActions = new Map<string, Map<string, boolean>>();

/**
 * Compares an ARN with a pattern part by part: each of the six colon-separated parts has to fit, so that a wildcard does not
 * reach over a colon into the next part (the last part may hold colons itself).
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function matchArn(pattern: string, arn: string): boolean {
  if (pattern === '*') return true;
  const patternParts = partsOfPattern(pattern);
  const parts = arnParts(arn);
  if (!patternParts || !parts) return false;
  return patternParts.every((part, index) => matchWildcard(part, parts[index] ?? ''));
}

const patterns = new Map<string, string[] | undefined>();

/** Of the patterns in policies, which are few and asked often. */
function partsOfPattern(pattern: string): string[] | undefined {
  if (!patterns.has(pattern)) patterns.set(pattern, arnParts(pattern));
  return patterns.get(pattern);
}

function arnParts(arn: string): string[] | undefined {
  const parts = arn.split(':');
  if (parts.length < 6) return undefined;
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}

/**
 * Puts the request's values in place of policy variables: `${aws:PrincipalAccount}`, `${aws:PrincipalTag/team, 'none'}`, and
 * `${*}`, `${?}`, `${$}` for the characters themselves (which then stand for themselves only where the text has no wildcard).
 * Undefined when a variable has no single value: such a statement does not match.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function substituteVariables(text: string, context: ConditionContext): string | undefined {
  if (!text.includes('${')) return text;
  let missing = false;
  const result = text.replace(/\$\{([^}]*)\}/g, (_whole, inside: string) => {
    if (inside === '*' || inside === '?' || inside === '$') return inside;
    const [name = '', ...rest] = inside.split(',');
    const values = context.get(name.trim().toLowerCase());
    if (values?.length === 1) return values[0] as string;
    const fallback = /^\s*'(.*)'\s*$/.exec(rest.join(','));
    if (fallback) return fallback[1] as string;
    missing = true;
    return '';
  });
  return missing ? undefined : result;
}
