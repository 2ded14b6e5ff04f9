import { describe, expect, it } from 'vitest';
import { environmentObjects } from '../../../lib/kubernetes/environment.ts';
import type { KubernetesObject } from '../../../lib/kubernetes/object.ts';
import { deliveryAccess, standbyAccess } from '../../../lib/kubernetes/task-access.ts';
import { aeon } from '../../../platforms/aeon.ts';
import { platformAt } from '../../../platforms/stage.ts';

const objects = environmentObjects(platformAt(aeon, 'production'), 'aeon', deliveryAccess);

interface Rule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

function only(kind: string, from: readonly KubernetesObject[] = objects): KubernetesObject {
  const [found, ...more] = from.filter((object) => object.kind === kind);
  if (!found || more.length > 0) throw new Error(`${more.length + (found ? 1 : 0)} ${kind}`);
  return found;
}

describe('what services share', () => {
  it('is a namespace that refuses pods which are not hardened', () => {
    expect(only('Namespace').metadata).toMatchObject({
      name: 'aeon',
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    });
  });

  it('denies every connection that no service lists', () => {
    expect(only('NetworkPolicy')['spec']).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  const roleOf = (task: string) =>
    objects.find(({ kind, metadata }) => kind === 'Role' && metadata.name === `mainstay-${task}`)?.['rules'];

  it('gives each task what it does, on the objects that it knows by name, and nothing else', () => {
    expect(roleOf('shift-traffic')).toEqual([
      {
        apiGroups: [''],
        resources: ['configmaps'],
        verbs: ['get'],
        resourceNames: ['aeon-dt-api-release', 'aeon-dt-worker-release', 'aeon-dt-openspg-release'],
      },
      {
        apiGroups: ['gateway.networking.k8s.io'],
        resources: ['httproutes'],
        verbs: ['get', 'patch'],
        resourceNames: ['aeon-dt-api'],
      },
    ]);
    expect(roleOf('keep-alarms')).toEqual([
      { apiGroups: ['elbv2.k8s.aws'], resources: ['targetgroupbindings'], verbs: ['list'] },
    ]);
  });

  it('lets no task make or delete anything, read a Secret, or reach beyond the namespace', () => {
    const rules = objects.filter(({ kind }) => kind === 'Role').flatMap((role) => role['rules'] as Rule[]);
    expect(new Set(rules.flatMap(({ verbs }) => verbs))).toEqual(new Set(['get', 'list', 'patch']));
    expect(rules.flatMap(({ resources }) => resources)).not.toContain('secrets');
    expect(objects.some(({ kind }) => kind === 'ClusterRole' || kind === 'ClusterRoleBinding')).toBe(false);
  });

  it('binds each Role to the group of one task', () => {
    const bindings = objects.filter(({ kind }) => kind === 'RoleBinding');
    expect(bindings.map(({ metadata }) => metadata.name)).toEqual(
      Object.keys(deliveryAccess).map((task) => `mainstay-${task}`),
    );
    for (const { metadata, subjects } of bindings as (KubernetesObject & { subjects: unknown })[]) {
      const group = metadata.name.replace('mainstay-', 'mainstay:');
      expect(subjects).toEqual([{ kind: 'Group', name: group, apiGroup: 'rbac.authorization.k8s.io' }]);
    }
  });

  it('gives nobody in the standby a right but the functions that follow the primary', () => {
    const standby = environmentObjects(platformAt(aeon, 'production'), 'aeon', standbyAccess);
    const bindings = standby.filter(({ kind }) => kind === 'RoleBinding').map(({ metadata }) => metadata.name);
    expect(bindings).toEqual(['mainstay-follow-releases', 'mainstay-follow-secrets']);
  });

  it('ends TLS at the load balancer with a policy that knows no old protocol', () => {
    expect(only('Gateway')['spec']).toMatchObject({
      gatewayClassName: 'alb',
      listeners: [{ name: 'https', protocol: 'HTTPS', port: 443, allowedRoutes: { namespaces: { from: 'Same' } } }],
    });
    expect(only('LoadBalancerConfiguration')['spec']).toMatchObject({
      scheme: 'internet-facing',
      listenerConfigurations: [{ protocolPort: 'HTTPS:443', sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' }],
    });
  });

  it('protects the load balancer from deletion in production only', () => {
    const protection = (stage: 'production' | 'staging'): unknown => {
      const spec = only(
        'LoadBalancerConfiguration',
        environmentObjects(platformAt(aeon, stage), 'aeon', deliveryAccess),
      )['spec'];
      return (spec as { loadBalancerAttributes: unknown[] }).loadBalancerAttributes[0];
    };
    expect(protection('production')).toEqual({ key: 'deletion_protection.enabled', value: 'true' });
    expect(protection('staging')).toEqual({ key: 'deletion_protection.enabled', value: 'false' });
  });

  it('listens in clear text where the platform has an internal gateway without TLS', () => {
    const internal = platformAt({ ...aeon, gateway: { scheme: 'internal', protocol: 'http' } }, 'production');
    expect(only('Gateway', environmentObjects(internal, 'aeon', deliveryAccess))['spec']).toMatchObject({
      listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }],
    });
  });
});
