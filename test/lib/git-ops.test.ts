import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { kubernetesObjectsType } from '../../lib/constructs/kubernetes-objects.ts';
import { aeon } from '../../platforms/aeon.ts';
import type { Platform } from '../../platforms/schema.ts';
import { changed, violationsOf } from '../platforms/variants.ts';
import { definedApp, resourcesOf, templates } from './synthesized.ts';

const gitOps: NonNullable<Platform['cluster']['gitOps']> = {
  identityCenter: { instanceArn: 'arn:aws:sso:::instance/ssoins-1234567890abcdef', region: 'us-east-1' },
  administratorGroups: ['11111111-2222-3333-4444-555555555555'],
  source: {
    repository: 'https://git.example.com/aeon/manifests.git',
    revision: 'main',
    path: 'environments/{environment}',
  },
};
const withGitOps: Platform = { ...aeon, cluster: { ...aeon.cluster, gitOps } };
const all = templates('production', withGitOps);

interface Application {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: {
    readonly source: unknown;
    readonly destination: { readonly namespace: string };
    readonly ignoreDifferences: readonly { readonly kind: string; readonly [field: string]: unknown }[];
    readonly syncPolicy: { readonly automated: { readonly prune: boolean }; readonly syncOptions: readonly string[] };
  };
}

function applied(stack: string): Application[] {
  const id = Object.keys(resourcesOf(all[stack], kubernetesObjectsType)).find((name) => name.startsWith('GitOps'));
  const text = resourcesOf(all[stack])[id ?? '']?.Properties['Objects'] as { 'Fn::Join': [string, unknown[]] } | string;
  const joined =
    typeof text === 'string'
      ? text
      : text['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'arn')).join('');
  return JSON.parse(joined);
}

describe('a definition without GitOps', () => {
  it('has no Argo CD: aeon has it off', () => {
    const types = Object.values(templates()).flatMap((template) =>
      Object.values(resourcesOf(template)).map(({ Type }) => Type),
    );
    expect(types).not.toContain('AWS::EKS::Capability');
  });
});

describe('a definition with GitOps', () => {
  it.each(['AeonCluster', 'AeonStandbyCluster'])('has the managed Argo CD in %s, with Identity Center', (stack) => {
    const [capability] = Object.values(resourcesOf(all[stack], 'AWS::EKS::Capability'));
    expect(capability?.Properties).toMatchObject({
      Type: 'ARGOCD',
      DeletePropagationPolicy: 'RETAIN',
      Configuration: {
        ArgoCd: {
          AwsIdc: { IdcInstanceArn: gitOps.identityCenter.instanceArn, IdcRegion: 'us-east-1' },
          RbacRoleMappings: [{ Role: 'ADMIN', Identities: [{ Id: gitOps.administratorGroups[0], Type: 'SSO_GROUP' }] }],
        },
      },
    });
  });

  it.each(['AeonWorkloads', 'AeonStandbyWorkloads'])(
    'leaves images, replicas, weights and records to the delivery in %s',
    (stack) => {
      const application = applied(stack).find(({ kind }) => kind === 'Application');
      expect(application?.spec.ignoreDifferences).toEqual([
        {
          group: 'apps',
          kind: 'Deployment',
          managedFieldsManagers: ['mainstay-delivery', 'kube-controller-manager'],
          jqPathExpressions: ['.spec.template.spec.containers[].image'],
          jsonPointers: ['/spec/replicas'],
        },
        {
          group: 'gateway.networking.k8s.io',
          kind: 'HTTPRoute',
          managedFieldsManagers: ['mainstay-delivery'],
          jsonPointers: ['/spec/rules'],
        },
        { group: '', kind: 'ConfigMap', managedFieldsManagers: ['mainstay-delivery'] },
      ]);
      // Without it a sync would write what the comparison leaves out.
      expect(application?.spec.syncPolicy.syncOptions).toEqual([
        'ServerSideApply=true',
        'RespectIgnoreDifferences=true',
      ]);
      expect(application?.spec.syncPolicy.automated.prune).toBe(false);
    },
  );

  it('may write to the namespace of its environment, from its own repository, and nothing else', () => {
    const objects = applied('AeonWorkloads');
    expect(objects.map(({ kind, metadata }) => `${metadata.namespace ?? metadata.name}/${kind}`)).toEqual([
      'argocd/Namespace',
      'argocd/Secret',
      'argocd/AppProject',
      'argocd/Application',
    ]);
    const project = objects.find(({ kind }) => kind === 'AppProject')?.spec as unknown as Record<string, unknown>;
    expect(project['sourceRepos']).toEqual([gitOps.source.repository]);
    expect(project['destinations']).toMatchObject([{ namespace: 'aeon' }]);
    expect(project['clusterResourceWhitelist']).toEqual([]);
    expect(objects.find(({ kind }) => kind === 'Application')?.spec.source).toMatchObject({
      path: 'environments/aeon',
    });
  });

  it('passes the checks', () => {
    const { violations } = new AwsSolutionsChecks().validateScope(definedApp('production', withGitOps));
    expect(violations.map(({ ruleName }) => ruleName)).toEqual([]);
  });

  it.each([
    ['an instance that is none', ['identityCenter', 'instanceArn'], 'arn:aws:iam::1:role/x'],
    ['nobody who administers it', ['administratorGroups'], []],
    ['a repository without a protocol', ['source', 'repository'], 'aeon/manifests'],
  ])('is refused with %s', (_what, path, value) => {
    const draft = structuredClone(gitOps) as unknown as Record<string, Record<string, unknown>>;
    if (path.length === 1) Object.assign(draft, { [path[0] ?? '']: value });
    else Object.assign(draft[path[0] ?? ''] ?? {}, { [path[1] ?? '']: value });
    expect(violationsOf(changed(['cluster', 'gitOps'], gitOps))).toEqual([]);
    expect(violationsOf(changed(['cluster', 'gitOps'], draft))).not.toEqual([]);
  });
});
