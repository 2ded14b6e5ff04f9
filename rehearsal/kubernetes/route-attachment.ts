import { Unmodelled } from '../aws/service.ts';
import type { KubernetesObject } from './objects.ts';
import { keyOf } from './route-backends.ts';

export interface ParentReference {
  readonly name: string;
  readonly namespace?: string;
  readonly sectionName?: string;
  readonly port?: number;
}

interface Listener {
  readonly name: string;
  readonly port: number;
  readonly hostname?: string;
  readonly allowedRoutes?: {
    readonly namespaces?: { readonly from?: string };
    readonly kinds?: readonly { readonly kind: string }[];
  };
}

/** Reasons of a route's condition Accepted when no listener takes it. */
export type AttachmentRefusal = 'NoMatchingParent' | 'NotAllowedByListeners' | 'NoMatchingListenerHostname';

/** The one Gateway that a route asks for; undefined where it asks for none. Throws Unmodelled for several. */
export function parentOf(route: KubernetesObject): ParentReference | undefined {
  const parents = (route.spec?.['parentRefs'] ?? []) as unknown as ParentReference[];
  if (parents.length > 1)
    throw new Unmodelled(`The rehearsal models routes of one parent; ${keyOf(route)} has ${parents.length}.`);
  return parents[0];
}

/**
 * Why no listener of the Gateway takes the route; undefined when one does. One listener that does is enough.
 * https://gateway-api.sigs.k8s.io/concepts/traffic-matching#listener-selection, https://gateway-api.sigs.k8s.io/concepts/hostnames
 */
export function attachmentRefusal(
  gateway: KubernetesObject,
  route: KubernetesObject,
  parent: ParentReference,
): AttachmentRefusal | undefined {
  const listeners = ((gateway.spec?.['listeners'] ?? []) as unknown as Listener[]).filter(
    ({ name, port }) =>
      (parent.sectionName === undefined || parent.sectionName === name) &&
      (parent.port === undefined || parent.port === port),
  );
  let refusal: AttachmentRefusal = 'NoMatchingParent';
  for (const listener of listeners) {
    if (!allows(listener, gateway, route)) refusal = 'NotAllowedByListeners';
    else if (!sharesHostname(listener, route)) refusal = 'NoMatchingListenerHostname';
    else return undefined;
  }
  return refusal;
}

function allows({ name, allowedRoutes }: Listener, gateway: KubernetesObject, route: KubernetesObject): boolean {
  const from = allowedRoutes?.namespaces?.from ?? 'Same';
  if (from === 'Selector')
    throw new Unmodelled(`The rehearsal does not model allowedRoutes by selector; ${keyOf(gateway)}/${name} has one.`);
  const namespace = from === 'All' || (from === 'Same' && gateway.metadata.namespace === route.metadata.namespace);
  const kinds = allowedRoutes?.kinds ?? [];
  return namespace && (kinds.length === 0 || kinds.some(({ kind }) => kind === 'HTTPRoute'));
}

/** Where one of them names no host, it takes the other's. */
function sharesHostname({ hostname }: Listener, route: KubernetesObject): boolean {
  const wanted = (route.spec?.['hostnames'] ?? []) as unknown as string[];
  return hostname === undefined || wanted.length === 0 || wanted.some((each) => overlap(each, hostname));
}

/** `*.example.com` covers every name below example.com, other wildcards among them. */
function overlap(a: string, b: string): boolean {
  const covers = (wildcard: string, name: string) => wildcard.startsWith('*.') && name.endsWith(wildcard.slice(1));
  return a === b || covers(a, b) || covers(b, a);
}
