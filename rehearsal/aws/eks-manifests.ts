import type { KubernetesObject } from '../kubernetes/index.ts';
import type { Eks } from './eks.ts';
import { type DeployedResource, type ResourceProvider, type ResourceRequest, Unmodelled } from './service.ts';

/**
 * `kubectl apply` of a manifest by CDK's handler. Client-side apply of an object that is not there is a creation; over an object that
 * is there it merges by the last-applied annotation, which no app here needs: Unmodelled.
 */
function applyManifest(eks: Eks, request: ResourceRequest): DeployedResource {
  const cluster = eks.cluster(request.region, String(request.properties['ClusterName']));
  const objects = JSON.parse(String(request.properties['Manifest'])) as KubernetesObject[];
  for (const object of objects) {
    const { name, namespace } = object.metadata;
    if (cluster.object(object.kind, namespace, name)) {
      throw new Unmodelled(
        `kubectl apply over ${object.kind} ${namespace ?? ''}/${name}, which exists already: only creations are modelled.`,
      );
    }
    cluster.apply(object, { manager: 'kubectl-client-side-apply' });
  }
  return { ref: `${cluster.options.name}/${request.logicalId}`, attributes: {} };
}

/** `KubernetesManifest` of aws-eks-v2. */
export function manifestProvider(eks: Eks): ResourceProvider {
  return {
    type: 'Custom::AWSCDK-EKS-KubernetesResource',
    modelled: ['ClusterName', 'Manifest'],
    inert: {
      ServiceToken: 'the handler is kubectl in Python; its effect on the cluster is modelled here',
      RoleArn: 'the handler acts as administrator of the cluster',
      PruneLabel: 'nothing is removed from a manifest within a rehearsal',
      Overwrite: 'manifests are applied once',
      SkipValidation: 'every object is validated',
    },
    create: (request) => applyManifest(eks, request),
  };
}
