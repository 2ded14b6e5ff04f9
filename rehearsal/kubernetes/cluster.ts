import { ApiServer } from './api-server.ts';
import type { AccessEntry } from './authentication.ts';
import { Autoscalers } from './autoscaler.ts';
import { installDefinition, isDefinition } from './definitions.ts';
import { Deployments } from './deployments.ts';
import { kindNamed, kindOf } from './kinds.ts';
import { LoadBalancerController, type LoadBalancerControllerOptions } from './load-balancer-controller.ts';
import { type Node, type NodeGroupOptions, Nodes, type Taint } from './nodes.ts';
import type { KubernetesObject } from './objects.ts';
import { Pods } from './pods.ts';
import type { ClusterOptions, ClusterPorts } from './ports.ts';
import { Rbac } from './rbac.ts';
import { type Change, ObjectStore } from './store.ts';

/** One simulated EKS cluster: its API server, its controllers, its nodes and pods. Fresh, it holds kube-system and nothing else. */
export class Cluster {
  readonly options: ClusterOptions;
  readonly store: ObjectStore;
  readonly rbac: Rbac;
  readonly api: ApiServer;
  readonly nodes = new Nodes();
  /** Names of the EKS add-ons that are installed. */
  readonly addOns = new Set<string>();
  readonly pods: Pods;
  /** Host of the API server. */
  readonly host: string;
  /** PEM. */
  readonly certificateAuthority: string;
  /** Set by the add-on vpc-cni with enableNetworkPolicy: https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html */
  enforcesNetworkPolicies = false;
  readonly #ports: ClusterPorts;
  #controller: LoadBalancerController | undefined;

