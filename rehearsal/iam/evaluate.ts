import { Unmodelled } from '../aws/service.ts';
import { unmetCondition } from './conditions.ts';
import { type ConditionContext, matchAction, matchArn, substituteVariables } from './match.ts';
import type { Policy, PolicyOrigin, Principals, Statement } from './policy.ts';

/** One statement that took part in a decision. */
export interface MatchedStatement {
  readonly origin: PolicyOrigin;
  /** Position within the policy document, from 0. */
  readonly index: number;
  readonly sid?: string;
  readonly effect: 'Allow' | 'Deny';
}

export interface Decision {
  readonly decision: 'allowed' | 'denied';
  /** In words: which statement decided, or what is missing. */
  readonly reason: string;
  readonly matched: readonly MatchedStatement[];
}

/** A caller as resource policies name it. */
export type Caller =
  | { readonly kind: 'role'; readonly account: string; readonly roleArn: string; readonly sessionArn: string }
  | { readonly kind: 'service'; readonly service: string };

/** Everything that one decision rests on. */
export interface Question {
  readonly caller: Caller;
  readonly action: string;
  /** One ARN, or `*` for an action without resource level. */
  readonly resource: string;
  readonly context: ConditionContext;
  /** Policies of the caller's role; none for a service. */
  readonly identityPolicies: readonly Policy[];
  readonly boundary?: Policy;
  readonly resourcePolicy?: Policy;
  /** Account that owns the resource. */
  readonly resourceAccount: string;
}

