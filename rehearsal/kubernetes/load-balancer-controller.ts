import { createHash } from 'node:crypto';
import {
  loadBalancerControllerMilliseconds,
  loadBalancerCreationMilliseconds,
  weightPropagationMilliseconds,
} from '../aws/durations.ts';
import { AwsError, Unmodelled } from '../aws/service.ts';
import type { Timer } from '../kernel/kernel.ts';
import type { Cluster } from './cluster.ts';
import { type KubernetesObject, timestamp } from './objects.ts';
import type { ClusterPorts, LoadBalancing, NamedArn, TargetRegistry } from './ports.ts';
import { TargetGroupMembers } from './target-group-members.ts';
import { healthCheckOf, loadBalancerSettings, targetGroupProperties } from './target-group-settings.ts';

export interface LoadBalancerControllerOptions {
  readonly loadBalancing: LoadBalancing;
  readonly targets: TargetRegistry;
}

const controllerName = 'gateway.k8s.aws/alb';
/** After a refused call the controller tries again. Assumed. */
const retryMilliseconds = 30_000;
const watched = [
  'GatewayClass',
  'Gateway',
  'HTTPRoute',
  'Service',
  'LoadBalancerConfiguration',
  'TargetGroupConfiguration',
];

interface BackendReference {
  readonly name: string;
  readonly port: number;
  readonly weight: number;
}

interface GatewayState {
  readonly loadBalancer: NamedArn & { readonly dnsName: string };
  active: boolean;
}

/** A route as the load balancer obeys it. */
interface RouteState {
  readonly gateway: string;
  obeyed: readonly BackendReference[] | undefined;
  wanted: string;
}

/**
 * The AWS Load Balancer Controller, as far as Gateway API on an Application Load Balancer with pods as targets goes:
 * https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/gateway/l7gateway/
 */
export class LoadBalancerController {
  readonly #cluster: Cluster;
  readonly #ports: ClusterPorts;
  readonly #options: LoadBalancerControllerOptions;
  readonly #gateways = new Map<string, GatewayState>();
  readonly #members = new Map<string, TargetGroupMembers>();
  readonly #routes = new Map<string, RouteState>();
  #due: Timer | undefined;
  #busy = false;
  #again = false;

  constructor(cluster: Cluster, ports: ClusterPorts, options: LoadBalancerControllerOptions) {
    this.#cluster = cluster;
    this.#ports = ports;
    this.#options = options;
    cluster.store.watch(({ kind, before, after }) => {
      if (!watched.includes(kind)) return;
      if (
        before &&
        after &&
        before.metadata.generation === after.metadata.generation &&
        before.metadata.generation !== undefined
      )
        return;
      this.#soon(loadBalancerControllerMilliseconds);
    });
    cluster.pods.watch((runtime) => {
      for (const members of this.#members.values()) members.follow(runtime);
    });
    this.#soon(loadBalancerControllerMilliseconds);
  }

  /** Whether a new pod gets the readiness gate: https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/ */
  gates(pod: KubernetesObject): boolean {
    const namespace = this.#cluster.object('Namespace', undefined, pod.metadata.namespace ?? '');
    if (namespace?.metadata.labels?.['elbv2.k8s.aws/pod-readiness-gate-inject'] !== 'enabled') return false;
    return [...this.#members.values()].some((members) => members.selects(pod));
  }

  #soon(milliseconds: number): void {
    const at = this.#ports.kernel.now() + milliseconds;
    if (this.#due && this.#due.at <= at) return;
    this.#due?.cancel();
    this.#due = this.#ports.kernel.after(milliseconds, 'load balancer controller', async () => {
      this.#due = undefined;
      await this.#reconcileAll();
    });
  }