  constructor(options: ClusterOptions, ports: ClusterPorts) {
    this.options = options;
    this.#ports = ports;
    const { kernel, log, traffic } = ports;
    const random = kernel.random(`kubernetes/${options.region}/${options.name}`);
    this.store = new ObjectStore({ now: () => kernel.now(), random });
    this.rbac = new Rbac(this.store);
    const digits = (count: number) => Array.from({ length: count }, () => random.below(16).toString(16)).join('');
    this.host = `${digits(32).toUpperCase()}.gr7.${options.region}.eks.amazonaws.com`;
    const certificate = Buffer.from(digits(512), 'hex')
      .toString('base64')
      .replace(/(.{64})/g, '$1\n')
      .trimEnd();
    this.certificateAuthority = `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`;
    this.api = new ApiServer({
      cluster: options,
      ports,
      store: this.store,
      rbac: this.rbac,
      certificate: this.certificateAuthority,
    });
    this.pods = new Pods({
      kernel,
      log,
      region: options.region,
      store: this.store,
      nodes: this.nodes,
      traffic,
      imageDigest: (image) => ports.imageDigest(image),
      mountVolumes: (pod) => ports.mountVolumes(this, pod),
    });
    const gateFor = (pod: KubernetesObject) => this.#controller?.gates(pod) ?? false;
    new Deployments({ kernel, log, region: options.region, store: this.store, pods: this.pods, random, gateFor });
    new Autoscalers({ kernel, store: this.store, pods: this.pods, traffic, region: options.region });
    this.store.watch((change) => this.#note(change));
    for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
      this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, { manager: 'kube-apiserver' });
    }
  }

  /** Applies an object as an administrator would, without the network: for seeding a scenario. Throws ApiError. */
  apply(object: KubernetesObject, options: { readonly manager: string; readonly force?: boolean }): KubernetesObject {
    const { manager, force = true } = options;
    return this.store.apply(kindOf(object), object, { writer: { manager }, force });
  }

  object(kind: string, namespace: string | undefined, name: string): KubernetesObject | undefined {
    return this.store.get(kind, namespace, name);
  }

  objects(kind: string, namespace?: string): KubernetesObject[] {
    return this.store.list(kind, namespace);
  }

  addNodes(group: NodeGroupOptions): void {
    const before = this.nodes.all.length;
    this.nodes.add(group, this.options.region);
    for (const node of this.nodes.all.slice(before)) this.#register(node);
    this.pods.reschedule();
  }

  /** A node that was launched has come up. */
  joinNode(group: NodeGroupOptions, zone: string, instanceType: string): void {
    this.#register(this.nodes.join(group, zone, instanceType));
    this.pods.reschedule();
  }

  /** Its pods end gracefully, as when a node is drained, and it is gone. */
  removeNode(node: Node): void {
    this.nodes.leave(node);
    this.remove('Node', undefined, node.name);
    for (const pod of [...node.pods.values()]) this.pods.terminate(pod);
  }

  #register({ name, labels, taints }: Node): void {
    const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }];
    const object = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { ...labels } } };
    this.apply(
      { ...object, spec: { taints: taints.map((taint) => ({ ...taint, effect: effectOf(taint) })) } },
      { manager: 'kubelet' },
    );
    const node = this.object('Node', undefined, name);
    if (node) this.store.setInternal(node, { status: { conditions } });
  }

  grantAccess(entry: AccessEntry): void {
    this.api.entries.set(entry.principalArn, entry);
  }

  /** The AWS Load Balancer Controller runs from now on. */
  startLoadBalancerController(options: LoadBalancerControllerOptions): void {
    this.#controller ??= new LoadBalancerController(this, this.#ports, options);
  }

  /** The running controller. Throws RangeError where none is installed. */
  get loadBalancerController(): LoadBalancerController {
    if (!this.#controller) throw new RangeError(`The cluster '${this.options.name}' runs no load balancer controller.`);
    return this.#controller;
  }

  /** Deletes an object as a controller would; none is fine. */
  remove(kind: string, namespace: string | undefined, name: string): void {
    if (this.store.get(kind, namespace, name)) this.store.remove(kindNamed(kind), namespace, name, {});
  }

  /** Every namespace has it: https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts */
  #makeDefaultAccount(namespace: string): void {
    const metadata = { name: 'default', namespace };
    const writer = { manager: 'kube-controller-manager' };
    this.store.create(kindNamed('ServiceAccount'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata }, { writer });
  }

  /** What the log says of changes that scenarios and checkers watch; definitions become kinds. */
  #note({ kind, before, after, manager }: Change): void {
    if (after && isDefinition(after)) installDefinition(this.store, after);
    if (kind === 'Namespace' && after && !before) this.#makeDefaultAccount(after.metadata.name);
    if (kind !== 'HTTPRoute' || !after) return;
    const weights = routeWeights(after);
    if (before && JSON.stringify(routeWeights(before)) === JSON.stringify(weights)) return;
    this.#ports.log.write('route.changed', {
      region: this.options.region,
      namespace: after.metadata.namespace,
      route: after.metadata.name,
      weights,
      manager,
    });
  }
}

/** The weights of a route's first rule, by Service. */
export function routeWeights(route: KubernetesObject): Record<string, number> {
  const rules = (route.spec?.['rules'] ?? []) as { backendRefs?: { name: string; weight?: number }[] }[];
  return Object.fromEntries((rules[0]?.backendRefs ?? []).map(({ name, weight }) => [name, weight ?? 1]));
}

/** Installs the kinds of a chart or manifest by the names of their definitions. */
export function installKinds(cluster: Cluster, names: readonly string[]): void {
  for (const name of names) {
    const [plural, ...group] = name.split('.');
    const object = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name },
      spec: { group: group.join('.'), names: { plural } },
    };
    cluster.apply(object as unknown as KubernetesObject, { manager: 'helm' });
  }
}

/** A namespace's object for seeding. */
export function namespaceObject(name: string, labels: Record<string, string> = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: kindNamed('Namespace').kind, metadata: { name, labels } };
}

/** EKS writes NO_SCHEDULE, Kubernetes NoSchedule: https://docs.aws.amazon.com/eks/latest/APIReference/API_Taint.html */
function effectOf({ effect }: Taint): string {
  return effect.includes('_')
    ? effect.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
    : effect;
}
