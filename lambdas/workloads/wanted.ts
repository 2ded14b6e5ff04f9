import * as z from 'zod';
import { InvalidInput } from '../../domain/errors.ts';
import type { KubernetesObject } from '../ports/object-cluster.ts';
import type { ApplyObjectsInput } from './apply-objects.ts';
import { type CustomResourceRequest, properties } from './custom-resource.ts';

const none = { Objects: [], DeliveryOwned: [] };

/**
 * What a request of CloudFormation wants to stand, and what stood before. Throws InvalidInput for properties that are not ours. A Delete of a
 * resource whose Create failed on its properties has nothing to delete.
 */
export function wantedOf(asked: CustomResourceRequest): ApplyObjectsInput {
  const deleting = asked.RequestType === 'Delete';
  const now = deleting ? none : parsed(asked.ResourceProperties);
  const before =
    asked.RequestType === 'Update'
      ? lenient(asked.OldResourceProperties)
      : deleting
        ? lenient(asked.ResourceProperties)
        : none;
  return {
    objects: now.Objects as KubernetesObject[],
    deliveryOwned: now.DeliveryOwned,
    before: before.Objects as KubernetesObject[],
    deliveryOwnedBefore: before.DeliveryOwned,
  };
}

function parsed(given: unknown): z.infer<typeof properties> {
  const result = properties.safeParse(given);
  if (result.success) return result.data;
  throw new InvalidInput(`The custom resource's properties do not fit: ${z.prettifyError(result.error)}`);
}

/** What stood before may have been refused: then it never stood. */
function lenient(given: unknown): z.infer<typeof properties> {
  const result = properties.safeParse(given);
  return result.success ? result.data : none;
}
