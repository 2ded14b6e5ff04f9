import type { ISubnet } from 'aws-cdk-lib/aws-ec2';
import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { CfnNodegroup } from 'aws-cdk-lib/aws-eks-v2';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { NodeGroup as NodeGroupDefinition } from '../../platforms/schema.ts';

export interface NodeGroupProps {
  readonly definition: NodeGroupDefinition;
  readonly environmentName: string;
  readonly clusterName: string;
  readonly nodeRole: Role;
  readonly subnets: readonly ISubnet[];
}

/** A managed node group: Amazon Linux 2023, encrypted gp3 disk, IMDSv2 out of the pods' reach. */
export class NodeGroup extends Construct {
  readonly resource: CfnNodegroup;

  constructor(scope: Construct, id: string, props: NodeGroupProps) {
    super(scope, id);
    const { definition, environmentName } = props;
    const template = this.launchTemplate(definition, environmentName);
    this.resource = new CfnNodegroup(this, 'Group', {
      clusterName: props.clusterName,
      nodegroupName: definition.name,
      nodeRole: props.nodeRole.roleArn,
      subnets: props.subnets.map((subnet) => subnet.subnetId),
      amiType: 'AL2023_x86_64_STANDARD',
      capacityType: definition.purchase === 'spot' ? 'SPOT' : 'ON_DEMAND',
      instanceTypes: [...definition.instanceTypes],
      scalingConfig: {
        minSize: definition.capacity.minimum,
        desiredSize: definition.capacity.desired,
        maxSize: definition.capacity.maximum,
      },
      launchTemplate: { id: template.ref, version: template.attrLatestVersionNumber },
      labels: { ...definition.labels },
      taints: definition.taints.map((taint) => ({ ...taint })),
      updateConfig: { maxUnavailable: 1 },
      nodeRepairConfig: { enabled: true },
    });
  }

  private launchTemplate(definition: NodeGroupDefinition, environmentName: string): CfnLaunchTemplate {
    return new CfnLaunchTemplate(this, 'LaunchTemplate', {
      launchTemplateName: `${environmentName}-${definition.name}`,
      launchTemplateData: {
        blockDeviceMappings: [
          {
            deviceName: '/dev/xvda',
            // Under EBS's own key: one of ours would need a grant for the account's Auto Scaling role, which a new account lacks.
            ebs: {
              volumeType: 'gp3',
              volumeSize: definition.diskGibibytes,
              encrypted: true,
              deleteOnTermination: true,
            },
          },
        ],
        // One hop: a pod has its own identity and no way to the node's.
        metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
        monitoring: { enabled: true },
        tagSpecifications: ['instance', 'volume'].map((resourceType) => ({
          resourceType,
          tags: [
            { key: 'Name', value: `${environmentName}-${definition.name}` },
            { key: 'mainstay:environment', value: environmentName },
          ],
        })),
      },
    });
  }
}
