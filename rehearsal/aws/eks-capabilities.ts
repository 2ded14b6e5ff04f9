import { installKinds } from '../kubernetes/cluster.ts';
import { argoDefinitions } from '../kubernetes/definitions.ts';
import type { Eks } from './eks.ts';
import { assertModelled } from './modelled.ts';
import type { World } from './module.ts';
import { AwsError, type ResourceProvider, type ResourceRequest, Unmodelled } from './service.ts';

interface ArgoSettings {
  readonly AwsIdc?: { readonly IdcInstanceArn?: string };
}

/**
 * The managed Argo CD: its kinds come into the cluster, and its role gets an access entry without any right. It runs outside the cluster, so
 * there are no pods; nothing is fetched from Git, so it applies nothing.
 * https://docs.aws.amazon.com/eks/latest/userguide/create-argocd-capability.html
 */
export function capabilityProvider(eks: Eks, world: World): ResourceProvider {
  return {
    type: 'AWS::EKS::Capability',
    modelled: ['ClusterName', 'CapabilityName', 'Type', 'RoleArn', 'Configuration'],
    inert: {
      DeletePropagationPolicy: 'nothing is deleted in a rehearsal',
      Tags: 'tags of capabilities play no part',
    },
    create: (request) => createCapability(eks, world, request),
  };
}

function createCapability(eks: Eks, world: World, { properties, region, account }: ResourceRequest) {
  const cluster = eks.cluster(region, String(properties['ClusterName']));
  const name = String(properties['CapabilityName']);
  const type = String(properties['Type']);
  if (type !== 'ARGOCD') throw new Unmodelled(`The rehearsal does not model the capability ${type}; ARGOCD is.`);
  const roleArn = String(properties['RoleArn']);
  world.iam.assumeByService(roleArn, 'capabilities.eks.amazonaws.com', { 'aws:SourceAccount': account });
  requireIdentityCenter(properties['Configuration'], name);
  installKinds(cluster, argoDefinitions);
  cluster.grantAccess({ principalArn: roleArn, username: undefined, groups: [], policies: [] });
  const arn = `arn:aws:eks:${region}:${account}:capability/${cluster.options.name}/argocd/${name}`;
  return { ref: arn, attributes: { Arn: arn, Status: 'ACTIVE' } };
}

/** People have no other way in: Argo CD's own users are switched off. */
function requireIdentityCenter(configuration: unknown, name: string): void {
  const where = `Configuration of ${name}`;
  assertModelled(configuration, ['ArgoCd'], where);
  const argo = ((configuration ?? {}) as { readonly ArgoCd?: ArgoSettings }).ArgoCd;
  assertModelled(argo, ['Namespace', 'AwsIdc', 'RbacRoleMappings'], `${where}.ArgoCd`);
  assertModelled(argo?.AwsIdc, ['IdcInstanceArn', 'IdcRegion'], `${where}.ArgoCd.AwsIdc`);
  if (!argo?.AwsIdc?.IdcInstanceArn) {
    throw new AwsError('InvalidParameterException', `${where}: awsIdc.idcInstanceArn is required for ARGOCD.`);
  }
}
