import {
  anything,
  atomicList,
  atomicMap,
  atomicStruct,
  flag,
  integer,
  intOrString,
  listBy,
  mapOf,
  setOf,
  struct,
  text,
} from '../schema.ts';
import { conditions, labelSelector, objectOf } from './meta.ts';

/** https://kubernetes.io/docs/reference/kubernetes-api/ : core, networking, RBAC, coordination and storage kinds. */
export const namespace = objectOf({
  spec: struct({ finalizers: atomicList(text) }),
  status: struct({ phase: text, conditions }),
});
export const serviceAccount = objectOf({
  automountServiceAccountToken: flag,
  imagePullSecrets: listBy(['name'], struct({ name: text })),
  secrets: listBy(['name'], struct({ name: text, kind: text, namespace: text })),
});
export const configMap = objectOf({ data: mapOf(text), binaryData: mapOf(text), immutable: flag });
export const secret = objectOf({ data: mapOf(text), stringData: mapOf(text), type: text, immutable: flag });

export const service = objectOf({
  spec: struct({
    type: text,
    selector: atomicMap(text),
    ports: listBy(
      ['port', 'protocol'],
      struct({
        port: integer,
        protocol: text,
        name: text,
        targetPort: intOrString,
        appProtocol: text,
        nodePort: integer,
      }),
    ),
    clusterIP: text,
    clusterIPs: atomicList(text),
    sessionAffinity: text,
    internalTrafficPolicy: text,
    ipFamilies: atomicList(text),
    ipFamilyPolicy: text,
    publishNotReadyAddresses: flag,
  }),
  status: struct({ loadBalancer: anything, conditions }),
});

const peer = struct({
  podSelector: labelSelector,
  namespaceSelector: labelSelector,
  ipBlock: struct({ cidr: text, except: atomicList(text) }),
});
const networkPolicyPorts = atomicList(struct({ port: intOrString, protocol: text, endPort: integer }));
export const networkPolicy = objectOf({
  spec: struct({
    podSelector: labelSelector,
    policyTypes: atomicList(text),
    ingress: atomicList(struct({ from: atomicList(peer), ports: networkPolicyPorts })),
    egress: atomicList(struct({ to: atomicList(peer), ports: networkPolicyPorts })),
  }),
});

const rules = atomicList(
  struct({
    apiGroups: atomicList(text),
    resources: atomicList(text),
    resourceNames: atomicList(text),
    verbs: atomicList(text),
    nonResourceURLs: atomicList(text),
  }),
);
export const role = objectOf({ rules });
export const clusterRole = objectOf({ rules, aggregationRule: anything });
/** Both kinds of binding. */
export const binding = objectOf({
  roleRef: atomicStruct({ apiGroup: text, kind: text, name: text }),
  subjects: atomicList(struct({ apiGroup: text, kind: text, name: text, namespace: text })),
});

export const lease = objectOf({
  spec: struct({
    holderIdentity: text,
    leaseDurationSeconds: integer,
    acquireTime: text,
    renewTime: text,
    leaseTransitions: integer,
  }),
});
export const customResourceDefinition = objectOf({
  spec: anything,
  status: struct({ conditions, acceptedNames: anything, storedVersions: setOf(text) }),
});
export const node = objectOf({
  spec: struct({ taints: atomicList(struct({ key: text, value: text, effect: text })), unschedulable: flag }),
  status: struct({ conditions }),
});
