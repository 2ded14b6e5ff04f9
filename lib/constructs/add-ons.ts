import { Stack } from 'aws-cdk-lib';
import { CfnAddon } from 'aws-cdk-lib/aws-eks-v2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type AcknowledgementName, acknowledge } from '../checks/acknowledgements.ts';
import { pascalCase } from '../environment.ts';
import { allowSessionTags } from './load-balancer-controller.ts';

/** How an add-on that calls AWS does it: its service account, with AWS's own policy for it. */
interface Identity {
  readonly serviceAccount: string;
  readonly managedPolicy: string;
  readonly acknowledged: AcknowledgementName;
}

const identities: Readonly<Record<string, Identity>> = {
  'vpc-cni': {
    serviceAccount: 'aws-node',
    managedPolicy: 'AmazonEKS_CNI_Policy',
    acknowledged: 'networkInterfaceAddOn',
  },
  'aws-ebs-csi-driver': {
    serviceAccount: 'ebs-csi-controller-sa',
    managedPolicy: 'service-role/AmazonEBSCSIDriverPolicy',
    acknowledged: 'volumeAddOn',
  },
};

/** Without it NetworkPolicy objects have no effect. https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html */
const configuration: Readonly<Record<string, object>> = {
  'vpc-cni': { enableNetworkPolicy: 'true' },
};

export interface AddOnsProps {
  readonly clusterName: string;
  /** As the platform lists them. The pod identity agent is always added: identities need it. */
  readonly addOns: readonly string[];
}

/** EKS add-ons, each with no more rights than its pod identity. EKS chooses the default version for the cluster's Kubernetes. */
export class AddOns extends Construct {
  /** What nodes need to become ready; the others need nodes. */
  readonly beforeNodes: CfnAddon[] = [];
  readonly afterNodes: CfnAddon[] = [];

  constructor(scope: Construct, id: string, props: AddOnsProps) {
    super(scope, id);
    const beforeNodes = new Set(['vpc-cni', 'kube-proxy', 'eks-pod-identity-agent']);
    for (const name of ['eks-pod-identity-agent', ...props.addOns]) {
      const addOn = this.addOn(name, props.clusterName);
      (beforeNodes.has(name) ? this.beforeNodes : this.afterNodes).push(addOn);
    }
  }

  private addOn(name: string, clusterName: string): CfnAddon {
    const identity = identities[name];
    const settings = configuration[name];
    return new CfnAddon(this, pascalCase(name), {
      clusterName,
      addonName: name,
      // Ours win over what is changed by hand.
      resolveConflicts: 'OVERWRITE',
      ...(settings ? { configurationValues: JSON.stringify(settings) } : {}),
      ...(identity
        ? {
            podIdentityAssociations: [
              { serviceAccount: identity.serviceAccount, roleArn: this.role(name, identity).roleArn },
            ],
          }
        : {}),
    });
  }

  private role(name: string, identity: Identity): Role {
    const role = new Role(this, `${pascalCase(name)}Role`, {
      assumedBy: new ServicePrincipal('pods.eks.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: `EKS add-on ${name}`,
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName(identity.managedPolicy)],
    });
    allowSessionTags(role);
    acknowledge(role, identity.acknowledged);
    return role;
  }
}
