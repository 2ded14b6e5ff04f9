import { ClusterUnavailable, ObjectChanged } from '../../domain/errors.ts';
import { deliveryFieldManager, platformFieldManager } from '../../domain/names.ts';
import type { KubernetesObject, ObjectCluster } from '../ports/object-cluster.ts';
import { handedOver, withoutDeliveryOwned } from './delivery-owned.ts';

/** An object that the workflows own a part of. */
export interface ObjectName {
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface ApplyObjectsInput {
  readonly objects: readonly KubernetesObject[];
  readonly deliveryOwned: readonly ObjectName[];
  /** What stood before this version. */
  readonly before: readonly KubernetesObject[];
  readonly deliveryOwnedBefore: readonly ObjectName[];
}

export interface ApplyObjectsPorts {
  readonly cluster: ObjectCluster;
  /** Where the object's kind stands in the order of making. Throws for an unknown kind. */
  readonly orderOf: (object: KubernetesObject) => number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** Holding state that a mistake in a definition must not delete. */
const keptKinds = ['Namespace', 'CustomResourceDefinition', 'PersistentVolumeClaim'];
/** A new access entry, a definition or a webhook takes its time until the API server knows it: assumed less than two minutes. */
const attemptsMax = 24;
const pauseMilliseconds = 5_000;

/**
 * Makes the cluster hold these objects: what is needed first, first; what is no longer listed is deleted at the end, in the opposite order.
 * What the workflows own is handed over to them and never reset. Applied twice, the second changes nothing. Throws ClusterRefused,
 * ClusterUnavailable, ObjectChanged.
 */
export async function applyObjects(input: ApplyObjectsInput, ports: ApplyObjectsPorts): Promise<void> {
  const ordered = input.objects.toSorted((a, b) => ports.orderOf(a) - ports.orderOf(b));
  for (const object of ordered) {
    await patiently(ports, () =>
      isListed(object, input.deliveryOwned) ? applyShared(object, ports.cluster) : applyWhole(object, ports.cluster),
    );
  }
  const gone = input.before.filter((object) => !input.objects.some((kept) => sameName(object, kept)));
  const removable = gone.filter((object) => !isKept(object, input.deliveryOwnedBefore));
  for (const object of removable.toSorted((a, b) => ports.orderOf(b) - ports.orderOf(a))) {
    await patiently(ports, () => ports.cluster.remove(object));
  }
}

function applyWhole(object: KubernetesObject, cluster: ObjectCluster): Promise<void> {
  return cluster.apply(object, { fieldManager: platformFieldManager, force: true });
}

/**
 * Two managers share the object. Missing, it is made whole; then the workflows take what is theirs, as it lives, and only then does the
 * platform let go of it: a field without any owner would be removed.
 */
async function applyShared(object: KubernetesObject, cluster: ObjectCluster): Promise<void> {
  let live = await cluster.read(object);
  if (!live) {
    await applyWhole(object, cluster);
    live = await cluster.read(object);
    if (!live) throw new ObjectChanged(`The ${object.kind} '${object.metadata.name}' was deleted while it was made`);
  }
  await cluster.apply(handedOver(live), { fieldManager: deliveryFieldManager, force: true });
  await cluster.apply(withoutDeliveryOwned(object), { fieldManager: platformFieldManager, force: true });
}

async function patiently(ports: ApplyObjectsPorts, attempt: () => Promise<void>): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      const passing = error instanceof ClusterUnavailable || error instanceof ObjectChanged || isNotFound(error);
      if (!passing || tried === attemptsMax) throw error;
      await ports.pause(pauseMilliseconds);
    }
  }
}

/** A kind whose definition was applied a moment ago is not served yet. */
function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'NotFound';
}

function isKept(object: KubernetesObject, deliveryOwned: readonly ObjectName[]): boolean {
  return keptKinds.includes(object.kind) || (object.kind === 'ConfigMap' && isListed(object, deliveryOwned));
}

function isListed(object: KubernetesObject, names: readonly ObjectName[]): boolean {
  return names.some(
    ({ kind, namespace, name }) =>
      kind === object.kind && name === object.metadata.name && namespace === object.metadata.namespace,
  );
}

function sameName(a: KubernetesObject, b: KubernetesObject): boolean {
  return a.kind === b.kind && a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;
}
