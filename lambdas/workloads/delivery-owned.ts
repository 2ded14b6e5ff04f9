import { epochAnnotation } from '../../domain/names.ts';
import type { KubernetesObject } from '../ports/object-cluster.ts';

/** The kinds that the workflows own a part of: image and replicas, the route's rules, the release record. */
export const deliveryOwnedKinds = ['Deployment', 'HTTPRoute', 'ConfigMap'] as const;

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly [field: string]: unknown;
}

/** What the workflows own of an object, as it lives: applied under their manager it becomes theirs and stays as it is. */
export function handedOver(live: KubernetesObject): KubernetesObject {
  const { name, namespace, resourceVersion, annotations } = live.metadata;
  const epoch = annotations?.[epochAnnotation];
  return {
    apiVersion: live.apiVersion,
    kind: live.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(epoch === undefined ? {} : { annotations: { [epochAnnotation]: epoch } }),
    },
    ...ownedFields(live),
  };
}

function ownedFields(live: KubernetesObject): Record<string, unknown> {
  if (live.kind === 'ConfigMap') return { data: live['data'] };
  const spec = specOf(live);
  if (live.kind === 'HTTPRoute') return { spec: { rules: spec['rules'] } };
  const [container] = containersOf(live);
  const containers = container ? [{ name: container.name, image: container.image }] : [];
  return { spec: { replicas: spec['replicas'], template: { spec: { containers } } } };
}

/** The object without what the workflows own: what the platform's definition goes on to own. */
export function withoutDeliveryOwned(object: KubernetesObject): KubernetesObject {
  if (object.kind === 'ConfigMap') {
    const { data: _data, ...rest } = object;
    return rest as KubernetesObject;
  }
  const spec = specOf(object);
  if (object.kind === 'HTTPRoute') {
    const { rules: _rules, ...rest } = spec;
    return { ...object, spec: rest };
  }
  const { replicas: _replicas, ...rest } = spec;
  const template = spec['template'] as { readonly spec: object };
  const containers = containersOf(object).map(({ image, ...container }, index) =>
    index === 0 || image === undefined ? container : { ...container, image },
  );
  return { ...object, spec: { ...rest, template: { ...template, spec: { ...template.spec, containers } } } };
}

function specOf(object: KubernetesObject): Readonly<Record<string, unknown>> {
  return (object['spec'] ?? {}) as Record<string, unknown>;
}

/** The first is the service's own. */
function containersOf(object: KubernetesObject): readonly Container[] {
  const template = specOf(object)['template'] as { spec?: { containers?: readonly Container[] } } | undefined;
  return template?.spec?.containers ?? [];
}
