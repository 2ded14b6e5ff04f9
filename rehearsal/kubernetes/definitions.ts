import { Unmodelled } from '../aws/service.ts';
import { inertDefinitions, kinds } from './kinds.ts';
import type { KubernetesObject } from './objects.ts';
import type { ObjectStore } from './store.ts';

export function isDefinition(object: KubernetesObject): boolean {
  return object.kind === 'CustomResourceDefinition';
}

/** Makes the kind of a CustomResourceDefinition usable. Throws Unmodelled for a kind that the rehearsal does not know. */
export function installDefinition(store: ObjectStore, definition: KubernetesObject): void {
  const { name } = definition.metadata;
  if (kinds.some((kind) => kind.definition === name)) {
    store.install(name);
    return;
  }
  if (!inertDefinitions.includes(name)) {
    throw new Unmodelled(
      `The rehearsal's Kubernetes does not know the custom resource ${name}; it knows ` +
        `${[...kinds.flatMap((kind) => kind.definition ?? []), ...inertDefinitions].join(', ')}.`,
    );
  }
}

/** What the Gateway API's standard channel brings: https://gateway-api.sigs.k8s.io/guides/ */
export const gatewayApiDefinitions: readonly string[] = [
  'gatewayclasses.gateway.networking.k8s.io',
  'gateways.gateway.networking.k8s.io',
  'httproutes.gateway.networking.k8s.io',
  'grpcroutes.gateway.networking.k8s.io',
  'referencegrants.gateway.networking.k8s.io',
  'backendtlspolicies.gateway.networking.k8s.io',
];

/** What the add-on aws-secrets-store-csi-driver-provider brings: https://secrets-store-csi-driver.sigs.k8s.io/concepts.html */
export const secretsStoreDefinitions: readonly string[] = [
  'secretproviderclasses.secrets-store.csi.x-k8s.io',
  'secretproviderclasspodstatuses.secrets-store.csi.x-k8s.io',
];

/** What the chart aws-load-balancer-controller brings. */
export const loadBalancerControllerDefinitions: readonly string[] = [
  'loadbalancerconfigurations.gateway.k8s.aws',
  'targetgroupconfigurations.gateway.k8s.aws',
  'listenerruleconfigurations.gateway.k8s.aws',
  'targetgroupbindings.elbv2.k8s.aws',
  'ingressclassparams.elbv2.k8s.aws',
];

/** What EKS's capability for Argo CD brings: https://docs.aws.amazon.com/eks/latest/userguide/argocd-concepts.html */
export const argoDefinitions: readonly string[] = [
  'applications.argoproj.io',
  'appprojects.argoproj.io',
  'applicationsets.argoproj.io',
];
