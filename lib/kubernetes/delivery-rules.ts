/** One rule of a Role. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** What the delivery functions do in their environment's namespace, verb by verb. Nothing is created or deleted. */
export function deliveryRules(): readonly PolicyRule[] {
  return [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'patch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'patch'] },
    { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['patch'] },
    { apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'], verbs: ['get', 'patch'] },
    { apiGroups: ['elbv2.k8s.aws'], resources: ['targetgroupbindings'], verbs: ['list'] },
  ];
}
