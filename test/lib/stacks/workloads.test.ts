import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { actionsOf, resourcesOf, taskStatements, templates } from '../synthesized.ts';

const workloads = templates()['AeonWorkloads'];
const objects = resourcesOf(workloads, 'Custom::MainstayKubernetesObjects');

/** A property's text, with a word in the place of what only CloudFormation knows. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [, parts] = (value as { 'Fn::Join': [string, unknown[]] })['Fn::Join'];
  return parts.map((part) => (typeof part === 'string' ? part : 'value')).join('');
}

describe('workloads', () => {
  it('are one resource for what services share and one a service, the shared first', () => {
    expect(Object.keys(objects)).toEqual([
      'EnvironmentObjects5D1CA948',
      'StorageObjects4333BA33',
      'AeonDtApiObjects144A259B',
      'AeonDtWorkerObjectsCB391D1B',
      'AeonDtOpenspgObjectsD55DE16C',
    ]);
    const [, ...others] = Object.values(objects);
    for (const other of others) expect(other.DependsOn).toContain('EnvironmentObjects5D1CA948');
  });

  it('come as JSON text, whose numbers CloudFormation leaves alone', () => {
    for (const { Properties } of Object.values(objects)) {
      expect(JSON.parse(textOf(Properties['Objects']))).toBeInstanceOf(Array);
    }
  });

  it('name what the workflows own a part of, so that a deployment never takes it back', () => {
    expect(JSON.parse(objects['AeonDtApiObjects144A259B']?.Properties['DeliveryOwned'] as string)).toEqual([
      { kind: 'Deployment', namespace: 'aeon', name: 'aeon-dt-api-blue' },
      { kind: 'Deployment', namespace: 'aeon', name: 'aeon-dt-api-green' },
      { kind: 'HTTPRoute', namespace: 'aeon', name: 'aeon-dt-api' },
      { kind: 'ConfigMap', namespace: 'aeon', name: 'aeon-dt-api-release' },
    ]);
  });

  it('stay far below the size of a template', () => {
    for (const { Properties } of Object.values(objects)) {
      expect(textOf(Properties['Objects']).length).toBeLessThan(40_000);
    }
  });

  it('are applied by a function without any right on AWS, which is administrator of the cluster', () => {
    expect(actionsOf(taskStatements(workloads, 'mainstay-aeon-apply-objects'))).toEqual([]);
    workloads?.hasResourceProperties('AWS::EKS::AccessEntry', {
      ClusterName: 'aeon',
      KubernetesGroups: Match.absent(),
      AccessPolicies: [
        {
          PolicyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
          AccessScope: { Type: 'cluster' },
        },
      ],
    });
  });

  it('are applied by a function of the standby’s own there, which reads images of that region alone', () => {
    const standby = templates()['AeonStandbyWorkloads'];
    standby?.hasResourceProperties('AWS::Lambda::Function', { FunctionName: 'mainstay-aeon-apply-objects' });
    const api = resourcesOf(standby, 'Custom::MainstayKubernetesObjects')['AeonDtApiObjects144A259B'];
    const text = textOf(api?.Properties['Objects']);
    expect(text).toContain('111111111111.dkr.ecr.us-west-2.amazonaws.com/aeon/aeon-dt-api:unreleased');
    expect(text).not.toContain('us-east-1');
  });

  it('are applied only once the function may reach the cluster', () => {
    const access = Object.keys(resourcesOf(workloads, 'AWS::EKS::AccessEntry'))[0];
    const [provider] = Object.values(resourcesOf(workloads, 'AWS::Lambda::Function'));
    expect(provider?.DependsOn).toContain(access);
  });
});
