import { anything, atomicList, flag, integer, intOrString, listBy, mapOf, struct, text } from '../schema.ts';
import { conditions, labelSelector, objectOf } from './meta.ts';

/**
 * gateway.networking.k8s.io/v1, https://gateway-api.sigs.k8s.io/reference/spec/. `spec.rules`, `matches`, `filters`,
 * `backendRefs`, `parentRefs` and `hostnames` are atomic lists (no list-map keys in the CRD); a Gateway's `listeners` are a map by
 * name. So the weights of a route have one owner: whoever last applied `spec.rules`.
 */
const parentReferences = atomicList(
  struct({ group: text, kind: text, namespace: text, name: text, sectionName: text, port: integer }),
);
const stringMatch = struct({ type: text, name: text, value: text });
const httpRouteRule = struct({
  name: text,
  matches: atomicList(
    struct({
      path: struct({ type: text, value: text }),
      headers: listBy(['name'], stringMatch),
      queryParams: listBy(['name'], stringMatch),
      method: text,
    }),
  ),
  backendRefs: atomicList(
    struct({ group: text, kind: text, namespace: text, name: text, port: integer, weight: integer }),
  ),
  timeouts: struct({ request: text, backendRequest: text }),
});
const parentStatus = struct({ parentRef: anything, controllerName: text, conditions });

export const httpRoute = objectOf({
  spec: struct({ parentRefs: parentReferences, hostnames: atomicList(text), rules: atomicList(httpRouteRule) }),
  status: struct({ parents: atomicList(parentStatus) }),
});

export const gatewayClass = objectOf({
  spec: struct({
    controllerName: text,
    description: text,
    parametersRef: struct({ group: text, kind: text, name: text, namespace: text }),
  }),
  status: struct({ conditions, supportedFeatures: anything }),
});

const listener = struct({
  name: text,
  port: integer,
  protocol: text,
  hostname: text,
  tls: struct({
    mode: text,
    certificateRefs: atomicList(struct({ group: text, kind: text, name: text, namespace: text })),
    options: mapOf(text),
  }),
  allowedRoutes: struct({
    namespaces: struct({ from: text, selector: labelSelector }),
    kinds: atomicList(struct({ group: text, kind: text })),
  }),
});
export const gateway = objectOf({
  spec: struct({
    gatewayClassName: text,
    listeners: listBy(['name'], listener),
    infrastructure: struct({
      labels: mapOf(text),
      annotations: mapOf(text),
      parametersRef: struct({ group: text, kind: text, name: text }),
    }),
  }),
  status: struct({ addresses: anything, conditions, listeners: anything }),
});

const keyValues = atomicList(struct({ key: text, value: text }));
/** https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/gateway/loadbalancerconfig/ */
export const loadBalancerConfiguration = objectOf({
  spec: struct({
    mergingMode: text,
    loadBalancerName: text,
    scheme: text,
    ipAddressType: text,
    loadBalancerSubnets: atomicList(struct({ identifier: text })),
    loadBalancerSubnetsSelector: mapOf(atomicList(text)),
    listenerConfigurations: atomicList(
      struct({
        protocolPort: text,
        defaultCertificate: text,
        certificates: atomicList(text),
        sslPolicy: text,
        alpnPolicy: text,
        mutualAuthentication: anything,
        listenerAttributes: keyValues,
      }),
    ),
    securityGroups: atomicList(text),
    securityGroupPrefixes: atomicList(text),
    sourceRanges: atomicList(text),
    vpcId: text,
    loadBalancerAttributes: keyValues,
    tags: mapOf(text),
    manageBackendSecurityGroupRules: flag,
    minimumLoadBalancerCapacity: struct({ capacityUnits: integer }),
    wafV2: struct({ webACL: text }),
    shieldConfiguration: struct({ enabled: flag }),
  }),
  status: anything,
});

const targetGroupProperties = struct({
  targetGroupName: text,
  ipAddressType: text,
  healthCheckConfig: struct({
    healthyThresholdCount: integer,
    healthCheckInterval: integer,
    healthCheckPath: text,
    healthCheckPort: text,
    healthCheckProtocol: text,
    healthCheckTimeout: integer,
    unhealthyThresholdCount: integer,
    matcher: struct({ httpCode: text, grpcCode: text }),
  }),
  nodeSelector: labelSelector,
  targetGroupAttributes: keyValues,
  targetType: text,
  protocol: text,
  protocolVersion: text,
  vpcID: text,
  enableMultiCluster: flag,
  tags: mapOf(text),
});
/** https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/gateway/targetgroupconfig/ */
export const targetGroupConfiguration = objectOf({
  spec: struct({
    targetReference: struct({ group: text, kind: text, name: text }),
    defaultConfiguration: targetGroupProperties,
    routeConfigurations: atomicList(struct({ identifier: text, targetGroupProps: targetGroupProperties })),
  }),
  status: anything,
});

/** https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/targetgroupbinding/ */
export const targetGroupBinding = objectOf({
  spec: struct({
    targetGroupARN: text,
    targetGroupName: text,
    targetType: text,
    serviceRef: struct({ name: text, port: intOrString }),
    networking: anything,
    nodeSelector: labelSelector,
    ipAddressType: text,
    vpcID: text,
  }),
  status: struct({ observedGeneration: integer }),
});
