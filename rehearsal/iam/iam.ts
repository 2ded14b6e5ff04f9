import {
  type AuthorisationRequest,
  AwsError,
  type Principal,
  type ResourceProvider,
  Unmodelled,
} from '../aws/service.ts';
import type { EventLog } from '../kernel/log.ts';
import { unmetCondition } from './conditions.ts';
import { IamDirectory, type Role } from './directory.ts';
import { type Caller, type Decision, type Evaluation, evaluate } from './evaluate.ts';
import type { GrantLedger } from './ledger.ts';
import { type ConditionContext, matchAction } from './match.ts';
import { type PolicyOrigin, parsePolicy } from './policy.ts';
import { iamProviders } from './providers.ts';
import { requestContext } from './request-context.ts';

/** What IAM needs from the account. */
export interface IamOptions {
  readonly account: string;
  /** Virtual milliseconds since 1970. */
  readonly now: () => number;
  readonly log: EventLog;
}

/** The account's roles, policies and resource policies, and the decisions they make. */
export interface Iam {
  readonly ledger: GrantLedger;
  /** CloudFormation providers AWS::IAM::Role, ::Policy, ::ManagedPolicy, ::InstanceProfile, ::OIDCProvider. */
  readonly providers: readonly ResourceProvider[];
  /**
   * Decides one request: each of its resources must be allowed. Global condition keys (aws:PrincipalArn, aws:RequestedRegion,
   * aws:SourceAccount, …) are added here. Resource policies are those put by `putResourcePolicy`, found by exact ARN. Grants
   * that an allowed request needed are recorded in the ledger.
   */
  decide(principal: Principal, region: string, request: AuthorisationRequest): Decision;
  /** Sets (replaces) a resource's own policy: SNS topic, SQS queue, KMS key, Lambda function. */
  putResourcePolicy(resourceArn: string, document: unknown, origin: PolicyOrigin): void;
  /** Throws AwsError AccessDenied unless the role's trust policy lets this service assume it. */
  assumeByService(roleArn: string, service: string, conditions?: Readonly<Record<string, string>>): void;
  hasRole(roleArn: string): boolean;
  /**
   * Somebody changed a policy by hand: from now on the sessions of this name (a function's sessions carry the function's name)
   * are denied the action.
   */
  denyByHand(sessionName: string, action: string): void;
  /** Somebody put an explicit Deny of the action into the role's policies. */
  denyInRole(roleArn: string, action: string): void;
  /**
   * What the role's own policies and boundary say of a request with these condition keys and no others, as IAM's policy simulation: policies of
   * resources take no part. https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
   */
  simulate(
    roleArn: string,
    action: string,
    resource: string,
    context: ReadonlyMap<string, readonly string[]>,
  ): Decision;
}

/** IAM of one simulated account. */
export function createIam(options: IamOptions): Iam {
  const directory = new IamDirectory(options.account);
  const deniedByHand = new Set<string>();
  return {
    ledger: directory.ledger,
    providers: iamProviders(directory),
    decide(principal, region, request) {
      if (principal.kind === 'role' && deniedByHand.has(`${principal.sessionName}/${request.action.toLowerCase()}`)) {
        return { decision: 'denied', reason: 'explicit Deny that somebody added by hand', matched: [] };
      }
      return decide(directory, options, principal, region, request);
    },
    putResourcePolicy: (arn, document, origin) => directory.putResourcePolicy(arn, document, origin),
    assumeByService(roleArn, service, conditions = {}) {
      const role = directory.role(roleArn);
      if (role && trusts(role, service, options, conditions)) return;
      const reason = role ? 'its trust policy does not let the service in' : 'the role does not exist';
      options.log.write('iam.denied', { principal: service, action: 'sts:AssumeRole', resource: roleArn, reason });
      throw new AwsError('AccessDenied', `${service} is not authorized to assume ${roleArn}: ${reason}`, 403);
    },
    hasRole: (roleArn) => directory.role(roleArn) !== undefined,
    denyByHand(sessionName, action) {
      deniedByHand.add(`${sessionName}/${action.toLowerCase()}`);
    },
    denyInRole(roleArn, action) {
      const role = directory.role(roleArn);
      if (!role) throw new RangeError(`There is no role ${roleArn}.`);
      const document = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: action, Resource: '*' }] };
      directory.attach(
        role,
        parsePolicy(document, { stack: 'none', logicalId: 'none', policy: 'ByHand' }, 'identity', true),
      );
    },
    simulate(roleArn, action, resource, context) {
      const role = directory.role(roleArn);
      if (!role) throw new RangeError(`There is no role ${roleArn}.`);
      return publicPart(
        evaluate({
          action,
          resource,
          // A key that the caller of the simulation leaves out is absent.
          context: new GivenContext(context),
          caller: roleCaller(directory.account, role, 'simulated'),
          identityPolicies: role.policies,
          resourceAccount: directory.account,
          ...(role.boundary ? { boundary: role.boundary } : {}),
        }),
      );
    },
  };
}

