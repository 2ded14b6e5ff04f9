import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { aeon } from '../../../platforms/aeon.ts';
import { propertiesWhere, templates } from '../synthesized.ts';

const all = templates();
const images = all['AeonImages'];

interface LifecycleRule {
  readonly selection: Record<string, unknown>;
  readonly action: Record<string, unknown>;
}

function lifecycleOf(repository: string, template = images): LifecycleRule[] {
  const { LifecyclePolicy } = propertiesWhere(template, 'AWS::ECR::Repository', 'RepositoryName', repository);
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

  it('keep an image as long as its stage says, counted from the last pull', () => {
    const kept = lifecycleOf('aeon/aeon-dt-api').map(({ selection }) => [
      selection['tagPatternList'],
      selection['countType'],
      selection['countNumber'],
    ]);
    expect(kept).toEqual([
      [undefined, 'sinceImagePushed', 7],
      [['aeon-dt-api-development-*-*'], 'sinceImagePulled', 30],
      [['aeon-dt-api-staging-*-*'], 'sinceImagePulled', 90],
      [['aeon-dt-api-production-*-*'], 'sinceImagePulled', 365],
      [undefined, 'sinceImageTransitioned', 90],
    ]);
  });

  it('never expire an image by its last pull at once: ECR allows only to archive it', () => {
    for (const { selection, action } of lifecycleOf('aeon/aeon-dt-api')) {
      if (selection['countType'] === 'sinceImagePulled') {
        expect(action).toEqual({ type: 'transition', targetStorageClass: 'archive' });
      }
    }
  });

  it('keep every tagged image as long as the longest stage when the tag does not name its stage', () => {
    const byCommit = { ...aeon, images: { ...aeon.images, tagConvention: '{commit}' } };
    const [, kept] = lifecycleOf('aeon/aeon-dt-api', templates('production', byCommit)['AeonImages']);
    expect(kept?.selection).toEqual({
      tagStatus: 'tagged',
      tagPatternList: ['*'],
      countType: 'sinceImagePulled',
      countUnit: 'days',
      countNumber: 365,
    });
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
      LifecyclePolicy: Match.stringLikeRegexp('\\*-production-\\*-\\*'),
      CustomRoleArn: Match.anyValue(),
    });
  });

  it('are one set for all stages: the staging app deploys the very same stack', () => {
    expect(templates('staging')['AeonImages']?.toJSON()).toEqual(images?.toJSON());
  });
});
