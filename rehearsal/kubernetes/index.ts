export { Cluster, installKinds, routeWeights } from './cluster.ts';
export { ApiError } from './errors.ts';
export type { KubernetesObject, ObjectMeta } from './objects.ts';
export type { ClusterOptions, ClusterPorts, HealthCheck, LoadBalancing, NamedArn, TokenCaller } from './ports.ts';
export type { AccessRequest, UnusedRight, User } from './rbac.ts';
export { type Change, ObjectStore } from './store.ts';
