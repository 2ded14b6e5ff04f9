import type { Invalidity } from './errors.ts';
import { type KubernetesObject, sameJson } from './objects.ts';
import { parseQuantity } from './quantity.ts';

const forbidden = (field: string, detail: string): Invalidity => ({ field, type: 'Forbidden', detail });

/**
 * A class never changes: what was made by it would no longer be what it says.
 * https://kubernetes.io/docs/concepts/storage/storage-classes/, https://kubernetes.io/docs/concepts/storage/volume-attributes-classes/
 */
export function* immutableClass(object: KubernetesObject, live: KubernetesObject | undefined): Generator<Invalidity> {
  if (!live) return;
  for (const field of ['provisioner', 'driverName', 'parameters', 'reclaimPolicy', 'volumeBindingMode']) {
    if (!sameJson(live[field] ?? null, object[field] ?? null)) {
      yield forbidden(field, `updates to ${field} are forbidden.`);
    }
  }
}

interface ClaimSpec {
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
  readonly volumeAttributesClassName?: string;
}

/** Of a claim only the size, upwards, and the attributes' class change: https://kubernetes.io/docs/concepts/storage/persistent-volumes/ */
export function* claim(object: KubernetesObject, live: KubernetesObject | undefined): Generator<Invalidity> {
  const spec = (object.spec ?? {}) as ClaimSpec;
  const size = spec.resources?.requests?.['storage'];
  if (size === undefined) yield { field: 'spec.resources[storage]', type: 'Required value', detail: '' };
  if (!live) return;
  const before = (live.spec ?? {}) as ClaimSpec;
  const others = ({ resources: _size, volumeAttributesClassName: _class, ...rest }: ClaimSpec) => rest;
  if (!sameJson(others(before), others(spec))) {
    yield forbidden(
      'spec',
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    );
  }
  const sizeBefore = before.resources?.requests?.['storage'];
  if (size !== undefined && sizeBefore !== undefined && parseQuantity(size) < parseQuantity(sizeBefore)) {
    yield forbidden('spec.resources.requests.storage', 'field can not be less than previous value');
  }
}
