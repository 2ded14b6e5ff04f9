import { Unmodelled } from '../aws/service.ts';

/** Where a policy stands: what a finding about it points at. */
export interface PolicyOrigin {
  readonly stack: string;
  readonly logicalId: string;
  /** `DefaultPolicy1234`, `AWSLambdaBasicExecutionRole`, `trust`, `resource policy of arn:…`. */
  readonly policy: string;
}

/** One operator's row of a Condition block: the key and the values it is compared with. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** The principals of a statement in a resource or trust policy; `everyone` is the bare `*`. */
export interface Principals {
  readonly everyone: boolean;
  readonly aws: readonly string[];
  readonly services: readonly string[];
  readonly federated: readonly string[];
}

export interface Statement {
  readonly origin: PolicyOrigin;
  /** Position within the document, from 0. */
  readonly index: number;
  readonly sid?: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  /** The list stands under NotAction. */
  readonly exceptActions: boolean;
  readonly resources: readonly string[];
  /** The list stands under NotResource. */
  readonly exceptResources: boolean;
  readonly conditions: readonly Condition[];
  readonly principals?: Principals;
}

export interface Policy {
  readonly origin: PolicyOrigin;
  readonly statements: readonly Statement[];
  /**
   * The rights are used by parts of AWS that the rehearsal does not play (a node's kubelet, the EKS control plane): decisions
   * count them, the ledger of unused grants leaves them out.
   */
  readonly inert: boolean;
  /** The document is not known here: what it might allow cannot be judged. */
  readonly opaque?: true;
}

/** What kind of policy a document is: identity policies name resources, resource policies name principals, trust policies only principals. */
export type PolicyKind = 'identity' | 'resource' | 'trust';

/** A policy document that IAM would refuse to store. */
export class MalformedPolicyDocument extends Error {
  override readonly name = 'MalformedPolicyDocument';
}

const statementElements = new Set([
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
  'Principal',
]);

/**
 * Reads a policy document. Throws MalformedPolicyDocument for what IAM refuses and Unmodelled for elements that are not
 * modelled (NotPrincipal, version 2008-10-17 with policy variables).
 * Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function parsePolicy(document: unknown, origin: PolicyOrigin, kind: PolicyKind, inert = false): Policy {
  const where = `Policy '${origin.policy}' (${origin.stack}/${origin.logicalId})`;
  if (!isRecord(document)) throw new MalformedPolicyDocument(`${where} is not a JSON object.`);
  for (const element of Object.keys(document)) {
    if (!['Version', 'Statement', 'Id'].includes(element)) {
      throw new MalformedPolicyDocument(`${where} has the element '${element}'; known are Version, Id, Statement.`);
    }
  }
  const version = document['Version'];
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17') {
    throw new MalformedPolicyDocument(
      `${where} has Version '${String(version)}'; 2012-10-17 or 2008-10-17 is allowed.`,
    );
  }
  const statements = listOf(document['Statement']).map((statement, index) =>
    parseStatement(statement, index, origin, kind, `${where}, statement ${index}`),
  );
  if (statements.length === 0) throw new MalformedPolicyDocument(`${where} has no statement.`);
  const usesVariables = statements.some((statement) => statement.resources.some((resource) => resource.includes('${')));
  if (usesVariables && version !== '2012-10-17') {
    throw new Unmodelled(`${where} uses policy variables without Version 2012-10-17, where IAM takes them literally.`);
  }
  return { origin, statements, inert };
}

function parseStatement(
  statement: unknown,
  index: number,
  origin: PolicyOrigin,
  kind: PolicyKind,
  where: string,
): Statement {
  if (!isRecord(statement)) throw new MalformedPolicyDocument(`${where} is not a JSON object.`);
  for (const element of Object.keys(statement)) {
    if (element === 'NotPrincipal') throw new Unmodelled(`${where}: NotPrincipal is not modelled.`);
    if (!statementElements.has(element)) {
      throw new MalformedPolicyDocument(
        `${where} has the element '${element}'; known are ${[...statementElements].join(', ')}.`,
      );
    }
  }
  const effect = statement['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw new MalformedPolicyDocument(`${where} has Effect '${String(effect)}'; Allow or Deny is allowed.`);
  }
  const [actions, exceptActions] = oneOf(statement, 'Action', 'NotAction', where);
  const [resources, exceptResources] =
    kind === 'trust' ? [['*'], false] : oneOf(statement, 'Resource', 'NotResource', where);
  for (const resource of resources) checkResourcePattern(resource, where);
  if (kind === 'identity' && statement['Principal'] !== undefined) {
    throw new MalformedPolicyDocument(`${where} has a Principal; identity policies have none.`);
  }
  return {
    origin,
    index,
    ...(typeof statement['Sid'] === 'string' && statement['Sid'] !== '' ? { sid: statement['Sid'] } : {}),
    effect,
    actions,
    exceptActions,
    resources,
    exceptResources,
    conditions: parseConditions(statement['Condition'], where),
    ...(kind === 'identity' ? {} : { principals: parsePrincipals(statement['Principal'], where) }),
  };
}

function oneOf(statement: Record<string, unknown>, name: string, except: string, where: string): [string[], boolean] {
  const negated = statement[except] !== undefined;
  if (negated === (statement[name] !== undefined)) {
    throw new MalformedPolicyDocument(`${where} must have exactly one of ${name} and ${except}.`);
  }
  const values = strings(statement[negated ? except : name], `${where}, ${negated ? except : name}`);
  if (values.length === 0) throw new MalformedPolicyDocument(`${where} has an empty ${negated ? except : name}.`);
  return [values, negated];
}

/** Resource patterns are compared part by part (see `matchArn`), so a shortened one cannot be judged. */
function checkResourcePattern(resource: string, where: string): void {
  if (resource === '*' || resource.split(':').length >= 6) return;
  throw new Unmodelled(`${where}: the resource '${resource}' is neither '*' nor an ARN with all six parts.`);
}

function parseConditions(block: unknown, where: string): Condition[] {
  if (block === undefined) return [];
  if (!isRecord(block)) throw new MalformedPolicyDocument(`${where}: Condition is not a JSON object.`);
  return Object.entries(block).flatMap(([operator, keys]) => {
    if (!isRecord(keys)) throw new MalformedPolicyDocument(`${where}: Condition ${operator} is not a JSON object.`);
    return Object.entries(keys).map(([key, values]) => ({
      operator,
      key,
      values: listOf(values).map((value) => String(value)),
    }));
  });
}

function parsePrincipals(principal: unknown, where: string): Principals {
  if (principal === '*') return { everyone: true, aws: [], services: [], federated: [] };
  if (!isRecord(principal))
    throw new MalformedPolicyDocument(`${where} needs a Principal; '*' or an object is allowed.`);
  for (const type of Object.keys(principal)) {
    if (!['AWS', 'Service', 'Federated'].includes(type)) {
      throw new Unmodelled(`${where}: the principal type '${type}' is not modelled.`);
    }
  }
  const aws = strings(principal['AWS'] ?? [], `${where}, Principal.AWS`);
  return {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html: "*" and {"AWS": "*"} are equal.
    everyone: aws.includes('*'),
    aws: aws.filter((name) => name !== '*'),
    services: strings(principal['Service'] ?? [], `${where}, Principal.Service`),
    federated: strings(principal['Federated'] ?? [], `${where}, Principal.Federated`),
  };
}

function strings(value: unknown, where: string): string[] {
  return listOf(value).map((item) => {
    if (typeof item !== 'string') {
      throw new MalformedPolicyDocument(`${where} has ${JSON.stringify(item)}; text is allowed.`);
    }
    return item;
  });
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
