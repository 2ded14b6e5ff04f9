import { DescribeImagesCommand, ECRClient, type ImageDetail } from '@aws-sdk/client-ecr';
import { AwsUnavailable } from '../../domain/errors.ts';
import type { PushedImages } from '../ports/aws.ts';
import { calling, clientSettings } from './client.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html, 'maxResults' */
const pageImagesMax = 1000;
const pagesMax = 100;

/** The tagged images of a region's repositories. */
export function ecrPushedImages(region: string): PushedImages {
  const client = new ECRClient(clientSettings(region));
  return {
    async list(repository) {
      const details: ImageDetail[] = [];
      let nextToken: string | undefined;
      for (let page = 0; page < pagesMax; page++) {
        const command = new DescribeImagesCommand({
          repositoryName: repository,
          filter: { tagStatus: 'TAGGED' },
          maxResults: pageImagesMax,
          nextToken,
        });
        const answer = await calling('ecr:DescribeImages', () => client.send(command));
        details.push(...(answer.imageDetails ?? []));
        nextToken = answer.nextToken;
        if (nextToken === undefined) return details.flatMap(pushed);
      }
      throw new AwsUnavailable(`The repository ${repository} has more than ${pagesMax} pages of images.`);
    },
  };
}

function pushed({ imageDigest, imageTags, imagePushedAt }: ImageDetail) {
  if (imageDigest === undefined || imagePushedAt === undefined) return [];
  return (imageTags ?? []).map((tag) => ({ tag, digest: imageDigest, pushedAt: imagePushedAt.getTime() }));
}
