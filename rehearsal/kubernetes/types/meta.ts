import { atomicList, atomicStruct, flag, integer, listBy, mapOf, type Schema, setOf, struct, text } from '../schema.ts';

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ */
export const objectMeta = struct({
  name: text,
  generateName: text,
  namespace: text,
  uid: text,
  resourceVersion: text,
  generation: integer,
  creationTimestamp: text,
  deletionTimestamp: text,
  deletionGracePeriodSeconds: integer,
  labels: mapOf(text),
  annotations: mapOf(text),
  finalizers: setOf(text),
  ownerReferences: listBy(
    ['uid'],
    atomicStruct({ apiVersion: text, kind: text, name: text, uid: text, controller: flag, blockOwnerDeletion: flag }),
  ),
  managedFields: atomicList({ kind: 'any' }),
});

/** The metadata of a pod template. */
export const templateMeta = struct({ labels: mapOf(text), annotations: mapOf(text), name: text, namespace: text });

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/label-selector/ */
export const labelSelector = atomicStruct({
  matchLabels: mapOf(text),
  matchExpressions: atomicList(struct({ key: text, operator: text, values: atomicList(text) })),
});

/** metav1.Condition, a list by type. */
export const conditions = listBy(
  ['type'],
  struct({
    type: text,
    status: text,
    reason: text,
    message: text,
    observedGeneration: integer,
    lastTransitionTime: text,
    lastUpdateTime: text,
    lastProbeTime: text,
  }),
);

/** A whole object: apiVersion, kind, metadata and the kind's own top-level fields. */
export function objectOf(fields: Readonly<Record<string, Schema>>): Schema {
  return struct({ apiVersion: text, kind: text, metadata: objectMeta, ...fields });
}

export const nodeSelectorRequirement = atomicList(struct({ key: text, operator: text, values: atomicList(text) }));
