import { describe, expect, it } from 'vitest';
import type { Ecr } from '../../../rehearsal/aws/ecr.ts';
import type { Push } from '../../../rehearsal/aws/ecr-images.ts';
import { account } from '../assembly/small-assembly.ts';
import { minute, type ServicesWorld, servicesWorld } from './services-world.ts';
import { role } from './small-world.ts';

const repositoryName = 'shop/web';
const repository = (properties: object = {}) => ({
  Type: 'AWS::ECR::Repository',
  Properties: { RepositoryName: repositoryName, ImageTagMutability: 'IMMUTABLE', ...properties },
});
const replication = {
  Type: 'AWS::ECR::ReplicationConfiguration',
  Properties: {
    ReplicationConfiguration: {
      Rules: [
        {
          Destinations: [{ Region: 'us-west-2', RegistryId: account }],
          RepositoryFilters: [{ Filter: 'shop/', FilterType: 'PREFIX_MATCH' }],
        },
      ],
    },
  },
};
const scanning = (scanType: string) => ({
  Type: 'AWS::ECR::RegistryScanningConfiguration',
  Properties: {
    ScanType: scanType,
    Rules: [{ ScanFrequency: 'SCAN_ON_PUSH', RepositoryFilters: [{ Filter: 'shop/*', FilterType: 'WILDCARD' }] }],
  },
});
const findings: Push['findings'] = [
  { name: 'CVE-2026-1', severity: 'CRITICAL', fixAvailable: 'YES', package: 'openssl' },
  { name: 'CVE-2026-2', severity: 'HIGH', fixAvailable: 'NO' },
  { name: 'CVE-2026-3', severity: 'HIGH', fixAvailable: 'NO' },
];
const shop = (resources: object = {}) =>
  servicesWorld({
    name: 'Small',
    resources: { Repository: repository(), Replication: replication, Scanning: scanning('ENHANCED'), ...resources },
  });
const push = (world: ServicesWorld, change: Partial<Push> = {}) =>
  world.service<Ecr>('ecr').pushImage('us-east-1', { repository: repositoryName, tag: 'v1', ...change });
const describeFindings = (world: ServicesWorld, imageId: object) =>
  world.ask('ecr', 'DescribeImageScanFindings', { repositoryName, imageId });
const replicationOf = async (world: ServicesWorld) =>
  (await world.ask('ecr', 'DescribeImageReplicationStatus', { repositoryName, imageId: { imageTag: 'v1' } }))[
    'replicationStatuses'
  ];

