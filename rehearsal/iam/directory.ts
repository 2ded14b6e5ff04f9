import { AwsError, Unmodelled } from '../aws/service.ts';
import { GrantLedger } from './ledger.ts';
import { managedPolicy } from './managed-policies.ts';
import { type Policy, type PolicyOrigin, parsePolicy } from './policy.ts';

/** A role as the simulated account knows it. */
export interface Role {
  readonly arn: string;
  readonly name: string;
  readonly trust: Policy;
  readonly policies: Policy[];
  readonly boundary?: Policy;
}

/** The account's roles, managed policies and resource policies. */
export class IamDirectory {
  readonly account: string;
  readonly ledger = new GrantLedger();
  readonly #roles = new Map<string, Role>();
  readonly #customerPolicies = new Map<string, { document: unknown; origin: PolicyOrigin }>();
  readonly #resourcePolicies = new Map<string, Policy>();

  constructor(account: string) {
    this.account = account;
  }

  /** Throws AwsError EntityAlreadyExists when the name is taken. */
  addRole(role: Role): void {
    if (this.#roles.has(role.arn)) {
      throw new AwsError('EntityAlreadyExists', `Role with name ${role.name} already exists.`, 409);
    }
    this.#roles.set(role.arn, role);
  }

  /** The role with this ARN, or undefined. */
  role(arn: string): Role | undefined {
    return this.#roles.get(arn);
  }

  /** The role with this name. Throws AwsError NoSuchEntity. */
  roleNamed(name: string): Role {
    const role = [...this.#roles.values()].find((candidate) => candidate.name === name);
    if (!role) throw new AwsError('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
    return role;
  }

  /** Gives the role the policy's rights, from now on. */
  attach(role: Role, policy: Policy): void {
    role.policies.push(policy);
    if (policy.inert) return;
    for (const statement of policy.statements) this.ledger.register(role.arn, statement);
  }

  addCustomerPolicy(arn: string, document: unknown, origin: PolicyOrigin): void {
    this.#customerPolicies.set(arn, { document, origin });
  }

  /** The managed policy with this ARN, of the account or of AWS. Throws AwsError NoSuchEntity, Unmodelled. */
  managedPolicy(arn: string, attachedBy: PolicyOrigin): Policy {
    const own = this.#customerPolicies.get(arn);
    if (own) return parsePolicy(own.document, own.origin, 'identity');
    if (!arn.startsWith('arn:aws:iam::aws:policy/')) {
      throw new AwsError('NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`, 404);
    }
    const known = managedPolicy(arn);
    if (!known) {
      throw new Unmodelled(
        `${attachedBy.stack}/${attachedBy.logicalId} attaches the AWS managed policy ${arn}, which is not in rehearsal/iam/managed-policies.ts.`,
      );
    }
    const origin = { ...attachedBy, policy: known.name };
    if (known.document === undefined) return { origin, statements: [], inert: true, opaque: true };
    return parsePolicy(known.document, origin, 'identity', known.inert);
  }

  /** Sets (replaces) a resource's own policy. */
  putResourcePolicy(resourceArn: string, document: unknown, origin: PolicyOrigin): void {
    this.#resourcePolicies.set(resourceArn, parsePolicy(document, origin, 'resource'));
  }

  /** The policy of the resource, found by its exact ARN; of an object in a bucket, the bucket's. */
  resourcePolicy(resourceArn: string): Policy | undefined {
    const isObject = resourceArn.includes(':s3:::') && resourceArn.includes('/');
    return this.#resourcePolicies.get(
      isObject ? resourceArn.replace(/^(arn:[^:]+:s3:::[^/]+)\/.*$/s, '$1') : resourceArn,
    );
  }
}
