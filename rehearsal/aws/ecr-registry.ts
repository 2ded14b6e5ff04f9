import { imageReplicationMilliseconds, imageScanMilliseconds } from './durations.ts';
import {
  childrenOf,
  findImage,
  indexMediaType,
  type Manifest,
  manifestsOf,
  type Push,
  type Repository,
  type StoredImage,
} from './ecr-images.ts';
import { defaultSettings, matchesWildcard, type RepositorySettings, tagMayMove } from './ecr-settings.ts';
import { type AccountServices, AwsError } from './service.ts';

/** Where images of which repositories are copied to. */
export interface ReplicationRule {
  readonly regions: readonly string[];
  /** Beginnings of repository names; none means all. */
  readonly prefixes: readonly string[];
}

export interface ScanningRule {
  readonly frequency: 'SCAN_ON_PUSH' | 'CONTINUOUS_SCAN' | 'MANUAL';
  /** Repository names with `*`; `*` alone is all. */
  readonly filters: readonly string[];
}

export interface ScanningConfiguration {
  readonly scanType: 'BASIC' | 'ENHANCED';
  readonly rules: readonly ScanningRule[];
}

export interface CreationTemplate {
  readonly prefix: string;
  readonly appliedFor: readonly string[];
  readonly settings: RepositorySettings;
  readonly roleArn?: string;
}

interface RegistryOfRegion {
  readonly repositories: Map<string, Repository>;
  readonly templates: CreationTemplate[];
  replication: readonly ReplicationRule[];
  scanning: ScanningConfiguration;
}

/** The private registries of all regions, and what happens to a pushed image in virtual time. */
export class Registry {
  readonly #services: AccountServices;
  readonly #regions = new Map<string, RegistryOfRegion>();

  constructor(services: AccountServices) {
    this.#services = services;
  }

  /** The registry of a region; there is always one. */
  of(region: string): RegistryOfRegion {
    const known = this.#regions.get(region);
    if (known) return known;
    const created: RegistryOfRegion = {
      repositories: new Map(),
      templates: [],
      replication: [],
      scanning: { scanType: 'BASIC', rules: [] },
    };
    this.#regions.set(region, created);
    return created;
  }

  /** Throws AwsError RepositoryNotFoundException. */
  repository(region: string, name: string): Repository {
    const repository = this.of(region).repositories.get(name);
    if (repository) return repository;
    throw new AwsError(
      'RepositoryNotFoundException',
      `The repository with name '${name}' does not exist in the registry with id '${this.#services.account}'`,
    );
  }

  /** Throws AwsError RepositoryAlreadyExistsException. */
  createRepository(region: string, name: string, settings: RepositorySettings): Repository {
    const { repositories } = this.of(region);
    if (repositories.has(name)) {
      throw new AwsError(
        'RepositoryAlreadyExistsException',
        `The repository with name '${name}' already exists in the registry with id '${this.#services.account}'`,
      );
    }
    const repository = { name, region, settings, createdAt: this.#services.kernel.now(), images: new Map() };
    repositories.set(name, repository);
    return repository;
  }

  /**
   * Pushes an image: stores its manifests at once, then replicates and scans them in virtual time. Answers the digest that
   * the tag names. Throws AwsError RepositoryNotFoundException, ImageTagAlreadyExistsException where the tag may not move.
   */
  push(region: string, push: Push): string {
    const repository = this.repository(region, push.repository);
    const manifests = manifestsOf(push);
    const tagged = manifests.at(-1)?.digest ?? '';
    const holder = findImage(repository, { imageTag: push.tag });
    if (holder && holder.digest !== tagged && !tagMayMove(repository.settings.tagMutability, push.tag)) {
      throw new AwsError(
        'ImageTagAlreadyExistsException',
        `The image tag '${push.tag}' already exists in the '${push.repository}' repository and cannot be overwritten because the repository is immutable.`,
      );
    }
    for (const manifest of manifests) this.#store(repository, manifest, push);
    this.#services.log.write('image.pushed', { repository: push.repository, tag: push.tag, digest: tagged });
    for (const manifest of manifests) this.#replicate(repository, manifest, push);
    return tagged;
  }

  /**
   * Deletes by digest (the image and its tags) or by tag (the tag, and the image with its last). Answers ECR's failure, or undefined. What
   * an index holds can't go before it: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageFailure.html
   */
  remove(
    region: string,
    name: string,
    id: { imageDigest?: string; imageTag?: string },
  ): { readonly code: string; readonly reason: string } | undefined {
    const repository = this.repository(region, name);
    const image = findImage(repository, id);
    if (!image) return { code: 'ImageNotFound', reason: 'Requested image not found' };
    if (id.imageDigest === undefined && id.imageTag !== undefined && image.tags.size > 1) {
      image.tags.delete(id.imageTag);
      return undefined;
    }
    const index = [...repository.images.values()].find((other) => childrenOf(other).includes(image.digest));
    if (index) {
      return {
        code: 'ImageReferencedByManifestList',
        reason: `Requested image referenced by manifest list: [${index.digest}]`,
      };
    }
    const tags = [...image.tags].sort();
    repository.images.delete(image.digest);
    this.#services.log.write('image.deleted', { repository: name, region, digest: image.digest, tags });
    return undefined;
  }

  #store(repository: Repository, manifest: Manifest, push: Push): void {
    if (manifest.tag !== undefined) {
      for (const image of repository.images.values())
        if (image.digest !== manifest.digest) image.tags.delete(manifest.tag);
    }
    const known = repository.images.get(manifest.digest);
    if (known) {
      if (manifest.tag !== undefined) known.tags.add(manifest.tag);
      return;
    }
    const image: StoredImage = {
      digest: manifest.digest,
      tags: new Set(manifest.tag === undefined ? [] : [manifest.tag]),
      sizeBytes: manifest.sizeBytes,
      pushedAt: this.#services.kernel.now() - (push.pushedDaysAgo ?? 0) * 86_400_000,
      manifest: manifest.manifest,
      mediaType: manifest.mediaType,
      // An index has no packages of its own: only the images in it are scanned (containers-roadmap issue 1683).
      findings: manifest.mediaType === indexMediaType ? [] : (push.findings ?? []),
      replication: new Map(),
      scan: undefined,
    };
    repository.images.set(image.digest, image);
    if (push.scan !== 'missing' && image.mediaType !== indexMediaType) this.#scan(repository, image, push.scan);
  }

