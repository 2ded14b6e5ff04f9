import {
  controllerReactionMilliseconds,
  loadBalancerControllerMilliseconds,
  loadBalancerCreationMilliseconds,
  weightPropagationMilliseconds,
} from '../aws/durations.ts';
import { AwsError, Unmodelled } from '../aws/service.ts';
import type { Timer } from '../kernel/kernel.ts';
import type { Cluster } from './cluster.ts';
import type { GatewayState, ListenerRule, RouteState } from './gateway-state.ts';
import { controllerName, GatewayStatus } from './gateway-status.ts';
import { admitsRange } from './network-policies.ts';
import type { KubernetesObject } from './objects.ts';
import type { ClusterPorts, LoadBalancing, NamedArn, TargetRegistry } from './ports.ts';
import { attachmentRefusal, parentOf } from './route-attachment.ts';
import { type BackendReference, backendsOf, generatedName, keyOf, serviceOf, targetPortOf } from './route-backends.ts';
import { TargetGroupMembers } from './target-group-members.ts';
import {
  healthCheckOf,
  loadBalancerSettings,
  targetGroupBinding,
  targetGroupProperties,
} from './target-group-settings.ts';

export interface LoadBalancerControllerOptions {
  readonly loadBalancing: LoadBalancing;
  readonly targets: TargetRegistry;
}

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

/**
 * The AWS Load Balancer Controller, as far as Gateway API on an Application Load Balancer with pods as targets goes:
 * https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/gateway/l7gateway/
 */
export class LoadBalancerController {
  readonly #cluster: Cluster;
  readonly #ports: ClusterPorts;
  readonly #options: LoadBalancerControllerOptions;
  readonly #status: GatewayStatus;
  readonly #gateways = new Map<string, GatewayState>();
  readonly #members = new Map<string, TargetGroupMembers>();
  readonly #routes = new Map<string, RouteState>();
  #due: Timer | undefined;
  #busy = false;
  #again = false;
  /** How often target groups were made anew: part of their names, as a changed setting is. */
  #generation = 0;
  /** From a changed listener rule until the load balancer obeys; a scenario may make it slow. */
  weightsObeyedAfterMilliseconds: number = weightPropagationMilliseconds;

