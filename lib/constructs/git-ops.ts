import { CfnOutput, Stack } from 'aws-cdk-lib';
import { CfnCapability } from 'aws-cdk-lib/aws-eks-v2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { StagedPlatform } from '../../platforms/stage.ts';
import { argoNamespace } from '../kubernetes/git-ops.ts';

export interface GitOpsProps {
  readonly gitOps: NonNullable<StagedPlatform['cluster']['gitOps']>;
  readonly clusterName: string;
  readonly environmentName: string;
}

/** Argo CD as EKS runs it. Its role has no right of AWS: a public repository, or one whose credentials a person gives it, needs none. */
export class GitOps extends Construct {
  readonly capability: CfnCapability;

  constructor(scope: Construct, id: string, { gitOps, clusterName, environmentName }: GitOpsProps) {
    super(scope, id);
    const { region, account } = Stack.of(this);
    // https://docs.aws.amazon.com/eks/latest/userguide/capability-role.html
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('capabilities.eks.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }).withSessionTags(),
      description: `Argo CD of ${environmentName}`,
    });
    this.capability = new CfnCapability(this, 'Argo', {
      capabilityName: 'argocd',
      clusterName,
      type: 'ARGOCD',
      roleArn: role.roleArn,
      // What Argo CD applied stays when the capability goes.
      deletePropagationPolicy: 'RETAIN',
      configuration: {
        argoCd: {
          namespace: argoNamespace,
          awsIdc: { idcInstanceArn: gitOps.identityCenter.instanceArn, idcRegion: gitOps.identityCenter.region },
          rbacRoleMappings: [
            {
              role: 'ADMIN',
              identities: gitOps.administratorGroups.map((group) => ({ id: group, type: 'SSO_GROUP' })),
            },
          ],
        },
      },
    });
    // EKS makes the role's access entry itself, without rights, and CloudFormation can't add to it.
    new CfnOutput(this, 'Access', {
      value: `aws eks associate-access-policy --region ${region} --cluster-name ${clusterName} --principal-arn ${role.roleArn} --policy-arn arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy --access-scope type=namespace,namespaces=${environmentName}`,
      description: 'Once: what Argo CD may change',
    });
  }
}
