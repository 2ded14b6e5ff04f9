import { describe, expect, it } from 'vitest';
import { environmentObjects } from '../../../lib/kubernetes/environment.ts';
import type { KubernetesObject } from '../../../lib/kubernetes/object.ts';
import { aeon } from '../../../platforms/aeon.ts';
import { platformAt } from '../../../platforms/stage.ts';

const objects = environmentObjects(platformAt(aeon, 'production'), 'aeon');

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

  it('gives the delivery its verbs in this namespace: it makes nothing and deletes nothing', () => {
    expect(only('Role')['rules']).toEqual([
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'patch'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'patch'] },
      { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['patch'] },
      { apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'], verbs: ['get', 'patch'] },
      { apiGroups: ['elbv2.k8s.aws'], resources: ['targetgroupbindings'], verbs: ['list'] },
    ]);
    expect(only('RoleBinding')['subjects']).toEqual([
      { kind: 'Group', name: 'mainstay:delivery', apiGroup: 'rbac.authorization.k8s.io' },
    ]);
    expect(objects.some(({ kind }) => kind === 'ClusterRoleBinding')).toBe(false);
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
      const spec = only('LoadBalancerConfiguration', environmentObjects(platformAt(aeon, stage), 'aeon'))['spec'];
      return (spec as { loadBalancerAttributes: unknown[] }).loadBalancerAttributes[0];
    };
    expect(protection('production')).toEqual({ key: 'deletion_protection.enabled', value: 'true' });
    expect(protection('staging')).toEqual({ key: 'deletion_protection.enabled', value: 'false' });
  });

  it('listens in clear text where the platform has an internal gateway without TLS', () => {
    const internal = platformAt({ ...aeon, gateway: { scheme: 'internal', protocol: 'http' } }, 'production');
    expect(only('Gateway', environmentObjects(internal, 'aeon'))['spec']).toMatchObject({
      listeners: [{ name: 'http', protocol: 'HTTP', port: 80 }],
    });
  });
});
