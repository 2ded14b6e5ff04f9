import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import { CfnReplicationConfiguration, CfnRepository } from 'aws-cdk-lib/aws-ecr';
import type { Construct } from 'constructs';
import { repositoryName } from '../../domain/names.ts';
import { EncryptionKey } from '../constructs/encryption-key.ts';
import { registryScanning } from '../constructs/registry-scanning.ts';
import { type Environment, pascalCase } from '../environment.ts';
import { lifecyclePolicyText, tagMutability } from '../image-settings.ts';
import { PlatformStack } from './platform-stack.ts';

/**
 * The platform's repositories, one a service for all stages (a tag carries its stage), replicated to every region that must
 * hold an image. Named after the platform: each stage deploys the same stack.
 */
export class ImagesStack extends PlatformStack {
  constructor(scope: Construct, environment: Environment) {
    const platform = environment.definition;
    const primary = platform.regions.primary.name;
    super(scope, {
      environment,
      region: primary,
      part: 'Images',
      owner: platform.name,
      description: `${platform.title}: image repositories of all stages, replicated to ${platform.regions.images.join(', ')}`,
    });
    const encryptionKey = new EncryptionKey(this, 'Key', {
      alias: `mainstay/${platform.name}/images`,
      description: `Images of ${platform.name}`,
    });
    for (const { name } of platform.images.repositories) {
      const repository = new CfnRepository(this, pascalCase(name), {
        repositoryName: repositoryName(platform.name, name),
        ...tagMutability(platform),
        encryptionConfiguration: { encryptionType: 'KMS', kmsKey: encryptionKey.keyArn },
        imageScanningConfiguration: { scanOnPush: platform.images.scan.onPush },
        lifecyclePolicy: { lifecyclePolicyText: lifecyclePolicyText(platform) },
      });
      repository.applyRemovalPolicy(RemovalPolicy.RETAIN);
    }
    registryScanning(this, platform);
    this.replicateTo(replicaRegions(environment), platform.name);
    new CfnOutput(this, 'Registry', {
      value: `${environment.account}.dkr.ecr.${primary}.amazonaws.com/${platform.name}`,
      description: 'Push images here, tagged by the platform’s convention',
    });
  }

  private replicateTo(regions: readonly string[], prefix: string): void {
    if (regions.length === 0) return;
    new CfnReplicationConfiguration(this, 'Replication', {
      replicationConfiguration: {
        rules: [
          {
            destinations: regions.map((region) => ({ region, registryId: this.account })),
            repositoryFilters: [{ filter: `${prefix}/`, filterType: 'PREFIX_MATCH' }],
          },
        ],
      },
    });
  }
}

/** Regions that hold copies of the images: all listed but the primary. */
export function replicaRegions(environment: Environment): readonly string[] {
  const { images, primary } = environment.definition.regions;
  return images.filter((region) => region !== primary.name);
}
