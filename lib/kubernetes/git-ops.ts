import { deliveryFieldManager } from '../../domain/names.ts';
import type { StagedPlatform } from '../../platforms/stage.ts';
import { environmentLabels, type KubernetesObject } from './object.ts';

type GitOps = NonNullable<StagedPlatform['cluster']['gitOps']>;

/** Namespace of the managed Argo CD. */
export const argoNamespace = 'argocd';

/**
 * What Argo CD has to leave alone, whatever Git says: images and replicas, weights, the release record. By the field manager that owns them
 * (the promotion's), and by path, for the moment before it has owned them once; the autoscaler owns replicas in between.
 * https://argo-cd.readthedocs.io/en/latest/user-guide/diffing/
 */
const leftToTheDelivery = [
  {
    group: 'apps',
    kind: 'Deployment',
    managedFieldsManagers: [deliveryFieldManager, 'kube-controller-manager'],
    jqPathExpressions: ['.spec.template.spec.containers[].image'],
    jsonPointers: ['/spec/replicas'],
  },
  {
    group: 'gateway.networking.k8s.io',
    kind: 'HTTPRoute',
    managedFieldsManagers: [deliveryFieldManager],
    jsonPointers: ['/spec/rules'],
  },
  { group: '', kind: 'ConfigMap', managedFieldsManagers: [deliveryFieldManager] },
];

/** This cluster as Argo CD's only target, a project that may write to the environment's namespace alone, and the application. */
export function gitOpsObjects(options: {
  readonly gitOps: GitOps;
  readonly environment: string;
  readonly clusterArn: string;
}): readonly KubernetesObject[] {
  const { gitOps, environment, clusterArn } = options;
  const { repository, revision, path } = gitOps.source;
  const metadata = { name: environment, namespace: argoNamespace, labels: environmentLabels(environment) };
  const destination = { server: clusterArn, namespace: environment };
  return [
    // That the capability makes its namespace is nowhere said; one that is there is only labelled.
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: argoNamespace, labels: environmentLabels(environment) },
    },
    {
      // The capability does not know its own cluster until it is told.
      // https://docs.aws.amazon.com/eks/latest/userguide/argocd-register-clusters.html
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...metadata, labels: { ...metadata.labels, 'argocd.argoproj.io/secret-type': 'cluster' } },
      type: 'Opaque',
      stringData: { name: environment, server: clusterArn, project: environment },
    },
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata,
      spec: {
        description: `What ${environment} keeps in Git`,
        sourceRepos: [repository],
        destinations: [destination],
        // Nothing of the cluster as a whole, and no rights.
        clusterResourceWhitelist: [],
        namespaceResourceBlacklist: ['Role', 'RoleBinding'].map((kind) => ({
          group: 'rbac.authorization.k8s.io',
          kind,
        })),
      },
    },
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata,
      spec: {
        project: environment,
        source: {
          repoURL: repository,
          targetRevision: revision,
          path: path.replaceAll('{environment}', environment),
        },
        destination,
        ignoreDifferences: leftToTheDelivery,
        syncPolicy: {
          // Without pruning: what the app applies is not in Git.
          automated: { prune: false, selfHeal: true },
          syncOptions: ['ServerSideApply=true', 'RespectIgnoreDifferences=true'],
        },
      },
    },
  ];
}
