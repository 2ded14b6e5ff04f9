import { createHash } from 'node:crypto';
import { Unmodelled } from '../aws/service.ts';
import type { Cluster } from './cluster.ts';
import type { KubernetesObject } from './objects.ts';

export interface BackendReference {
  readonly name: string;
  readonly port: number;
  readonly weight: number;
}

/** A target group's weight in a rule: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupTuple.html */
const weightMaximum = 999;

/** The Services behind a route with their weights. Throws Unmodelled for a route of several rules, and for weights that the controller refuses. */
export function backendsOf(route: KubernetesObject): BackendReference[] {
  const rules = (route.spec?.['rules'] ?? []) as { backendRefs?: BackendReference[] }[];
  if (rules.length > 1) {
    throw new Unmodelled(`The rehearsal models routes of one rule; ${keyOf(route)} has ${rules.length}.`);
  }
  const backends = rules[0]?.backendRefs ?? [];
  const heavy = backends.find(({ weight }) => weight > weightMaximum);
  if (heavy)
    throw new Unmodelled(
      `${keyOf(route)}: ${heavy.name} has weight ${heavy.weight}; beyond ${weightMaximum} the controller stops reconciling the whole Gateway, which is not modelled.`,
    );
  return backends.map(({ name, port, weight }) => ({ name, port, weight }));
}

/** The backend's Service where it exists and has the port. */
export function serviceOf(
  cluster: Cluster,
  route: KubernetesObject,
  backend: BackendReference,
): KubernetesObject | undefined {
  const service = cluster.object('Service', route.metadata.namespace, backend.name);
  return ((service?.spec?.['ports'] ?? []) as { port: number }[]).some(({ port }) => port === backend.port)
    ? service
    : undefined;
}

/** The pods' port behind a Service's port. A named one is taken to be the Service's own number: nothing here dials it. */
export function targetPortOf(service: KubernetesObject, port: number): number {
  const ports = (service.spec?.['ports'] ?? []) as { port: number; targetPort: number | string }[];
  const target = ports.find((each) => each.port === port)?.targetPort ?? port;
  return typeof target === 'number' ? target : port;
}

/** `k8s-<namespace>-<name>-<hash>`, at most 32 characters: https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/targetgroupbinding/ */
export function generatedName(namespace: string, name: string, key: string): string {
  const plain = (text: string) => text.replaceAll(/[^a-zA-Z0-9]/g, '').slice(0, 8);
  return `k8s-${plain(namespace)}-${plain(name)}-${createHash('sha256').update(key).digest('hex').slice(0, 10)}`;
}

export function keyOf(object: KubernetesObject): string {
  return `${object.metadata.namespace}/${object.metadata.name}`;
}