  /** Enhanced scans end ACTIVE, basic ones COMPLETE: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html */
  #scan(repository: Repository, image: StoredImage, trouble: Push['scan']): void {
    const kind = this.#scanKind(repository);
    if (!kind) return;
    image.scan = { kind, status: kind === 'ENHANCED' ? 'PENDING' : 'IN_PROGRESS' };
    if (trouble === 'stall') return;
    this.#services.kernel.after(imageScanMilliseconds, `scan ${repository.name}`, () => {
      const completedAt = this.#services.kernel.now();
      if (trouble === 'fail') image.scan = { kind, status: 'FAILED' };
      else image.scan = { kind, status: kind === 'ENHANCED' ? 'ACTIVE' : 'COMPLETE', completedAt };
    });
  }

  /** Registry rules decide; without any, a repository's own scan on push (basic) does. */
  #scanKind({ name, region, settings }: Repository): 'BASIC' | 'ENHANCED' | undefined {
    const { scanType, rules } = this.of(region).scanning;
    const covered = rules.some(
      (rule) => rule.frequency !== 'MANUAL' && rule.filters.some((filter) => matchesWildcard(filter, name)),
    );
    if (covered) return scanType;
    return scanType === 'BASIC' && settings.scanOnPush ? 'BASIC' : undefined;
  }

  #replicate(source: Repository, manifest: Manifest, push: Push): void {
    const { kernel } = this.#services;
    const image = source.images.get(manifest.digest);
    const rules = this.of(source.region).replication;
    const targets = rules
      .filter((rule) => rule.prefixes.length === 0 || rule.prefixes.some((prefix) => source.name.startsWith(prefix)))
      .flatMap((rule) => rule.regions);
    for (const region of new Set(targets)) {
      if (!image || image.replication.has(region)) continue;
      image.replication.set(region, 'IN_PROGRESS');
      const trouble = push.replication?.[region];
      if (trouble === 'stall') continue;
      const { minimum, maximum } = imageReplicationMilliseconds;
      const takes = minimum + kernel.random(`ecr/replication/${region}`).below(maximum - minimum);
      kernel.after(takes, `replicate ${source.name} to ${region}`, () => {
        const replicated = trouble !== 'fail' && this.#arrive(region, manifest, push);
        image.replication.set(region, replicated ? 'COMPLETE' : 'FAILED');
      });
    }
  }

  /** Stores a copy, making the repository where it is missing. False where ECR may not make it. */
  #arrive(region: string, manifest: Manifest, push: Push): boolean {
    const { repositories, templates } = this.of(region);
    let repository = repositories.get(push.repository);
    if (!repository) {
      const template = templateFor(templates, push.repository);
      if (template && !this.#roleMayCreate(region, push.repository, template)) return false;
      repository = this.createRepository(region, push.repository, template?.settings ?? defaultSettings);
    }
    this.#store(repository, manifest, push);
    return true;
  }

  /**
   * The template's role needs these rights, and the KMS ones when the template names a key:
   * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-iam.html
   */
  #roleMayCreate(region: string, repository: string, { roleArn, settings }: CreationTemplate): boolean {
    if (roleArn === undefined) return settings.encryption.kmsKey === undefined;
    const principal = { kind: 'role', roleArn, sessionName: 'ecr-creation-template' } as const;
    const resources = [`arn:aws:ecr:${region}:${this.#services.account}:repository/${repository}`];
    const { kmsKey } = settings.encryption;
    const keyActions = kmsKey === undefined ? [] : ['kms:CreateGrant', 'kms:RetireGrant', 'kms:DescribeKey'];
    try {
      this.#services.authorise(principal, region, [
        ...['ecr:CreateRepository', 'ecr:ReplicateImage', 'ecr:TagResource'].map((action) => ({ action, resources })),
        ...keyActions.map((action) => ({ action, resources: [kmsKey ?? ''] })),
      ]);
      return true;
    } catch (error) {
      if (error instanceof AwsError) return false;
      throw error;
    }
  }
}

/** The template with the longest prefix that fits; `ROOT` fits when no other does. */
function templateFor(templates: readonly CreationTemplate[], repository: string): CreationTemplate | undefined {
  return templates
    .filter(
      ({ prefix, appliedFor }) =>
        appliedFor.includes('REPLICATION') && (prefix === 'ROOT' || repository.startsWith(`${prefix}/`)),
    )
    .sort((a, b) => (b.prefix === 'ROOT' ? 0 : b.prefix.length) - (a.prefix === 'ROOT' ? 0 : a.prefix.length))[0];
}
