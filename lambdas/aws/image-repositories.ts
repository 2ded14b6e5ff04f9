import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  type ImageDetail,
} from '@aws-sdk/client-ecr';
import { AwsUnavailable } from '../../domain/errors.ts';
import type { StoredImage } from '../../domain/image-retention.ts';
import type { ImageRepositories } from '../ports/aws.ts';
import { calling, clientSettings, isNamed } from './client.ts';
import { indexTypes } from './image-registry.ts';

/** Most images that one BatchGetImage or BatchDeleteImage takes: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html */
const batchImagesMax = 100;
/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html, 'maxResults' */
const pageImagesMax = 1000;
const pagesMax = 100;

/** Repositories in the regions that are asked for; a client for each. */
export function ecrImageRepositories(): ImageRepositories {
  const clients = new Map<string, ECRClient>();
  const clientOf = (region: string): ECRClient => {
    const client = clients.get(region) ?? new ECRClient(clientSettings(region));
    clients.set(region, client);
    return client;
  };

  return {
    async list(region, prefix) {
      const found = await pages(async (nextToken) => {
        const command = new DescribeRepositoriesCommand({ maxResults: pageImagesMax, nextToken });
        const answer = await calling('ecr:DescribeRepositories', () => clientOf(region).send(command));
        return { items: answer.repositories ?? [], nextToken: answer.nextToken };
      });
      return found.flatMap(({ repositoryName }) => (repositoryName?.startsWith(prefix) ? [repositoryName] : []));
    },

    async images(region, repository) {
      const client = clientOf(region);
      const details = await describeAll(client, repository);
      const indexes = details.flatMap(({ imageDigest, imageManifestMediaType }) =>
        imageDigest && indexTypes.includes(imageManifestMediaType ?? '') ? [imageDigest] : [],
      );
      const children = await childrenOf(client, repository, indexes);
      return details.flatMap((detail) => stored(detail, children));
    },

    async remove(region, repository, digests) {
      const failures: { digest: string; reason: string }[] = [];
      for (const batch of batchesOf(digests)) {
        const command = new BatchDeleteImageCommand({
          repositoryName: repository,
          imageIds: batch.map((imageDigest) => ({ imageDigest })),
        });
        const answer = await calling('ecr:BatchDeleteImage', () => clientOf(region).send(command));
        for (const { imageId, failureCode, failureReason } of answer.failures ?? []) {
          // Gone already: a delivery before this one, or a person.
          if (failureCode === 'ImageNotFound') continue;
          failures.push({ digest: imageId?.imageDigest ?? '', reason: `${failureCode}: ${failureReason}` });
        }
      }
      return failures;
    },
  };
}

/** A repository that replication has not made yet has no images. */
async function describeAll(client: ECRClient, repository: string): Promise<ImageDetail[]> {
  try {
    return await pages(async (nextToken) => {
      const command = new DescribeImagesCommand({ repositoryName: repository, maxResults: pageImagesMax, nextToken });
      const answer = await calling('ecr:DescribeImages', () => client.send(command), ['RepositoryNotFoundException']);
      return { items: answer.imageDetails ?? [], nextToken: answer.nextToken };
    });
  } catch (error) {
    if (isNamed(error, 'RepositoryNotFoundException')) return [];
    throw error;
  }
}

/** What each index points to, attestations included. */
async function childrenOf(
  client: ECRClient,
  repository: string,
  indexes: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const children = new Map<string, readonly string[]>();
  for (const batch of batchesOf(indexes)) {
    const command = new BatchGetImageCommand({
      repositoryName: repository,
      imageIds: batch.map((imageDigest) => ({ imageDigest })),
      acceptedMediaTypes: indexTypes,
    });
    const answer = await calling('ecr:BatchGetImage', () => client.send(command));
    for (const { imageId, imageManifest } of answer.images ?? []) {
      const { manifests = [] } = JSON.parse(imageManifest ?? '{}') as { manifests?: { digest: string }[] };
      if (imageId?.imageDigest) children.set(imageId.imageDigest, [...new Set(manifests.map(({ digest }) => digest))]);
    }
  }
  const unread = indexes.filter((digest) => !children.has(digest));
  if (unread.length === 0) return children;
  // Without an index nobody knows whose parts they are. One that was deleted this very moment is not listed next time.
  throw new AwsUnavailable(`ECR gave no manifest of ${unread.length} indexes of ${repository}: ${unread[0]}.`);
}

function stored(detail: ImageDetail, children: ReadonlyMap<string, readonly string[]>): StoredImage[] {
  const { imageDigest, imageTags, imagePushedAt, lastRecordedPullTime } = detail;
  if (!imageDigest || !imagePushedAt) return [];
  return [
    {
      digest: imageDigest,
      tags: imageTags ?? [],
      pushedAt: imagePushedAt.getTime(),
      ...(lastRecordedPullTime ? { pulledAt: lastRecordedPullTime.getTime() } : {}),
      children: children.get(imageDigest) ?? [],
    },
  ];
}

function batchesOf(digests: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(digests.length / batchImagesMax) }, (_, index) =>
    digests.slice(index * batchImagesMax, (index + 1) * batchImagesMax),
  );
}

/** All pages. Half a list would make what is needed look like what is not there. Throws AwsUnavailable beyond a hundred pages. */
async function pages<T>(
  read: (nextToken: string | undefined) => Promise<{ items: readonly T[]; nextToken: string | undefined }>,
): Promise<T[]> {
  const found: T[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const answer = await read(nextToken);
    found.push(...answer.items);
    nextToken = answer.nextToken;
    if (nextToken === undefined) return found;
  }
  throw new AwsUnavailable(`ECR's answer has more than ${pagesMax} pages.`);
}