  /** One at a time: what changes meanwhile is looked at afterwards. */
  async #reconcileAll(): Promise<void> {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      for (const gatewayClass of this.#cluster.objects('GatewayClass')) this.#acceptClass(gatewayClass);
      for (const gateway of this.#cluster.objects('Gateway')) await this.#reconcileGateway(gateway);
      for (const route of this.#cluster.objects('HTTPRoute')) await this.#reconcileRoute(route);
      this.#forgetRoutes();
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      this.#soon(retryMilliseconds);
    } finally {
      this.#busy = false;
    }
    if (this.#again) {
      this.#again = false;
      this.#soon(loadBalancerControllerMilliseconds);
    }
  }

  #acceptClass(gatewayClass: KubernetesObject): void {
    if (gatewayClass.spec?.['controllerName'] !== controllerName) return;
    this.#cluster.store.setStatus(gatewayClass, {
      conditions: [this.#condition(gatewayClass.status, gatewayClass, 'Accepted', true, 'Accepted')],
    });
  }

  async #reconcileGateway(gateway: KubernetesObject): Promise<void> {
    const gatewayClass = this.#cluster.object('GatewayClass', undefined, String(gateway.spec?.['gatewayClassName']));
    if (gatewayClass?.spec?.['controllerName'] !== controllerName) return;
    const key = keyOf(gateway);
    if (!this.#gateways.has(key)) await this.#createLoadBalancer(gateway, key);
    const state = this.#gateways.get(key);
    if (state) this.#reportGateway(gateway, state.active, state.active ? 'Programmed' : 'Pending', state);
  }

  async #createLoadBalancer(gateway: KubernetesObject, key: string): Promise<void> {
    const settings = loadBalancerSettings(this.#cluster, gateway);
    const tags = {
      ...settings.tags,
      'elbv2.k8s.aws/cluster': this.#cluster.options.name,
      'gateway.k8s.aws.alb/stack': key,
    };
    let created: NamedArn & { readonly dnsName: string };
    try {
      created = await this.#options.loadBalancing.createLoadBalancer({
        name: settings.name ?? generatedName(gateway.metadata.namespace ?? '', gateway.metadata.name, key),
        scheme: settings.scheme,
        attributes: settings.attributes,
        tags,
      });
    } catch (error) {
      if (error instanceof AwsError) this.#reportGateway(gateway, false, 'Invalid', undefined, error.message);
      throw error;
    }
    const state: GatewayState = { loadBalancer: created, active: false };
    this.#gateways.set(key, state);
    this.#ports.kernel.after(loadBalancerCreationMilliseconds, `load balancer of ${key}`, () => {
      state.active = true;
      this.#soon(0);
    });
  }

  #reportGateway(
    gateway: KubernetesObject,
    programmed: boolean,
    reason: string,
    state: GatewayState | undefined,
    message = '',
  ): void {
    const live = this.#cluster.object('Gateway', gateway.metadata.namespace, gateway.metadata.name);
    if (!live) return;
    this.#cluster.store.setStatus(live, {
      ...(state ? { addresses: [{ type: 'Hostname', value: state.loadBalancer.dnsName }] } : {}),
      conditions: [
        this.#condition(
          live.status,
          live,
          'Accepted',
          reason !== 'Invalid',
          reason === 'Invalid' ? 'Invalid' : 'Accepted',
          message,
        ),
        this.#condition(live.status, live, 'Programmed', programmed, reason, message),
      ],
    });
  }

  async #reconcileRoute(route: KubernetesObject): Promise<void> {
    const parents = (route.spec?.['parentRefs'] ?? []) as { name: string; namespace?: string }[];
    const parent = parents[0];
    if (!parent) return;
    const gatewayKey = `${parent.namespace ?? route.metadata.namespace}/${parent.name}`;
    const gateway = this.#gateways.get(gatewayKey);
    if (!gateway) {
      const exists =
        this.#cluster.object('Gateway', parent.namespace ?? route.metadata.namespace, parent.name) !== undefined;
      if (!exists) this.#reportRoute(route, parents, { accepted: 'NoMatchingParent', resolved: 'ResolvedRefs' });
      return;
    }
    const backends = this.#backendsOf(route);
    const missing = backends.filter((backend) => !this.#servicePort(route, backend));
    for (const backend of backends)
      if (!missing.includes(backend)) await this.#ensureTargetGroup(route, backend, gateway);
    this.#reportRoute(route, parents, {
      accepted: 'Accepted',
      resolved: missing.length === 0 ? 'ResolvedRefs' : 'BackendNotFound',
    });
    if (gateway.active) this.#program(route, gatewayKey, backends);
  }

  #backendsOf(route: KubernetesObject): BackendReference[] {
    const rules = (route.spec?.['rules'] ?? []) as { backendRefs?: BackendReference[] }[];
    if (rules.length > 1)
      throw this.#unmodelled(`The rehearsal models routes of one rule; ${keyOf(route)} has ${rules.length}.`);
    return (rules[0]?.backendRefs ?? []).map(({ name, port, weight }) => ({ name, port, weight }));
  }

  async #ensureTargetGroup(route: KubernetesObject, backend: BackendReference, gateway: GatewayState): Promise<void> {
    const key = this.#memberKey(route, backend);
    if (this.#members.has(key)) return;
    const service = this.#cluster.object('Service', route.metadata.namespace, backend.name);
    if (!service) return;
    const properties = targetGroupProperties(this.#cluster, service);
    if (properties.targetType !== 'ip')
      throw this.#unmodelled(
        `The rehearsal models target groups of pods (targetType ip); ${key} has ${properties.targetType ?? 'instance'}.`,
      );
    const port = this.#targetPort(service, backend.port);
    const created = await this.#options.loadBalancing.createTargetGroup({
      name: properties.targetGroupName ?? generatedName(service.metadata.namespace ?? '', service.metadata.name, key),
      port,
      loadBalancerArn: gateway.loadBalancer.arn,
      healthCheck: healthCheckOf(properties),
      tags: { ...properties.tags, 'elbv2.k8s.aws/cluster': this.#cluster.options.name },
    });
    const members = new TargetGroupMembers({
      kernel: this.#ports.kernel,
      group: created,
      service,
      port,
      registry: this.#options.targets,
      changed: () => this.#push(route.metadata.namespace ?? '', route.metadata.name),
    });
    this.#members.set(key, members);
    this.#bind(service, backend, created);
    for (const runtime of this.#cluster.pods.all) members.follow(runtime);
  }

  #bind(service: KubernetesObject, backend: BackendReference, group: NamedArn): void {
    const name = group.fullName.split('/')[1] ?? group.fullName;
    const binding = {
      apiVersion: 'elbv2.k8s.aws/v1beta1',
      kind: 'TargetGroupBinding',
      metadata: {
        name,
        namespace: service.metadata.namespace ?? '',
        labels: { 'gateway.k8s.aws.alb/stack-name': backend.name },
      },
      spec: {
        targetGroupARN: group.arn,
        targetType: 'ip',
        serviceRef: { name: backend.name, port: backend.port },
        ipAddressType: 'ipv4',
      },
    };
    this.#cluster.apply(binding, { manager: 'aws-load-balancer-controller' });
  }

  /** Changes the listener rule; the load balancer's nodes obey a little later. */
  #program(route: KubernetesObject, gateway: string, backends: readonly BackendReference[]): void {
    const key = keyOf(route);
    const state = this.#routes.get(key) ?? { gateway, obeyed: undefined, wanted: '' };
    this.#routes.set(key, state);
    const wanted = JSON.stringify(backends);
    if (state.wanted === wanted) return;
    state.wanted = wanted;
    this.#ports.kernel.after(weightPropagationMilliseconds, `weights of ${key}`, () => {
      if (this.#routes.get(key) !== state) return;
      state.obeyed = backends;
      this.#push(route.metadata.namespace ?? '', route.metadata.name);
    });
  }

  /** Tells the traffic what the load balancer does with the route's requests now. */
  #push(namespace: string, name: string): void {
    const state = this.#routes.get(`${namespace}/${name}`);
    const gateway = state && this.#gateways.get(state.gateway);
    if (!state?.obeyed || !gateway) return;
    this.#ports.traffic.obey({
      service: name,
      region: this.#cluster.options.region,
      loadBalancer: gateway.loadBalancer.fullName,
      backends: state.obeyed.map((backend) => {
        const members = this.#members.get(`${namespace}/${name}/${backend.name}:${backend.port}`);
        return {
          name: backend.name,
          targetGroup: members?.group.fullName ?? '',
          weight: backend.weight,
          targets: members?.inRotation() ?? [],
        };
      }),
    });
  }

  #forgetRoutes(): void {
    for (const key of this.#routes.keys()) {
      const [namespace, name = ''] = key.split('/');
      if (this.#cluster.object('HTTPRoute', namespace, name)) continue;
      this.#routes.delete(key);
      this.#ports.traffic.forget(name);
    }
  }

  #servicePort(route: KubernetesObject, backend: BackendReference): boolean {
    const service = this.#cluster.object('Service', route.metadata.namespace, backend.name);
    return ((service?.spec?.['ports'] ?? []) as { port: number }[]).some(({ port }) => port === backend.port);
  }

  /** The container's port behind a Service's port; a named one is looked up in the pods' Deployment. */
  #targetPort(service: KubernetesObject, port: number): number {
    const ports = (service.spec?.['ports'] ?? []) as { port: number; targetPort: number | string }[];
    const target = ports.find((each) => each.port === port)?.targetPort ?? port;
    return typeof target === 'number' ? target : port;
  }

  #reportRoute(
    route: KubernetesObject,
    parents: readonly object[],
    reasons: { readonly accepted: string; readonly resolved: string },
  ): void {
    const live = this.#cluster.object('HTTPRoute', route.metadata.namespace, route.metadata.name);
    if (!live) return;
    const before = (live.status?.['parents'] as { conditions?: unknown }[] | undefined)?.[0];
    this.#cluster.store.setStatus(live, {
      parents: parents.map((parentRef) => ({
        parentRef,
        controllerName,
        conditions: [
          this.#condition(before, live, 'Accepted', reasons.accepted === 'Accepted', reasons.accepted),
          this.#condition(before, live, 'ResolvedRefs', reasons.resolved === 'ResolvedRefs', reasons.resolved),
        ],
      })),
    });
  }

  #condition(
    before: object | undefined,
    object: KubernetesObject,
    type: string,
    holds: boolean,
    reason: string,
    message = '',
  ) {
    const known = (
      (before as { conditions?: { type: string; status: string; lastTransitionTime: string }[] } | undefined)
        ?.conditions ?? []
    ).find((each) => each.type === type);
    const status = holds ? 'True' : 'False';
    return {
      type,
      status,
      reason,
      message,
      observedGeneration: object.metadata.generation ?? 1,
      lastTransitionTime: known?.status === status ? known.lastTransitionTime : timestamp(this.#ports.kernel.now()),
    };
  }

  #memberKey(route: KubernetesObject, backend: BackendReference): string {
    return `${keyOf(route)}/${backend.name}:${backend.port}`;
  }

  #unmodelled(message: string): Unmodelled {
    return new Unmodelled(message);
  }
}

/** `k8s-<namespace>-<name>-<hash>`, at most 32 characters: https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/targetgroupbinding/ */
function generatedName(namespace: string, name: string, key: string): string {
  const plain = (text: string) => text.replaceAll(/[^a-zA-Z0-9]/g, '').slice(0, 8);
  return `k8s-${plain(namespace)}-${plain(name)}-${createHash('sha256').update(key).digest('hex').slice(0, 10)}`;
}

function keyOf(object: KubernetesObject): string {
  return `${object.metadata.namespace}/${object.metadata.name}`;
}
