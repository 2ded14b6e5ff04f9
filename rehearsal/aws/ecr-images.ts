import { createHash } from 'node:crypto';
import type { RepositorySettings } from './ecr-settings.ts';

export const findingSeverities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNTRIAGED'] as const;
export type FindingSeverity = (typeof findingSeverities)[number];

/** A weakness that a scan finds in an image. */
export interface Finding {
  /** `CVE-2026-12345` */
  readonly name: string;
  readonly severity: FindingSeverity;
  /** Inspector's word; basic scans do not tell. */
  readonly fixAvailable: 'YES' | 'NO' | 'PARTIAL';
  readonly package?: string;
}

/** What a scenario pushes. */
export interface Push {
  readonly repository: string;
  readonly tag: string;
  /** `sha256:…` of the image, or of its index where there are several architectures; derived from repository and tag unless given. */
  readonly digest?: string;
  /** Size of each architecture's image; 80 MB unless given. */
  readonly sizeBytes?: number;
  /** `['amd64']` unless given. With more than one, the tag names an index and each architecture is an image of its own. */
  readonly architectures?: readonly string[];
  readonly findings?: readonly Finding[];
  /** What goes wrong with its replication, by region: it fails, or never ends. */
  readonly replication?: Readonly<Record<string, 'fail' | 'stall'>>;
  /** Pushed so long before now, with its copies and scan as they are after that time: the past of a registry. */
  readonly pushedDaysAgo?: number;
  /** What goes wrong with its scan: there is none, it never ends, or it fails. */
  readonly scan?: 'missing' | 'stall' | 'fail';
}

export type ReplicationStatus = 'IN_PROGRESS' | 'COMPLETE' | 'FAILED';
/** Enhanced scans stay ACTIVE, basic ones end COMPLETE. */
export type ScanStatus = 'PENDING' | 'IN_PROGRESS' | 'ACTIVE' | 'COMPLETE' | 'FAILED';

export interface Scan {
  readonly kind: 'BASIC' | 'ENHANCED';
  status: ScanStatus;
  /** Milliseconds since 1970. */
  completedAt?: number;
}

/** One manifest of a repository: an image, or an index of images. */
export interface StoredImage {
  readonly digest: string;
  readonly tags: Set<string>;
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly pushedAt: number;
  readonly manifest: string;
  readonly mediaType: string;
  readonly findings: readonly Finding[];
  readonly replication: Map<string, ReplicationStatus>;
  scan: Scan | undefined;
}

/** A repository of one region. */
export interface Repository {
  readonly name: string;
  readonly region: string;
  readonly settings: RepositorySettings;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly images: Map<string, StoredImage>;
}

export const indexMediaType = 'application/vnd.oci.image.index.v1+json';
export const imageMediaType = 'application/vnd.oci.image.manifest.v1+json';
const configMediaType = 'application/vnd.oci.image.config.v1+json';

/** A manifest ready to be stored. */
export interface Manifest {
  readonly digest: string;
  readonly manifest: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly tag?: string;
}

const defaultSizeBytes = 80_000_000;

/** The manifests of a push, the tagged one last: one image, or an image per architecture and their index. */
export function manifestsOf(push: Push): Manifest[] {
  const architectures = push.architectures ?? ['amd64'];
  const sizeBytes = push.sizeBytes ?? defaultSizeBytes;
  const images = architectures.map((architecture): Manifest => {
    const digest = sha256(`${push.repository}:${push.tag}/${architecture}/${push.digest ?? ''}`);
    const config = { mediaType: configMediaType, digest: sha256(`${digest}/config`), size: 7_023 };
    return {
      digest,
      manifest: JSON.stringify({ schemaVersion: 2, mediaType: imageMediaType, config, layers: [] }),
      mediaType: imageMediaType,
      sizeBytes,
    };
  });
  const [only, another] = images;
  if (only && !another) return [{ ...only, digest: push.digest ?? only.digest, tag: push.tag }];
  const manifests = images.map(({ digest, mediaType }, index) => ({
    mediaType,
    digest,
    size: 1_570,
    platform: { architecture: architectures[index], os: 'linux' },
  }));
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: indexMediaType, manifests });
  const digest = push.digest ?? sha256(`${push.repository}:${push.tag}`);
  // 'If the image is a manifest list, this will be the max size of all manifests in the list.'
  // https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
  return [...images, { digest, manifest, mediaType: indexMediaType, sizeBytes, tag: push.tag }];
}

/** Digests that an index points to; none for an image. */
export function childrenOf(image: StoredImage): readonly string[] {
  if (image.mediaType !== indexMediaType) return [];
  return (JSON.parse(image.manifest) as { manifests: { digest: string }[] }).manifests.map(({ digest }) => digest);
}

function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** The image that `{imageDigest, imageTag}` names: both must fit where both are given. */
export function findImage(
  repository: Repository,
  id: { imageDigest?: string; imageTag?: string },
): StoredImage | undefined {
  return [...repository.images.values()].find(
    (image) =>
      (id.imageDigest !== undefined || id.imageTag !== undefined) &&
      (id.imageDigest ?? image.digest) === image.digest &&
      (id.imageTag === undefined || image.tags.has(id.imageTag)),
  );
}
