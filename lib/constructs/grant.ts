import { Effect, PolicyDocument, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { acknowledgeWildcard, type WildcardReason } from '../checks/acknowledgements.ts';

/** A right on named resources; on a wildcard only with the reason. */
export interface Grant {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  /** Takes the right away instead. */
  readonly denied?: true;
  /** Why a resource is a wildcard. Required where one is. */
  readonly because?: WildcardReason;
}

/**
 * Policies of a role from its rights, by policy name. Throws RangeError for an action with a wildcard, and for a resource
 * with a wildcard without its reason.
 */
export function policiesOf(grants: Readonly<Record<string, readonly Grant[]>>): Record<string, PolicyDocument> {
  const named = Object.entries(grants).filter(([, statements]) => statements.length > 0);
  return Object.fromEntries(
    named.map(([name, statements]) => [name, new PolicyDocument({ statements: statements.map(statementOf) })]),
  );
}

/** Writes the reasons down where the check looks for them: on the role. */
export function acknowledgeWildcards(role: Role, grants: Readonly<Record<string, readonly Grant[]>>): void {
  for (const { resources, because, denied } of Object.values(grants).flat()) {
    if (denied || because === undefined) continue;
    for (const resource of resources.filter(isWildcard)) acknowledgeWildcard(role, resource, because);
  }
}

function statementOf(grant: Grant): PolicyStatement {
  const wide = grant.actions.find(isWildcard);
  if (wide) throw new RangeError(`The action ${wide} is a wildcard; name each action.`);
  const unexplained = grant.denied || grant.because ? undefined : grant.resources.find(isWildcard);
  if (unexplained) {
    throw new RangeError(
      `${grant.actions.join(', ')} on ${unexplained} has no reason; add one to lib/checks/acknowledgements.ts.`,
    );
  }
  return new PolicyStatement({
    effect: grant.denied ? Effect.DENY : Effect.ALLOW,
    actions: [...grant.actions],
    resources: [...grant.resources],
    ...(grant.conditions ? { conditions: grant.conditions } : {}),
  });
}

function isWildcard(text: string): boolean {
  return text.includes('*');
}
