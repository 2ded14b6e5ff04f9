import type { KubernetesObject } from './objects.ts';
import type { ObjectStore } from './store.ts';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  /** Access policies of EKS that hold for the user, beside RBAC. */
  readonly policies: readonly AccessPolicy[];
}

export interface AccessPolicy {
  /** `AmazonEKSClusterAdminPolicy` */
  readonly name: string;
  /** Undefined: the whole cluster. */
  readonly namespaces?: readonly string[];
}

/** What is asked of the authoriser: https://kubernetes.io/docs/reference/access-authn-authz/authorization/ */
export interface AccessRequest {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `deployments/scale`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  /** Empty for lists and creations. */
  readonly name: string;
}

/** One right of a role that no request ever used. */
export interface UnusedRight {
  /** `Role aeon/mainstay-delivery` */
  readonly role: string;
  readonly rule: number;
  readonly verb: string;
  readonly resource: string;
  readonly name?: string;
}

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Bound {
  readonly role: KubernetesObject;
  readonly namespace: string | undefined;
}

/**
 * Role-based access control over the Role and binding objects of the cluster, and a ledger of which of their rights were used.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
export class Rbac {
  readonly #store: ObjectStore;
  readonly #used = new Set<string>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Undefined when allowed; otherwise the refusal in the API server's words, without its subject. */
  refusal(user: User, request: AccessRequest): string | undefined {
    if (this.#allows(user, request)) return undefined;
    const where = request.namespace === undefined ? 'at the cluster scope' : `in the namespace "${request.namespace}"`;
    return `User "${user.name}" cannot ${request.verb} resource "${request.resource}" in API group "${request.group}" ${where}`;
  }

  /** Rights of bound roles that nobody used, in the order of roles and rules. */
  unused(): UnusedRight[] {
    return this.#rights().filter((right) => !this.#used.has(keyOf(right)));
  }

  /** Every right of a bound role and whether it was used, as plain JSON: records of several runs are merged by 'or'. */
  toRecord(): Record<string, boolean> {
    return Object.fromEntries(this.#rights().map((right) => [printedRight(right), this.#used.has(keyOf(right))]));
  }

  #rights(): UnusedRight[] {
    const roles = new Map<string, KubernetesObject>();
    for (const { role } of this.#bindings().flatMap((binding) => this.#roleOf(binding) ?? [])) {
      roles.set(roleName(role), role);
    }
    return [...roles.values()].flatMap((role) => rightsOf(role));
  }

  #allows(user: User, request: AccessRequest): boolean {
    if (user.groups.includes('system:masters')) return true;
    if (user.policies.some((policy) => policyAllows(policy, request))) return true;
    let allowed = false;
    for (const binding of this.#bindings()) {
      if (!bindsUser(binding, user)) continue;
      const bound = this.#roleOf(binding);
      if (!bound || (bound.namespace !== undefined && bound.namespace !== request.namespace)) continue;
      const rules = (bound.role['rules'] ?? []) as Rule[];
      for (const [index, rule] of rules.entries()) {
        if (!ruleAllows(rule, request)) continue;
        this.#mark(bound.role, index, rule, request);
        allowed = true;
      }
    }
    return allowed;
  }

  #mark(role: KubernetesObject, index: number, rule: Rule, request: AccessRequest): void {
    const verb = rule.verbs.includes(request.verb) ? request.verb : '*';
    const resource = (rule.resources ?? []).includes(request.resource) ? request.resource : '*';
    const name = rule.resourceNames ? request.name : undefined;
    this.#used.add(
      keyOf({ role: roleName(role), rule: index, verb, resource, ...(name === undefined ? {} : { name }) }),
    );
  }

  #bindings(): KubernetesObject[] {
    return [...this.#store.list('ClusterRoleBinding'), ...this.#store.list('RoleBinding')];
  }

  #roleOf(binding: KubernetesObject): Bound | undefined {
    const reference = binding['roleRef'] as { kind: string; name: string };
    const { namespace } = binding.metadata;
    const role = this.#store.get(reference.kind, reference.kind === 'Role' ? namespace : undefined, reference.name);
    return role && { role, namespace };
  }
}

/** `Role aeon/mainstay-delivery: get configmaps`, with the object's name where the rule names objects. */
function printedRight({ role, verb, resource, name }: UnusedRight): string {
  return `${role}: ${verb} ${resource}${name === undefined ? '' : ` ${name}`}`;
}

/** https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html */
function policyAllows({ name, namespaces }: AccessPolicy, request: AccessRequest): boolean {
  if (namespaces && (request.namespace === undefined || !namespaces.includes(request.namespace))) return false;
  if (name === 'AmazonEKSClusterAdminPolicy') return true;
  return name === 'AmazonEKSAdminViewPolicy' && ['get', 'list', 'watch'].includes(request.verb);
}

function bindsUser(binding: KubernetesObject, user: User): boolean {
  const subjects = (binding['subjects'] ?? []) as { kind: string; name: string }[];
  return subjects.some(
    ({ kind, name }) => (kind === 'User' && name === user.name) || (kind === 'Group' && user.groups.includes(name)),
  );
}

function ruleAllows(rule: Rule, request: AccessRequest): boolean {
  const has = (list: readonly string[] | undefined, value: string) =>
    (list ?? []).some((each) => each === '*' || each === value);
  const [, subresource] = request.resource.split('/');
  const resource =
    has(rule.resources, request.resource) || (subresource !== undefined && has(rule.resources, `*/${subresource}`));
  const name = !rule.resourceNames || rule.resourceNames.length === 0 || rule.resourceNames.includes(request.name);
  return has(rule.verbs, request.verb) && has(rule.apiGroups, request.group) && resource && name;
}

function rightsOf(role: KubernetesObject): UnusedRight[] {
  return ((role['rules'] ?? []) as Rule[]).flatMap((rule, index) =>
    (rule.resources ?? []).flatMap((resource) =>
      rule.verbs.flatMap((verb) => {
        const right = { role: roleName(role), rule: index, verb, resource };
        return rule.resourceNames ? rule.resourceNames.map((name) => ({ ...right, name })) : [right];
      }),
    ),
  );
}

function roleName(role: KubernetesObject): string {
  return role.metadata.namespace
    ? `${role.kind} ${role.metadata.namespace}/${role.metadata.name}`
    : `${role.kind} ${role.metadata.name}`;
}

function keyOf({ role, rule, verb, resource, name }: UnusedRight): string {
  return JSON.stringify([role, rule, verb, resource, name ?? null]);
}