describe('a pushed image', () => {
  it('is found by tag and digest, and by what a pod names', async () => {
    const world = await shop();
    const digest = push(world, { sizeBytes: 120_000_000 });
    const { imageDetails } = await world.ask('ecr', 'DescribeImages', {
      repositoryName,
      imageIds: [{ imageTag: 'v1' }],
    });
    expect(imageDetails).toMatchObject([
      { imageDigest: digest, imageTags: ['v1'], imageSizeInBytes: 120_000_000, imageScanStatus: { status: 'PENDING' } },
    ]);
    const ecr = world.service<Ecr>('ecr');
    expect(ecr.hasImage('us-east-1', repositoryName, digest)).toBe(true);
    expect(ecr.imageDigest(`${account}.dkr.ecr.us-east-1.amazonaws.com/shop/web:v1`)).toBe(digest);
    expect(ecr.imageDigest(`${account}.dkr.ecr.us-east-1.amazonaws.com/shop/web@${digest}`)).toBe(digest);
    expect(ecr.imageDigest(`${account}.dkr.ecr.us-west-2.amazonaws.com/shop/web@${digest}`)).toBeUndefined();
    expect(
      world.rehearsal.log.events.at(-1)?.kind === 'image.pushed' ||
        world.rehearsal.log.events.some((event) => event.kind === 'image.pushed'),
    ).toBe(true);
  });

  it('cannot take over an immutable tag, but an excepted one', async () => {
    const world = await servicesWorld({
      name: 'Small',
      resources: {
        Repository: repository({
          ImageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
          ImageTagMutabilityExclusionFilters: [
            { ImageTagMutabilityExclusionFilterType: 'WILDCARD', ImageTagMutabilityExclusionFilterValue: 'cache-*' },
          ],
        }),
      },
    });
    const first = `sha256:${'1'.repeat(64)}`;
    const second = `sha256:${'2'.repeat(64)}`;
    push(world, { digest: first });
    expect(() => push(world, { digest: second })).toThrow("The image tag 'v1' already exists");
    push(world, { tag: 'cache-main', digest: first });
    push(world, { tag: 'cache-main', digest: second });
    const { imageDetails } = await world.ask('ecr', 'DescribeImages', {
      repositoryName,
      imageIds: [{ imageDigest: first }],
    });
    expect(imageDetails[0]['imageTags']).toEqual(['v1']);
  });

  it('reaches the other regions after a while, into a repository that replication makes', async () => {
    const world = await shop();
    const digest = push(world);
    expect(await replicationOf(world)).toEqual([{ region: 'us-west-2', registryId: account, status: 'IN_PROGRESS' }]);
    expect(world.service<Ecr>('ecr').hasImage('us-west-2', repositoryName, digest)).toBe(false);
    await world.wait(2 * minute);
    expect(await replicationOf(world)).toEqual([{ region: 'us-west-2', registryId: account, status: 'COMPLETE' }]);
    expect(world.service<Ecr>('ecr').hasImage('us-west-2', repositoryName, digest)).toBe(true);
  });

  it.each([
    ['fail', 'FAILED'],
    ['stall', 'IN_PROGRESS'],
  ] as const)('can be made to %s on its way', async (trouble, status) => {
    const world = await shop();
    push(world, { replication: { 'us-west-2': trouble } });
    await world.wait(60 * minute);
    expect(await replicationOf(world)).toMatchObject([{ status }]);
  });

  it('gets its replica’s settings from the creation template, when the template’s role may make it', async () => {
    const template = (policy: string[]) => ({
      name: 'Replica',
      region: 'us-west-2',
      resources: {
        Role: role('creation', 'ecr.amazonaws.com', [{ Action: policy, Resource: '*' }]),
        Template: {
          Type: 'AWS::ECR::RepositoryCreationTemplate',
          Properties: {
            Prefix: 'shop',
            AppliedFor: ['REPLICATION'],
            ImageTagMutability: 'IMMUTABLE',
            CustomRoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
          },
        },
      },
    });
    const main = { name: 'Small', resources: { Repository: repository(), Replication: replication } };
    const allowed = await servicesWorld(
      main,
      template(['ecr:CreateRepository', 'ecr:ReplicateImage', 'ecr:TagResource']),
    );
    push(allowed);
    await allowed.wait(2 * minute);
    expect(
      allowed.service<Ecr>('ecr').registry.repository('us-west-2', repositoryName).settings.tagMutability.mode,
    ).toBe('IMMUTABLE');
    const denied = await servicesWorld(main, template(['ecr:CreateRepository']));
    push(denied);
    await denied.wait(2 * minute);
    expect(await replicationOf(denied)).toMatchObject([{ status: 'FAILED' }]);
  });
});

