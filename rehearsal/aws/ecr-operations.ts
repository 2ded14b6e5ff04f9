import { listOperations } from './ecr-deletion.ts';
import { type Finding, findImage, type Repository, type StoredImage } from './ecr-images.ts';
import type { Registry } from './ecr-registry.ts';
import { imageIdsOf, onRepository, pageSize, repositoryArn } from './ecr-requests.ts';
import { page } from './modelled.ts';
import { AwsError, type CallContext, type Operation, type OperationInput } from './service.ts';

/** The operations of ECR that the rehearsal models, over one registry. */
export function ecrOperations(registry: Registry): Record<string, Operation> {
  return {
    DescribeRepositories: {
      inputs: ['registryId', 'repositoryNames', 'maxResults', 'nextToken'],
      authorise: (input, context) => [
        {
          action: 'ecr:DescribeRepositories',
          resources: (input['repositoryNames'] ?? ['*']).map((name: string) => repositoryArn(context, name)),
        },
      ],
      run: (input, context) => {
        const names: string[] = input['repositoryNames'] ?? [...registry.of(context.region).repositories.keys()].sort();
        const { items, nextToken } = page(names, input['nextToken'], pageSize(input));
        const repositories = items.map((name) =>
          describeRepository(registry.repository(context.region, name), context),
        );
        return { repositories, ...(nextToken === undefined ? {} : { nextToken }) };
      },
    },
    DescribeImages: {
      inputs: ['registryId', 'repositoryName', 'imageIds', 'filter', 'maxResults', 'nextToken'],
      authorise: onRepository('ecr:DescribeImages'),
      run: (input, context) => {
        const repository = registry.repository(context.region, input['repositoryName']);
        const ids: OperationInput[] | undefined = input['imageIds'];
        const asked = ids?.map((id) => requireImage(repository, id, context));
        const tagStatus = input['filter']?.['tagStatus'] ?? 'ANY';
        const all = asked ?? [...repository.images.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
        const fitting = all.filter((image) => tagStatus === 'ANY' || (tagStatus === 'TAGGED') === image.tags.size > 0);
        const { items, nextToken } = page([...new Set(fitting)], input['nextToken'], pageSize(input));
        return {
          imageDetails: items.map((image) => describeImage(repository, image, context)),
          ...(nextToken === undefined ? {} : { nextToken }),
        };
      },
    },
    ...listOperations(registry),
    ...imageOperations(registry),
  };
}

/** The operations on one image. */
function imageOperations(registry: Registry): Record<string, Operation> {
  return {
    BatchGetImage: {
      inputs: ['registryId', 'repositoryName', 'imageIds', 'acceptedMediaTypes'],
      authorise: onRepository('ecr:BatchGetImage'),
      run: (input, context) =>
        batchGetImage(registry.repository(context.region, input['repositoryName']), input, context),
    },
    DescribeImageReplicationStatus: {
      inputs: ['registryId', 'repositoryName', 'imageId'],
      authorise: onRepository('ecr:DescribeImageReplicationStatus'),
      run: (input, context) => {
        const repository = registry.repository(context.region, input['repositoryName']);
        const image = requireImage(repository, input['imageId'], context);
        const replicationStatuses = [...image.replication].map(([region, status]) => ({
          region,
          registryId: context.account,
          status,
        }));
        return { repositoryName: repository.name, imageId: input['imageId'], replicationStatuses };
      },
    },
    DescribeImageScanFindings: {
      inputs: ['registryId', 'repositoryName', 'imageId', 'maxResults', 'nextToken'],
      authorise: onFindings(registry),
      run: (input, context) =>
        describeFindings(registry.repository(context.region, input['repositoryName']), input, context),
    },
  };
}

/**
 * The findings of enhanced scanning are Inspector's, which has no resource to name.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-iam.html
 */
function onFindings(registry: Registry): Operation['authorise'] {
  const inspector = ['inspector2:ListCoverage', 'inspector2:ListFindings'];
  return (input, context) => [
    ...onRepository('ecr:DescribeImageScanFindings')(input, context),
    ...(registry.of(context.region).scanning.scanType === 'ENHANCED'
      ? inspector.map((action) => ({ action, resources: ['*'] }))
      : []),
  ];
}

function shown(id: OperationInput): string {
  const digest = id['imageDigest'] === undefined ? 'null' : `'${id['imageDigest']}'`;
  const tag = id['imageTag'] === undefined ? 'null' : `'${id['imageTag']}'`;
  return `{imageDigest:${digest}, imageTag:${tag}}`;
}

function requireImage(repository: Repository, id: OperationInput, context: CallContext): StoredImage {
  const image = findImage(repository, id);
  if (image) return image;
  throw new AwsError(
    'ImageNotFoundException',
    `The image with imageId ${shown(id)} does not exist within the repository with name '${repository.name}' in the registry with id '${context.account}'`,
  );
}

function describeRepository(repository: Repository, context: CallContext): OperationInput {
  const { name, region, settings } = repository;
  const { mode, exclusions } = settings.tagMutability;
  return {
    repositoryArn: repositoryArn({ ...context, region }, name),
    registryId: context.account,
    repositoryName: name,
    repositoryUri: `${context.account}.dkr.ecr.${region}.amazonaws.com/${name}`,
    createdAt: new Date(repository.createdAt),
    imageTagMutability: mode,
    ...(exclusions.length === 0
      ? {}
      : { imageTagMutabilityExclusionFilters: exclusions.map((filter) => ({ filterType: 'WILDCARD', filter })) }),
    imageScanningConfiguration: { scanOnPush: settings.scanOnPush },
    encryptionConfiguration: {
      encryptionType: settings.encryption.type,
      ...(settings.encryption.kmsKey === undefined ? {} : { kmsKey: settings.encryption.kmsKey }),
    },
  };
}

function describeImage(repository: Repository, image: StoredImage, context: CallContext): OperationInput {
  return {
    registryId: context.account,
    repositoryName: repository.name,
    imageDigest: image.digest,
    ...(image.tags.size === 0 ? {} : { imageTags: [...image.tags].sort() }),
    imageSizeInBytes: image.sizeBytes,
    imagePushedAt: new Date(image.pushedAt),
    imageManifestMediaType: image.mediaType,
    imageStatus: 'ACTIVE',
    ...(image.scan ? { imageScanStatus: { status: image.scan.status, description: describeScan(image) } } : {}),
  };
}

function describeScan(image: StoredImage): string {
  if (image.scan?.status === 'ACTIVE') return 'Continuous scan is selected for image.';
  return image.scan?.status === 'COMPLETE' ? 'The scan was completed successfully.' : '';
}

function batchGetImage(repository: Repository, input: OperationInput, context: CallContext): OperationInput {
  const ids = imageIdsOf(input);
  const found = ids.map((id) => ({ id, image: findImage(repository, id) }));
  return {
    images: found.flatMap(({ id, image }) =>
      image
        ? [
            {
              registryId: context.account,
              repositoryName: repository.name,
              imageId: {
                imageDigest: image.digest,
                ...(id['imageTag'] === undefined ? {} : { imageTag: id['imageTag'] }),
              },
              imageManifest: image.manifest,
              imageManifestMediaType: image.mediaType,
            },
          ]
        : [],
    ),
    failures: found.flatMap(({ id, image }) =>
      image ? [] : [{ imageId: id, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' }],
    ),
  };
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html */
function describeFindings(repository: Repository, input: OperationInput, context: CallContext): OperationInput {
  const image = requireImage(repository, input['imageId'], context);
  const { scan } = image;
  if (!scan) {
    throw new AwsError(
      'ScanNotFoundException',
      `Image scan does not exist for the image with '${shown(input['imageId'])}' in the repository with name '${repository.name}' in the registry with id '${context.account}'`,
    );
  }
  const head = {
    registryId: context.account,
    repositoryName: repository.name,
    imageId: { imageDigest: image.digest, ...input['imageId'] },
    imageScanStatus: { status: scan.status, description: describeScan(image) },
  };
  if (scan.completedAt === undefined) return head;
  const { items, nextToken } = page(image.findings, input['nextToken'], Number(input['maxResults'] ?? 100));
  const listed =
    scan.kind === 'ENHANCED'
      ? { enhancedFindings: items.map((finding) => enhanced(finding, scan.completedAt ?? 0, context)) }
      : {
          findings: items.map(({ name, severity, package: name_ }) => ({
            name,
            severity: basicSeverity(severity),
            attributes: [{ key: 'package_name', value: name_ ?? 'unknown' }],
          })),
        };
  return {
    ...head,
    imageScanFindings: {
      imageScanCompletedAt: new Date(scan.completedAt),
      vulnerabilitySourceUpdatedAt: new Date(scan.completedAt),
      findingSeverityCounts: countBySeverity(image.findings, scan.kind),
      ...listed,
    },
    ...(nextToken === undefined ? {} : { nextToken }),
  };
}

/** Basic scans say UNDEFINED where Inspector says UNTRIAGED. */
function basicSeverity(severity: Finding['severity']): string {
  return severity === 'UNTRIAGED' ? 'UNDEFINED' : severity;
}

function countBySeverity(findings: readonly Finding[], kind: 'BASIC' | 'ENHANCED'): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { severity } of findings) {
    const name = kind === 'BASIC' ? basicSeverity(severity) : severity;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function enhanced(finding: Finding, seenAt: number, context: CallContext): OperationInput {
  const seen = new Date(seenAt);
  return {
    awsAccountId: context.account,
    findingArn: `arn:aws:inspector2:${context.region}:${context.account}:finding/${finding.name.toLowerCase()}`,
    title: `${finding.name} - ${finding.package ?? 'unknown'}`,
    type: 'PACKAGE_VULNERABILITY',
    status: 'ACTIVE',
    severity: finding.severity,
    fixAvailable: finding.fixAvailable,
    firstObservedAt: seen,
    lastObservedAt: seen,
    updatedAt: seen,
    packageVulnerabilityDetails: {
      vulnerabilityId: finding.name,
      source: 'NVD',
      vulnerablePackages: [
        { name: finding.package ?? 'unknown', ...(finding.fixAvailable === 'YES' ? { fixedInVersion: 'next' } : {}) },
      ],
    },
  };
}
