import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { propertiesWhere, templates } from '../synthesized.ts';

const all = templates();
const images = all['AeonImages'];

function lifecycleOf(repository: string): unknown[] {
  const { LifecyclePolicy } = propertiesWhere(images, 'AWS::ECR::Repository', 'RepositoryName', repository);
  return JSON.parse((LifecyclePolicy as { LifecyclePolicyText: string }).LifecyclePolicyText).rules;
}

describe('image repositories', () => {
  it('are immutable but for the tags that the platform lets move, and under a key of ours', () => {
    for (const name of ['aeon/aeon-dt-api', 'aeon/aeon-dt-worker', 'aeon/aeon-dt-openspg', 'aeon/aeon-dt-backup']) {
      images?.hasResourceProperties('AWS::ECR::Repository', {
        RepositoryName: name,
        ImageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        ImageTagMutabilityExclusionFilters: [
          { ImageTagMutabilityExclusionFilterType: 'WILDCARD', ImageTagMutabilityExclusionFilterValue: 'dev-latest' },
        ],
        EncryptionConfiguration: { EncryptionType: 'KMS', KmsKey: Match.anyValue() },
        ImageScanningConfiguration: { ScanOnPush: true },
      });
    }
    images?.resourceCountIs('AWS::ECR::Repository', 4);
  });

  it('let ECR itself delete nothing that has a tag: no rule of its can know what runs', () => {
    expect(lifecycleOf('aeon/aeon-dt-api')).toEqual([
      {
        rulePriority: 1,
        description: 'Without a tag: 7 days after the push',
        selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 7 },
        action: { type: 'expire' },
      },
    ]);
  });

  it('are replicated to both other regions', () => {
    images?.hasResourceProperties('AWS::ECR::ReplicationConfiguration', {
      ReplicationConfiguration: {
        Rules: [
          {
            Destinations: [
              { Region: 'us-west-2', RegistryId: '111111111111' },
              { Region: 'eu-west-1', RegistryId: '111111111111' },
            ],
            RepositoryFilters: [{ Filter: 'aeon/', FilterType: 'PREFIX_MATCH' }],
          },
        ],
      },
    });
  });

  it.each(['AeonImages', 'AeonImagesReplica-us-west-2', 'AeonImagesReplica-eu-west-1'])(
    'are scanned all the time in %s',
    (stack) => {
      all[stack]?.hasResourceProperties('AWS::ECR::RegistryScanningConfiguration', {
        ScanType: 'ENHANCED',
        Rules: [
          { ScanFrequency: 'CONTINUOUS_SCAN', RepositoryFilters: [{ Filter: 'aeon/*', FilterType: 'WILDCARD' }] },
        ],
      });
    },
  );

  it.each(['us-west-2', 'eu-west-1'])('have the same settings in %s, under a key of that region', (region) => {
    const replica = all[`AeonImagesReplica-${region}`];
    replica?.hasResourceProperties('AWS::ECR::RepositoryCreationTemplate', {
      Prefix: 'aeon',
      AppliedFor: ['REPLICATION'],
      ImageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      EncryptionConfiguration: { EncryptionType: 'KMS', KmsKey: Match.anyValue() },
      LifecyclePolicy: Match.serializedJson({ rules: lifecycleOf('aeon/aeon-dt-api') }),
      CustomRoleArn: Match.anyValue(),
    });
  });

  it('are one set for all stages: the staging app deploys the very same stack', () => {
    expect(templates('staging')['AeonImages']?.toJSON()).toEqual(images?.toJSON());
  });
});