describe('a scan', () => {
  it('ends ACTIVE with Inspector’s findings, counted by severity', async () => {
    const world = await shop();
    push(world, { findings });
    const early = await describeFindings(world, { imageTag: 'v1' });
    expect(early['imageScanStatus']['status']).toBe('PENDING');
    expect(early['imageScanFindings']).toBeUndefined();
    await world.wait(minute);
    const late = await describeFindings(world, { imageTag: 'v1' });
    expect(late['imageScanStatus']['status']).toBe('ACTIVE');
    expect(late['imageScanFindings']['findingSeverityCounts']).toEqual({ CRITICAL: 1, HIGH: 2 });
    expect(late['imageScanFindings']['enhancedFindings'][0]).toMatchObject({
      severity: 'CRITICAL',
      fixAvailable: 'YES',
      packageVulnerabilityDetails: { vulnerabilityId: 'CVE-2026-1' },
    });
  });

  it('of the basic kind ends COMPLETE and tells of no fixes', async () => {
    const world = await shop({ Scanning: scanning('BASIC') });
    push(world, { findings });
    await world.wait(minute);
    const answer = await describeFindings(world, { imageTag: 'v1' });
    expect(answer['imageScanStatus']['status']).toBe('COMPLETE');
    expect(answer['imageScanFindings']['findings'][0]).toEqual({
      name: 'CVE-2026-1',
      severity: 'CRITICAL',
      attributes: [{ key: 'package_name', value: 'openssl' }],
    });
    expect(answer['imageScanFindings']['enhancedFindings']).toBeUndefined();
  });

  it('is of each architecture’s image, never of their index', async () => {
    const world = await shop();
    const index = push(world, { architectures: ['amd64', 'arm64'], findings });
    await world.wait(minute);
    await expect(describeFindings(world, { imageDigest: index })).rejects.toMatchObject({
      name: 'ScanNotFoundException',
    });
    const { images } = await world.ask('ecr', 'BatchGetImage', { repositoryName, imageIds: [{ imageTag: 'v1' }] });
    const { manifests } = JSON.parse(images[0]['imageManifest']);
    expect(manifests.map(({ platform }: { platform: object }) => platform)).toEqual([
      { architecture: 'amd64', os: 'linux' },
      { architecture: 'arm64', os: 'linux' },
    ]);
    for (const { digest } of manifests) {
      expect(
        (await describeFindings(world, { imageDigest: digest }))['imageScanFindings']['findingSeverityCounts'],
      ).toEqual({ CRITICAL: 1, HIGH: 2 });
    }
  });

  it('can be missing, and is missing where no rule asks for it', async () => {
    const world = await shop();
    push(world, { scan: 'missing' });
    await expect(describeFindings(world, { imageTag: 'v1' })).rejects.toMatchObject({ name: 'ScanNotFoundException' });
    const unscanned = await servicesWorld({ name: 'Small', resources: { Repository: repository() } });
    push(unscanned);
    await expect(describeFindings(unscanned, { imageTag: 'v1' })).rejects.toMatchObject({
      name: 'ScanNotFoundException',
    });
  });
});

describe('refusals', () => {
  it('name what is missing as ECR does', async () => {
    const world = await shop();
    await expect(
      world.ask('ecr', 'DescribeImages', { repositoryName, imageIds: [{ imageTag: 'v9' }] }),
    ).rejects.toMatchObject({ name: 'ImageNotFoundException' });
    await expect(world.ask('ecr', 'DescribeImages', { repositoryName: 'shop/gone' })).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
    });
    const { failures } = await world.ask('ecr', 'BatchGetImage', { repositoryName, imageIds: [{ imageTag: 'v9' }] });
    expect(failures).toMatchObject([{ failureCode: 'ImageNotFound' }]);
  });

  it.each([
    ['text that is no JSON', '{', 'is not JSON'],
    [
      'a pull count that expires',
      JSON.stringify({
        rules: [
          {
            rulePriority: 1,
            selection: { tagStatus: 'any', countType: 'sinceImagePulled', countUnit: 'days', countNumber: 5 },
            action: { type: 'expire' },
          },
        ],
      }),
      'sinceImagePulled can only transition',
    ],
    [
      'tagged without tags',
      JSON.stringify({
        rules: [
          {
            rulePriority: 1,
            selection: { tagStatus: 'tagged', countType: 'imageCountMoreThan', countNumber: 5 },
            action: { type: 'expire' },
          },
        ],
      }),
      'needs either tagPrefixList or tagPatternList',
    ],
  ])('meet a lifecycle policy with %s', async (_case, text, message) => {
    const resources = { Repository: repository({ LifecyclePolicy: { LifecyclePolicyText: text } }) };
    await expect(servicesWorld({ name: 'Small', resources })).rejects.toThrow(message);
  });

  it('meet a pull-through cache and another account', async () => {
    const cache = { Type: 'AWS::ECR::PullThroughCacheRule', Properties: {} };
    await expect(servicesWorld({ name: 'Small', resources: { Cache: cache } })).rejects.toThrow(
      'pull-through caches are not modelled',
    );
    const abroad = structuredClone(replication);
    for (const rule of abroad.Properties.ReplicationConfiguration.Rules)
      for (const destination of rule.Destinations) destination.RegistryId = '222222222222';
    await expect(servicesWorld({ name: 'Small', resources: { Replication: abroad } })).rejects.toThrow('222222222222');
  });
});