  constructor(cluster: Cluster, ports: ClusterPorts, options: LoadBalancerControllerOptions) {
    this.#cluster = cluster;
    this.#ports = ports;
    this.#options = options;
    this.#status = new GatewayStatus(cluster, () => ports.kernel.now());
    cluster.store.watch(({ kind, before, after }) => {
      if (kind === 'NetworkPolicy') this.#recheckSoon();
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

  /** Makes every target group of a route anew under other names, as a setting that can't be changed in place does. */
  makeTargetGroupsAnew(namespace: string, route: string): void {
    this.#generation++;
    for (const [key, { group }] of this.#members) {
      if (!key.startsWith(`${namespace}/${route}/`)) continue;
      this.#members.delete(key);
      this.#cluster.remove('TargetGroupBinding', namespace, group.fullName.split('/')[1] ?? group.fullName);
    }
    this.#soon(0);
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

  /** The health checks find out what a changed network policy lets through. */
  #recheckSoon(): void {
    this.#ports.kernel.after(controllerReactionMilliseconds, 'network policies', () => {
      for (const members of this.#members.values()) members.recheck();
    });
  }

  /** Whether every node of the load balancer gets through to the pod. */
  #admits(gateway: GatewayState, pod: KubernetesObject, port: number): boolean {
    if (!this.#cluster.enforcesNetworkPolicies) return true;
    const policies = this.#cluster.objects('NetworkPolicy', pod.metadata.namespace);
    return gateway.subnets.every((range) => admitsRange(policies, pod, port, range));
  }

  /** One at a time: what changes meanwhile is looked at afterwards. */
  async #reconcileAll(): Promise<void> {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      for (const gatewayClass of this.#cluster.objects('GatewayClass')) {
        if (gatewayClass.spec?.['controllerName'] === controllerName) this.#status.acceptClass(gatewayClass);
      }
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

  async #reconcileGateway(gateway: KubernetesObject): Promise<void> {
    const gatewayClass = this.#cluster.object('GatewayClass', undefined, String(gateway.spec?.['gatewayClassName']));
    if (gatewayClass?.spec?.['controllerName'] !== controllerName) return;
    const key = keyOf(gateway);
    if (!this.#gateways.has(key)) await this.#createLoadBalancer(gateway, key);
    const state = this.#gateways.get(key);
    if (state) this.#status.reportGateway(gateway, { programmed: state.active, dnsName: state.loadBalancer.dnsName });
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
      if (error instanceof AwsError) this.#status.reportGateway(gateway, { programmed: false, refusal: error.message });
      throw error;
    }
    const subnets = this.#ports.loadBalancerSubnets(settings.scheme);
    const state: GatewayState = { loadBalancer: created, subnets, active: false };
    this.#gateways.set(key, state);
    this.#ports.kernel.after(loadBalancerCreationMilliseconds, `load balancer of ${key}`, () => {
      state.active = true;
      this.#soon(0);
    });
  }

  async #reconcileRoute(route: KubernetesObject): Promise<void> {
    const parent = parentOf(route);
    if (!parent) return;
    const namespace = parent.namespace ?? route.metadata.namespace;
    const asked = this.#cluster.object('Gateway', namespace, parent.name);
    const refusal = asked ? attachmentRefusal(asked, route, parent) : 'NoMatchingParent';
    const gatewayKey = `${namespace}/${parent.name}`;
    if (refusal) {
      this.#status.reportRoute(route, [parent], { accepted: refusal, resolved: 'ResolvedRefs' });
      if (this.#routes.has(keyOf(route))) this.#program(route, gatewayKey, { backends: [], unroutedStatus: 404 });
      return;
    }
    const gateway = this.#gateways.get(gatewayKey);
    if (!gateway) return;
    const backends = backendsOf(route);
    // What the controller does with a Service that is missing: it leaves it out of the rule, and the others get its share. (The
    // Gateway API asks for 500 for that share, which a load balancer's weights can't give.)
    const found = backends.filter((backend) => serviceOf(this.#cluster, route, backend));
    for (const backend of found) await this.#ensureTargetGroup(route, backend, gateway);
    this.#status.reportRoute(route, [parent], {
      accepted: 'Accepted',
      resolved: found.length === backends.length ? 'ResolvedRefs' : 'BackendNotFound',
    });
    if (gateway.active) this.#program(route, gatewayKey, { backends: found, unroutedStatus: 500 });
  }

  async #ensureTargetGroup(route: KubernetesObject, backend: BackendReference, gateway: GatewayState): Promise<void> {
    const key = this.#memberKey(route, backend);
    if (this.#members.has(key)) return;
    const service = serviceOf(this.#cluster, route, backend);
    if (!service) return;
    const properties = targetGroupProperties(this.#cluster, service);
    if (properties.targetType !== 'ip')
      throw new Unmodelled(
        `The rehearsal models target groups of pods (targetType ip); ${key} has ${properties.targetType ?? 'instance'}.`,
      );
    const port = targetPortOf(service, backend.port);
    const healthCheck = healthCheckOf(properties);
    const created = await this.#options.loadBalancing.createTargetGroup({
      name:
        properties.targetGroupName ??
        generatedName(service.metadata.namespace ?? '', service.metadata.name, `${key}#${this.#generation}`),
      port,
      loadBalancerArn: gateway.loadBalancer.arn,
      healthCheck,
      tags: { ...properties.tags, 'elbv2.k8s.aws/cluster': this.#cluster.options.name },
    });
    const members = new TargetGroupMembers({
      kernel: this.#ports.kernel,
      group: created,
      service,
      port,
      healthCheck,
      registry: this.#options.targets,
      admits: (pod) => this.#admits(gateway, pod, port),
      changed: () => this.#push(route.metadata.namespace ?? '', route.metadata.name),
    });
    this.#members.set(key, members);
    this.#cluster.apply(targetGroupBinding(service, backend, created), { manager: 'aws-load-balancer-controller' });
    for (const runtime of this.#cluster.pods.all) members.follow(runtime);
  }

  /** Changes the listener rule; the load balancer's nodes obey a little later. */
  #program(route: KubernetesObject, gateway: string, rule: ListenerRule): void {
    const key = keyOf(route);
    const state = this.#routes.get(key) ?? { gateway, obeyed: undefined, wanted: '' };
    this.#routes.set(key, state);
    const wanted = JSON.stringify(rule);
    if (state.wanted === wanted) return;
    state.wanted = wanted;
    this.#ports.kernel.after(this.weightsObeyedAfterMilliseconds, `weights of ${key}`, () => {
      if (this.#routes.get(key) !== state) return;
      state.obeyed = rule;
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
      unroutedStatus: state.obeyed.unroutedStatus,
      backends: state.obeyed.backends.map((backend) => {
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
      this.#ports.traffic.forget(this.#cluster.options.region, name);
    }
  }

  #memberKey(route: KubernetesObject, backend: BackendReference): string {
    return `${keyOf(route)}/${backend.name}:${backend.port}`;
  }
}
