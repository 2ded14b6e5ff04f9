import {
  BatchGetImageCommand,
  DescribeImageReplicationStatusCommand,
  DescribeImageScanFindingsCommand,
  DescribeImagesCommand,
  ECRClient,
  type ImageDetail,
  type ImageScanFindings,
} from '@aws-sdk/client-ecr';
import type { Finding } from '../../domain/findings.ts';
import type { ImageRegistry } from '../ports/aws.ts';
import { calling, clientSettings, isNamed } from './client.ts';

/** An index points to one manifest a platform: https://github.com/opencontainers/image-spec/blob/main/image-index.md */
export const indexTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const pagesMax = 50;

export function ecrImageRegistry(region: string): ImageRegistry {
  const clients = new Map<string, ECRClient>();
  const clientIn = (place: string): ECRClient => {
    const client = clients.get(place) ?? new ECRClient(clientSettings(place));
    clients.set(place, client);
    return client;
  };
  const client = clientIn(region);

  return {
    async find(repository, tag) {
      const detail = await describe(client, repository, tag);
      if (!detail?.imageDigest) return undefined;
      const digest = detail.imageDigest;
      const platforms = indexTypes.includes(detail.imageManifestMediaType ?? '')
        ? await platformsOf(client, repository, digest)
        : null;
      // https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
      const reference = `${detail.registryId}.dkr.ecr.${region}.amazonaws.com/${repository}@${digest}`;
      return {
        digest,
        reference,
        platformDigests: platforms?.map((platform) => platform.digest) ?? [digest],
        architectures: platforms?.map((platform) => platform.architecture) ?? null,
        // Of an index 'the max size of all manifests in the list': https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
        sizeBytes: detail.imageSizeInBytes ?? 0,
      };
    },

    async regionsOf(repository, digest) {
      const command = new DescribeImageReplicationStatusCommand({
        repositoryName: repository,
        imageId: { imageDigest: digest },
      });
      const answer = await calling('ecr:DescribeImageReplicationStatus', () => client.send(command));
      const arrived = (answer.replicationStatuses ?? []).filter(({ status }) => status === 'COMPLETE');
      return [region, ...arrived.flatMap((status) => status.region ?? [])];
    },

    scanOf: (place, repository, digest) => scanOf(clientIn(place), repository, digest),
  };
}

async function describe(client: ECRClient, repository: string, tag: string): Promise<ImageDetail | undefined> {
  const command = new DescribeImagesCommand({ repositoryName: repository, imageIds: [{ imageTag: tag }] });
  try {
    const answer = await calling('ecr:DescribeImages', () => client.send(command), ['ImageNotFoundException']);
    return answer.imageDetails?.[0];
  } catch (error) {
    if (isNamed(error, 'ImageNotFoundException')) return undefined;
    throw error;
  }
}

/** What is scanned and run of an index: its platforms' manifests, without attestations (platform `unknown`). */
async function platformsOf(
  client: ECRClient,
  repository: string,
  digest: string,
): Promise<{ readonly digest: string; readonly architecture: string }[]> {
  const command = new BatchGetImageCommand({
    repositoryName: repository,
    imageIds: [{ imageDigest: digest }],
    acceptedMediaTypes: indexTypes,
  });
  const answer = await calling('ecr:BatchGetImage', () => client.send(command));
  const index = JSON.parse(answer.images?.[0]?.imageManifest ?? '{}') as {
    manifests?: { digest: string; platform?: { architecture?: string } }[];
  };
  return (index.manifests ?? [])
    .map((each) => ({ digest: each.digest, architecture: each.platform?.architecture ?? 'unnamed' }))
    .filter(({ architecture }) => architecture !== 'unknown');
}

async function scanOf(
  client: ECRClient,
  repository: string,
  digest: string,
): Promise<{ status: string; findings: Finding[] } | undefined> {
  const findings: Finding[] = [];
  let status: string | undefined;
  let nextToken: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const command = new DescribeImageScanFindingsCommand({
      repositoryName: repository,
      imageId: { imageDigest: digest },
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    const names = ['ScanNotFoundException'];
    const answer = await calling('ecr:DescribeImageScanFindings', () => client.send(command), names).catch((error) => {
      if (isNamed(error, 'ScanNotFoundException')) return undefined;
      throw error;
    });
    if (!answer) return undefined;
    status = answer.imageScanStatus?.status ?? 'UNKNOWN';
    findings.push(...findingsOf(answer.imageScanFindings));
    nextToken = answer.nextToken;
    if (nextToken === undefined) return { status, findings };
  }
  return { status: `more than ${pagesMax} pages of findings`, findings };
}

function findingsOf(found: ImageScanFindings | undefined): Finding[] {
  const enhanced = (found?.enhancedFindings ?? []).map((finding) => ({
    id: finding.packageVulnerabilityDetails?.vulnerabilityId ?? finding.title ?? 'unnamed finding',
    severity: finding.severity ?? 'UNDEFINED',
    fixAvailable: fixOf(finding.fixAvailable),
  }));
  const basic = (found?.findings ?? []).map((finding) => ({
    id: finding.name ?? 'unnamed finding',
    severity: finding.severity ?? 'UNDEFINED',
    fixAvailable: 'UNKNOWN' as const,
  }));
  return [...enhanced, ...basic];
}

function fixOf(said: string | undefined): Finding['fixAvailable'] {
  return said === 'YES' || said === 'NO' || said === 'PARTIAL' ? said : 'UNKNOWN';
}