describe('a deletion', () => {
  const remove = (world: ServicesWorld, ...imageIds: object[]) =>
    world.ask('ecr', 'BatchDeleteImage', { repositoryName, imageIds });
  const listed = async (world: ServicesWorld) =>
    ((await world.ask('ecr', 'ListImages', { repositoryName }))['imageIds'] as { imageTag?: string }[]).map(
      ({ imageTag }) => imageTag ?? 'untagged',
    );

  it('by digest takes the image with all its tags; what is gone is a failure, not an error', async () => {
    const world = await shop();
    const imageDigest = push(world);
    push(world, { tag: 'v2', digest: imageDigest });
    expect(await listed(world)).toEqual(['v1', 'v2']);
    expect(await remove(world, { imageDigest })).toMatchObject({ imageIds: [{ imageDigest }], failures: [] });
    expect(await listed(world)).toEqual([]);
    expect(await remove(world, { imageDigest })).toMatchObject({ failures: [{ failureCode: 'ImageNotFound' }] });
  });

  it('by tag takes the tag, and the image with the last', async () => {
    const world = await shop();
    const imageDigest = push(world);
    push(world, { tag: 'v2', digest: imageDigest });
    await remove(world, { imageTag: 'v1' });
    expect(await listed(world)).toEqual(['v2']);
    await remove(world, { imageTag: 'v2' });
    expect(await listed(world)).toEqual([]);
  });

  it('refuses a part of an index while the index is there', async () => {
    const world = await shop();
    const index = push(world, { architectures: ['amd64', 'arm64'] });
    const part = [...world.service<Ecr>('ecr').registry.repository('us-east-1', repositoryName).images.keys()][0];
    expect(await remove(world, { imageDigest: part })).toMatchObject({
      failures: [{ failureCode: 'ImageReferencedByManifestList' }],
    });
    await remove(world, { imageDigest: index });
    expect(await remove(world, { imageDigest: part })).toMatchObject({ failures: [] });
  });

  it('is not replicated, and takes a hundred at most', async () => {
    const world = await shop();
    const imageDigest = push(world);
    await world.wait(30 * minute);
    await remove(world, { imageDigest });
    expect(world.service<Ecr>('ecr').hasImage('us-west-2', repositoryName, imageDigest)).toBe(true);
    const many = Array.from({ length: 101 }, (_, number) => ({ imageTag: `v${number}` }));
    await expect(remove(world, ...many)).rejects.toThrow('1 to 100');
  });

  it('is paged through by its list', async () => {
    const world = await shop();
    for (const tag of ['v1', 'v2', 'v3']) push(world, { tag });
    const first = await world.ask('ecr', 'DescribeImages', { repositoryName, maxResults: 2 });
    const second = await world.ask('ecr', 'DescribeImages', {
      repositoryName,
      maxResults: 2,
      nextToken: first['nextToken'],
    });
    expect([(first['imageDetails'] as unknown[]).length, (second['imageDetails'] as unknown[]).length]).toEqual([2, 1]);
    await expect(world.ask('ecr', 'DescribeImages', { repositoryName, maxResults: 1001 })).rejects.toThrow('1 to 1000');
  });
});
