import { CfnRepositoryCreationTemplate } from 'aws-cdk-lib/aws-ecr';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { EncryptionKey } from '../constructs/encryption-key.ts';
import { acknowledgeWildcards, type Grant, policiesOf } from '../constructs/grant.ts';
import { registryScanning } from '../constructs/registry-scanning.ts';
import type { Environment } from '../environment.ts';
import { lifecyclePolicyText, tagMutability } from '../image-settings.ts';
import { PlatformStack } from './platform-stack.ts';

/**
 * A region that holds copies of the images. ECR makes the replica repositories itself, at the first push; the template gives
 * them the settings of the originals, under a key of this region.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html
 */
export class ImagesReplicaStack extends PlatformStack {
  constructor(scope: Construct, environment: Environment, region: string) {
    const platform = environment.definition;
    super(scope, {
      environment,
      region,
      part: `ImagesReplica-${region}`,
      owner: platform.name,
      description: `${platform.title}: settings of the image repositories that replication makes in ${region}`,
    });
    const key = new EncryptionKey(this, 'Key', {
      alias: `mainstay/${platform.name}/images`,
      description: `Images of ${platform.name} in ${region}`,
    });
    new CfnRepositoryCreationTemplate(this, 'Template', {
      prefix: platform.name,
      appliedFor: ['REPLICATION'],
      description: `Replicas of ${platform.name}`,
      customRoleArn: this.creationRole(platform.name, key).roleArn,
      encryptionConfiguration: { encryptionType: 'KMS', kmsKey: key.keyArn },
      ...tagMutability(platform),
      lifecyclePolicy: lifecyclePolicyText(platform),
    });
    registryScanning(this, platform);
  }

  /**
   * Needed because the template names a key.
   * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-iam.html
   */
  private creationRole(prefix: string, key: Key): Role {
    const grants: Record<string, readonly Grant[]> = {
      Create: [
        {
          actions: ['ecr:CreateRepository', 'ecr:ReplicateImage', 'ecr:TagResource'],
          resources: [`arn:aws:ecr:${this.region}:${this.account}:repository/${prefix}/*`],
          because: 'replicaRepositories',
        },
        { actions: ['kms:CreateGrant', 'kms:RetireGrant', 'kms:DescribeKey'], resources: [key.keyArn] },
      ],
    };
    const role = new Role(this, 'CreationRole', {
      assumedBy: new ServicePrincipal('ecr.amazonaws.com'),
      description: 'ECR makes replica repositories with it',
      inlinePolicies: policiesOf(grants),
    });
    acknowledgeWildcards(role, grants);
    return role;
  }
}
