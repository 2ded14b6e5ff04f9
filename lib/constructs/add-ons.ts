import { Stack } from 'aws-cdk-lib';
import { CfnAddon } from 'aws-cdk-lib/aws-eks-v2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type AcknowledgementName, acknowledge } from '../checks/acknowledgements.ts';
import { pascalCase } from '../environment.ts';
import { type Grant, policiesOf } from './grant.ts';
import { allowSessionTags } from './load-balancer-controller.ts';

/** How an add-on that calls AWS does it: its service account, with AWS's own policy for it. */
interface Identity {
  readonly serviceAccount: string;
  readonly managedPolicy: string;
  readonly acknowledged: AcknowledgementName;
  /** Rights beside AWS's policy. */
  readonly grants?: (props: AddOnsProps) => readonly Grant[];
}

const identities: Readonly<Record<string, Identity>> = {
  'vpc-cni': {
    serviceAccount: 'aws-node',
    managedPolicy: 'AmazonEKS_CNI_Policy',
    acknowledged: 'networkInterfaceAddOn',
  },
  'aws-ebs-csi-driver': {
    serviceAccount: 'ebs-csi-controller-sa',
    // Of the two that AWS keeps, the one that is limited to volumes and snapshots that the driver itself has made.
    // https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEBSCSIDriverPolicyV2.html
    managedPolicy: 'AmazonEBSCSIDriverPolicyV2',
    acknowledged: 'volumeAddOn',
    grants: ({ volumesKeyArn }) => volumeKeyGrants(volumesKeyArn),
  },
};

/** Mounts secrets and parameters as files, for pods with an identity. https://docs.aws.amazon.com/eks/latest/userguide/manage-secrets.html */
const secretsAddOn = 'aws-secrets-store-csi-driver-provider';

/**
 * `vpc-cni`: without it NetworkPolicy objects have no effect. https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html
 * The secrets' files stay as they were mounted: a rotation restarts its consumers, and a file that changes under a running
 * process helps none that has read it already.
 */
const configuration: Readonly<Record<string, object>> = {
  'vpc-cni': { enableNetworkPolicy: 'true' },
  [secretsAddOn]: { 'secrets-store-csi-driver': { enableSecretRotation: false, syncSecret: { enabled: false } } },
};

/**
 * EC2 encrypts and attaches volumes under a key of ours on behalf of the driver.
 * https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html, 'Step 1: Create an IAM role'
 */
function volumeKeyGrants(keyArn: string): Grant[] {
  return [
    {
      actions: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
      resources: [keyArn],
      conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    },
    {
      actions: [
        'kms:Encrypt',
        'kms:Decrypt',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:DescribeKey',
      ],
      resources: [keyArn],
    },
  ];
}

export interface AddOnsProps {
  readonly clusterName: string;
  /** As the platform lists them. The pod identity agent and the secrets' driver are always added: services need them. */
  readonly addOns: readonly string[];
  readonly volumesKeyArn: string;
}

/** EKS add-ons, each with no more rights than its pod identity. EKS chooses the default version for the cluster's Kubernetes. */
export class AddOns extends Construct {
  /** What nodes need to become ready; the others need nodes. */
  readonly beforeNodes: CfnAddon[] = [];
  readonly afterNodes: CfnAddon[] = [];

  constructor(scope: Construct, id: string, props: AddOnsProps) {
    super(scope, id);
    const beforeNodes = new Set(['vpc-cni', 'kube-proxy', 'eks-pod-identity-agent']);
    for (const name of ['eks-pod-identity-agent', ...props.addOns, secretsAddOn]) {
      const addOn = this.addOn(name, props);
      (beforeNodes.has(name) ? this.beforeNodes : this.afterNodes).push(addOn);
    }
  }

  private addOn(name: string, props: AddOnsProps): CfnAddon {
    const identity = identities[name];
    const settings = configuration[name];
    return new CfnAddon(this, pascalCase(name), {
      clusterName: props.clusterName,
      addonName: name,
      // Ours win over what is changed by hand.
      resolveConflicts: 'OVERWRITE',
      ...(settings ? { configurationValues: JSON.stringify(settings) } : {}),
      ...(identity
        ? {
            podIdentityAssociations: [
              { serviceAccount: identity.serviceAccount, roleArn: this.role(name, identity, props).roleArn },
            ],
          }
        : {}),
    });
  }

  private role(name: string, identity: Identity, props: AddOnsProps): Role {
    const grants = identity.grants?.(props) ?? [];
    const role = new Role(this, `${pascalCase(name)}Role`, {
      assumedBy: new ServicePrincipal('pods.eks.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: `EKS add-on ${name}`,
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName(identity.managedPolicy)],
      inlinePolicies: policiesOf({ Key: grants }),
    });
    allowSessionTags(role);
    acknowledge(role, identity.acknowledged);
    return role;
  }
}
