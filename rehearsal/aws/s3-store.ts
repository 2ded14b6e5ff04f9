import type { Key } from './kms.ts';
import { type AccountServices, AwsError } from './service.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html */
export type Checksums = Readonly<Record<string, string>>;

export interface ObjectLock {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  /** Virtual milliseconds since 1970. */
  readonly until: number;
}

/** What is in an object: its bytes, or only how many there would be of what is modelled by its size. */
export type Content = { readonly bytes: Uint8Array } | { readonly size: number };

/** One version of an object, or a delete marker. */
export interface ObjectVersion {
  readonly key: string;
  /** `null` in a bucket without versions. */
  readonly versionId: string;
  readonly marker: boolean;
  readonly content: Content;
  readonly etag: string;
  /** Virtual milliseconds since 1970. */
  readonly at: number;
  readonly checksums: Checksums;
  readonly metadata: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly encryption: Encryption;
  storageClass: string;
  lock: ObjectLock | undefined;
}

export interface Encryption {
  readonly algorithm: 'AES256' | 'aws:kms';
  readonly key?: Key;
  readonly bucketKey: boolean;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-rule.html */
export interface LifecycleRule {
  readonly prefix: string;
  readonly expirationDays?: number;
  readonly noncurrentDays?: number;
  readonly newerNoncurrentVersions: number;
  readonly expiredMarkers: boolean;
  readonly abortUploadDays?: number;
  readonly transitions: readonly { readonly days: number; readonly storageClass: string }[];
}

/** A multipart upload under way. */
export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly at: number;
  readonly parts: Map<number, { readonly bytes: Uint8Array; readonly etag: string }>;
  readonly input: Readonly<Record<string, unknown>>;
}

export class Bucket {
  readonly name: string;
  readonly region: string;
  readonly versioned: boolean;
  readonly lockable: boolean;
  readonly defaultLock: { readonly mode: ObjectLock['mode']; readonly days: number } | undefined;
  readonly encryption: Encryption;
  readonly rules: readonly LifecycleRule[];
  readonly uploads = new Map<string, Upload>();
  /** By key, the newest version first. */
  readonly #objects = new Map<string, ObjectVersion[]>();
  #sorted: string[] | undefined;

  constructor(
    options: Pick<Bucket, 'name' | 'region' | 'versioned' | 'lockable' | 'defaultLock' | 'encryption' | 'rules'>,
  ) {
    this.name = options.name;
    this.region = options.region;
    this.versioned = options.versioned;
    this.lockable = options.lockable;
    this.defaultLock = options.defaultLock;
    this.encryption = options.encryption;
    this.rules = options.rules;
  }

  get arn(): string {
    return `arn:aws:s3:::${this.name}`;
  }

  /** All keys with a version, in the order of their bytes. */
  get keys(): readonly string[] {
    this.#sorted ??= [...this.#objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return this.#sorted;
  }

  /** The newest first; none where there is no such key. */
  versions(key: string): readonly ObjectVersion[] {
    return this.#objects.get(key) ?? [];
  }

  /** The version asked for, or the newest; a delete marker as well. */
  find(key: string, versionId?: string): ObjectVersion | undefined {
    const versions = this.versions(key);
    return versionId === undefined ? versions[0] : versions.find((version) => version.versionId === versionId);
  }

  /** Puts a version on top; without versions it takes the place of the one before. */
  add(version: ObjectVersion): void {
    const before = this.#objects.get(version.key);
    if (!before) this.#sorted = undefined;
    this.#objects.set(version.key, this.versioned && before ? [version, ...before] : [version]);
  }

  /** Takes a version away for good. */
  remove(version: ObjectVersion): void {
    const left = this.versions(version.key).filter((other) => other !== version);
    if (left.length > 0) this.#objects.set(version.key, left);
    else if (this.#objects.delete(version.key)) this.#sorted = undefined;
  }
}

/** The buckets of all regions: their names are one space. */
export class BucketStore {
  readonly #buckets = new Map<string, Bucket>();

  /** Throws AwsError BucketAlreadyOwnedByYou. */
  add(bucket: Bucket): void {
    if (this.#buckets.has(bucket.name)) {
      throw new AwsError('BucketAlreadyOwnedByYou', `The bucket ${bucket.name} exists already.`, 409);
    }
    this.#buckets.set(bucket.name, bucket);
  }

  find(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  get all(): Bucket[] {
    return [...this.#buckets.values()];
  }

  /** The bucket of a request that came to a region. Throws AwsError NoSuchBucket, PermanentRedirect. */
  require(name: unknown, region?: string): Bucket {
    const bucket = this.#buckets.get(String(name));
    if (!bucket) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    if (region === undefined || bucket.region === region) return bucket;
    throw new AwsError(
      'PermanentRedirect',
      'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
      301,
    );
  }
}

/** What the parts of S3 share. */
export interface S3Context {
  readonly services: AccountServices;
  readonly store: BucketStore;
  /** Call after a version was put or removed. */
  changed(bucket: Bucket): void;
}

export function sizeOf(content: Content): number {
  return 'bytes' in content ? content.bytes.byteLength : content.size;
}

/** Whether the version may not go yet; governance gives way to whoever may bypass it. */
export function isHeld({ lock }: ObjectVersion, now: number, bypassGovernance = false): boolean {
  return lock !== undefined && lock.until > now && !(bypassGovernance && lock.mode === 'GOVERNANCE');
}

/** Ids of versions: 32 characters of no meaning. */
export function newVersionId({ services }: S3Context): string {
  return `${services.nextId('s3-version', 'hex16')}${services.nextId('s3-version', 'hex16')}`;
}