/** A statement that applies, with the patterns that made it apply: what the ledger of grants records. */
export interface Hit {
  readonly statement: Statement;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

export interface Evaluation extends Decision {
  /** Identity statements that granted the request; empty when it was denied or a resource policy alone granted it. */
  readonly grants: readonly Hit[];
}

/**
 * Decides one request within one account: an explicit Deny anywhere ends it; else a resource policy that names the caller
 * allows, or an identity policy does, and a permissions boundary has to allow as well. The policy of a KMS key must itself
 * allow the request or hand the decision to the account's IAM policies (its account root statement).
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
export function evaluate(question: Question): Evaluation {
  const { caller, resourcePolicy } = question;
  if (caller.kind === 'role' && caller.account !== question.resourceAccount) {
    throw new Unmodelled(
      `${caller.roleArn} asks for ${question.action} on ${question.resource}: access across accounts is not modelled.`,
    );
  }
  const nearMisses: string[] = [];
  const search = (policies: readonly Policy[], effect: 'Allow' | 'Deny') =>
    policies.flatMap((policy) => policy.statements.flatMap((one) => hit(one, effect, question, nearMisses) ?? []));
  const onResource = resourcePolicy ? [resourcePolicy] : [];
  const boundaries = question.boundary ? [question.boundary] : [];

  const denials = search([...question.identityPolicies, ...boundaries, ...onResource], 'Deny');
  if (denials[0]) return outcome('denied', `explicit Deny in ${named(denials[0].statement)}`, denials);

  const resourceAllows = search(onResource, 'Allow');
  const direct = resourceAllows.filter((one) => grantsDirectly(one.statement.principals, caller));
  if (caller.kind === 'service') {
    if (direct[0]) return outcome('allowed', `allowed by ${named(direct[0].statement)}`, direct);
    return outcome('denied', missing('no resource-based policy allows the service', question, nearMisses), []);
  }

  const identityAllows = search(question.identityPolicies, 'Allow');
  const bounded = !question.boundary || search(boundaries, 'Allow').length > 0;
  if (!bounded && !direct.some((one) => one.statement.principals?.aws.includes(caller.sessionArn))) {
    return outcome('denied', missing('no permissions boundary allows the action', question, nearMisses), []);
  }
  if (direct[0]) {
    return {
      ...outcome('allowed', `allowed by ${named(direct[0].statement)}`, [...direct, ...identityAllows]),
      grants: [],
    };
  }
  const first = identityAllows[0];
  if (!first) return outcome('denied', missing('no identity-based policy allows the action', question, nearMisses), []);
  if (needsResourcePolicy(question.resource) && resourceAllows.length === 0) {
    return outcome('denied', missing('no resource-based policy allows the action', question, nearMisses), []);
  }
  return {
    ...outcome('allowed', `allowed by ${named(first.statement)}`, [...identityAllows, ...resourceAllows]),
    grants: identityAllows,
  };
}

/** A KMS key's policy has to take part in every decision about the key. */
function needsResourcePolicy(resource: string): boolean {
  return /^arn:[^:]+:kms:[^:]*:[^:]*:key\//.test(resource);
}

/** Whether the statement applies to the request; conditions that held it back are noted in words. */
function hit(
  statement: Statement,
  effect: 'Allow' | 'Deny',
  question: Question,
  nearMisses: string[],
): Hit | undefined {
  if (statement.effect !== effect) return undefined;
  if (statement.principals && !concerns(statement.principals, question.caller)) return undefined;
  const actions = statement.actions.filter((pattern) => matchAction(pattern, question.action));
  if (actions.length > 0 === statement.exceptActions) return undefined;
  const resources = statement.resources.filter((pattern) => {
    const substituted = substituteVariables(pattern, question.context);
    return substituted !== undefined && matchResource(substituted, question.resource);
  });
  if (resources.length > 0 === statement.exceptResources) return undefined;
  const unmet = unmetCondition(statement, question.context);
  if (!unmet) return { statement, actions, resources };
  if (effect === 'Allow') {
    const { operator, key, values } = unmet.condition;
    nearMisses.push(
      `${named(statement)} would allow it, but ${unmet.keyMissing ? `the request has no ${key}` : `${key} is ${(question.context.get(key.toLowerCase()) ?? []).join(', ')}`} (${operator} ${values.join(' or ')})`,
    );
  }
  return undefined;
}

/** An action without resource level is granted by a statement on `*` alone. */
function matchResource(pattern: string, resource: string): boolean {
  return resource === '*' ? pattern === '*' : matchArn(pattern, resource);
}

/** Whether a statement's principals include the caller, by name or through its account. */
function concerns(principals: Principals, caller: Caller): boolean {
  if (grantsDirectly(principals, caller)) return true;
  return caller.kind === 'role' && principals.aws.some((name) => isAccount(name, caller.account));
}

/**
 * Whether an Allow with these principals grants by itself. The account as a principal does not: it leaves the decision to the
 * account's identity policies. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
function grantsDirectly(principals: Principals | undefined, caller: Caller): boolean {
  if (!principals) return false;
  if (principals.everyone) return true;
  if (caller.kind === 'service') return principals.services.includes(caller.service);
  return principals.aws.some((name) => name === caller.roleArn || name === caller.sessionArn);
}

function isAccount(name: string, account: string): boolean {
  return name === account || (name.startsWith('arn:') && name.endsWith(`:iam::${account}:root`));
}

function outcome(decision: 'allowed' | 'denied', reason: string, hits: readonly Hit[]): Evaluation {
  const matched = hits.map(({ statement }) => ({
    origin: statement.origin,
    index: statement.index,
    ...(statement.sid === undefined ? {} : { sid: statement.sid }),
    effect: statement.effect,
  }));
  return { decision, reason, matched, grants: [] };
}

function missing(what: string, question: Question, nearMisses: readonly string[]): string {
  const reason = `${what} ${question.action}`.replace('the action ', 'the ');
  return nearMisses.length === 0 ? reason : `${reason}; ${nearMisses.join('; ')}`;
}

function named(statement: Statement): string {
  const { stack, logicalId, policy } = statement.origin;
  return `statement ${statement.sid ?? statement.index} of '${policy}' (${stack}/${logicalId})`;
}
