import { CustomResource, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { KubernetesObject } from '../kubernetes/object.ts';
import type { TaskFunction } from './task-function.ts';

/** CloudFormation's type of our objects. */
export const kubernetesObjectsType = 'Custom::MainstayKubernetesObjects';

export interface KubernetesObjectsProps {
  /** Applies them: the bundled handler `apply-objects`. */
  readonly provider: TaskFunction;
  readonly clusterName: string;
  /** Applied in this order, removed in the reverse. */
  readonly objects: readonly KubernetesObject[];
}

/**
 * Kubernetes objects as one CloudFormation resource, applied by a function of ours under the platform's field manager, so
 * that a deployment never takes back what a promotion has set. As JSON text: CloudFormation turns numbers and booleans in a
 * custom resource's properties into strings.
 */
export class KubernetesObjects extends Construct {
  readonly resource: CustomResource;

  constructor(scope: Construct, id: string, props: KubernetesObjectsProps) {
    super(scope, id);
    this.resource = new CustomResource(this, 'Objects', {
      resourceType: kubernetesObjectsType,
      serviceToken: props.provider.functionArn,
      properties: {
        ClusterName: props.clusterName,
        // Values that only CloudFormation knows, such as a key's ARN, are filled in within the text.
        Objects: Stack.of(this).toJsonString(props.objects),
        DeliveryOwned: JSON.stringify(deliveryOwned(props.objects)),
      },
    });
    this.resource.node.addDependency(props.provider);
  }
}

/** The objects that the workflows own a part of: images and replicas, the route's rules, the release record. */
function deliveryOwned(objects: readonly KubernetesObject[]): readonly object[] {
  return objects
    .filter(({ kind }) => kind === 'Deployment' || kind === 'HTTPRoute' || kind === 'ConfigMap')
    .map(({ kind, metadata: { namespace, name } }) => ({ kind, namespace, name }));
}