/** Condition keys that are all there is: any other is absent. */
class GivenContext extends Map<string, readonly string[]> {
  override get(key: string): readonly string[] {
    return super.get(key) ?? [];
  }
}

function decide(
  directory: IamDirectory,
  options: IamOptions,
  principal: Principal,
  region: string,
  request: AuthorisationRequest,
): Decision {
  const context = requestContext(options, principal, region, request);
  const evaluations: Evaluation[] = [];
  for (const resource of request.resources) {
    const evaluation = evaluateOne(directory, principal, request.action, resource, context);
    if (evaluation.decision === 'denied') return publicPart(evaluation);
    evaluations.push(evaluation);
  }
  if (principal.kind === 'role') {
    for (const { statement, actions, resources } of evaluations.flatMap((evaluation) => evaluation.grants)) {
      directory.ledger.use(principal.roleArn, statement, actions, resources);
    }
  }
  const [first] = evaluations;
  if (!first)
    throw new Unmodelled(`${request.action} was asked for no resource; give its ARN, or '*' where it has none.`);
  return { ...publicPart(first), matched: evaluations.flatMap((evaluation) => evaluation.matched) };
}

function publicPart({ decision, reason, matched }: Evaluation): Decision {
  return { decision, reason, matched };
}

function evaluateOne(
  directory: IamDirectory,
  principal: Principal,
  action: string,
  resource: string,
  context: ConditionContext,
): Evaluation {
  if (principal.kind === 'person') {
    // An administrator: `*` on `*`; resource policies are not asked, because the key and topic policies of CDK all trust the account.
    return { decision: 'allowed', reason: `${principal.name} is an administrator`, matched: [], grants: [] };
  }
  const resourcePolicy = directory.resourcePolicy(resource);
  const shared = {
    action,
    resource,
    context,
    resourceAccount: resource.split(':')[4] || directory.account,
    ...(resourcePolicy ? { resourcePolicy } : {}),
  };
  if (principal.kind === 'service') {
    return evaluate({ ...shared, caller: { kind: 'service', service: principal.service }, identityPolicies: [] });
  }
  const role = directory.role(principal.roleArn);
  if (!role) {
    return { decision: 'denied', reason: `the role ${principal.roleArn} does not exist`, matched: [], grants: [] };
  }
  const evaluation = evaluate({
    ...shared,
    caller: roleCaller(directory.account, role, principal.sessionName),
    identityPolicies: role.policies,
    ...(role.boundary ? { boundary: role.boundary } : {}),
  });
  const opaque = role.policies.find((policy) => policy.opaque);
  if (evaluation.decision === 'denied' && opaque && !evaluation.reason.startsWith('explicit Deny')) {
    throw new Unmodelled(
      `${role.name} asks for ${action}; it has the AWS managed policy ${opaque.origin.policy}, whose document rehearsal/iam/managed-policies.ts does not hold, so nobody can tell whether AWS would allow it.`,
    );
  }
  return evaluation;
}

function roleCaller(account: string, role: Role, sessionName: string): Caller {
  return { kind: 'role', account, roleArn: role.arn, sessionArn: sessionArn(account, role.name, sessionName) };
}

function sessionArn(account: string, roleName: string, sessionName: string): string {
  return `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}`;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html (role trust policy) */
function trusts(
  role: Role,
  service: string,
  options: IamOptions,
  conditions: Readonly<Record<string, string>>,
): boolean {
  const context = requestContext(options, { kind: 'service', service }, '', {
    action: 'sts:AssumeRole',
    resources: [role.arn],
    conditions,
  });
  const applies = role.trust.statements.filter(
    (statement) =>
      statement.principals?.services.includes(service) &&
      statement.actions.some((pattern) => matchAction(pattern, 'sts:AssumeRole')) !== statement.exceptActions &&
      unmetCondition(statement, context) === undefined,
  );
  return applies.some(({ effect }) => effect === 'Allow') && !applies.some(({ effect }) => effect === 'Deny');
}
