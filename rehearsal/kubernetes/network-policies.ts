import { contains, overlaps, parseCidr } from '../../domain/cidr.ts';
import type { KubernetesObject } from './objects.ts';
import { type LabelSelector, selects } from './selectors.ts';

interface PolicyPort {
  readonly port?: number | string;
  readonly endPort?: number;
  readonly protocol?: string;
}

interface IngressRule {
  readonly from?: readonly { readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] } }[];
  readonly ports?: readonly PolicyPort[];
}

interface PolicySpec {
  readonly podSelector?: LabelSelector;
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly IngressRule[];
}

/**
 * Whether the pod takes TCP connections on the port from every address of the range outside the cluster. Without a policy that
 * selects it for ingress it takes all; else one rule has to cover the range. https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function admitsRange(
  policies: readonly KubernetesObject[],
  pod: KubernetesObject,
  port: number,
  range: string,
): boolean {
  const applying = policies
    .map((policy) => ({ namespace: policy.metadata.namespace, spec: policy.spec as unknown as PolicySpec }))
    .filter(({ namespace }) => namespace === pod.metadata.namespace)
    .filter(({ spec }) => selects(spec.podSelector ?? {}, pod.metadata.labels ?? {}))
    .filter(({ spec }) => (spec.policyTypes ?? ['Ingress']).includes('Ingress'));
  if (applying.length === 0) return true;
  return applying.some(({ spec }) =>
    (spec.ingress ?? []).some((rule) => coversPort(rule.ports ?? [], pod, port) && coversRange(rule.from ?? [], range)),
  );
}

/** No ports: all of them. */
function coversPort(ports: readonly PolicyPort[], pod: KubernetesObject, wanted: number): boolean {
  if (ports.length === 0) return true;
  return ports.some(({ port, endPort, protocol = 'TCP' }) => {
    if (protocol !== 'TCP') return false;
    if (port === undefined) return true;
    const first = typeof port === 'number' ? port : namedPort(pod, port);
    return first !== undefined && wanted >= first && wanted <= (endPort ?? first);
  });
}

function namedPort(pod: KubernetesObject, name: string): number | undefined {
  const containers = (pod.spec?.['containers'] ?? []) as unknown as {
    ports?: { name?: string; containerPort: number }[];
  }[];
  return containers.flatMap(({ ports }) => ports ?? []).find((port) => port.name === name)?.containerPort;
}

/** No peers: everybody. Peers that are pods are none of a load balancer's addresses. */
function coversRange(from: NonNullable<IngressRule['from']>, text: string): boolean {
  if (from.length === 0) return true;
  const range = parseCidr(text);
  return from.some(({ ipBlock }) => {
    const block = ipBlock && parseCidr(ipBlock.cidr);
    if (!block || !range || !contains(block, range)) return false;
    return !(ipBlock?.except ?? []).some((each) => {
      const hole = parseCidr(each);
      return hole !== undefined && overlaps(hole, range);
    });
  });
}
