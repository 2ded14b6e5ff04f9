import { describe, expect, it } from 'vitest';
import { resourcesOf, templates } from './synthesized.ts';

const resources = Object.entries(templates()).flatMap(([stack, template]) =>
  Object.entries(resourcesOf(template)).map(([id, resource]) => ({ place: `${stack}/${id}`, ...resource })),
);
const ofType = (type: string) => resources.filter(({ Type }) => Type === type);

describe('the way in from the world', () => {
  it('is opened by no security group of a template: the load balancer’s own is made by its controller', () => {
    const groups = ofType('AWS::EC2::SecurityGroup').map(({ place, Properties }) => [
      place,
      JSON.stringify(Properties['SecurityGroupIngress'] ?? []),
    ]);
    const rules = ofType('AWS::EC2::SecurityGroupIngress').map(({ place, Properties }) => [
      place,
      JSON.stringify(Properties),
    ]);
    expect(groups.length).toBeGreaterThan(4);
    expect([...groups, ...rules].filter(([, text]) => /0\.0\.0\.0\/0|::\/0/.test(text ?? ''))).toEqual([]);
  });

  it('leads to no cluster, no database and no instance in either region', () => {
    const clusters = ofType('AWS::EKS::Cluster').map(({ Properties }) => Properties['ResourcesVpcConfig']);
    expect(clusters).toHaveLength(2);
    for (const cluster of clusters) expect(cluster).toMatchObject({ EndpointPublicAccess: false });
    const databases = ofType('AWS::RDS::DBInstance').map(({ Properties }) => Properties['PubliclyAccessible']);
    expect(databases.length).toBeGreaterThan(0);
    expect(new Set(databases)).toEqual(new Set([false]));
    expect(ofType('AWS::EC2::Subnet').map(({ Properties }) => Properties['MapPublicIpOnLaunch'])).not.toContain(true);
    expect(ofType('AWS::Lambda::Url')).toEqual([]);
  });
});
