import type { Kms } from './kms.ts';
import { toMilliseconds } from './modelled.ts';
import { readRights, writeRights } from './s3-access.ts';
import { checkedChecksums, checksumMembers, checksumOf, etagOf } from './s3-checksum.ts';
import {
  type Bucket,
  type Checksums,
  type Content,
  type Encryption,
  newVersionId,
  type ObjectLock,
  type ObjectVersion,
  type S3Context,
  sizeOf,
} from './s3-store.ts';
import { AwsError, type Operation, type OperationInput, Unmodelled } from './service.ts';

/** 'A single PUT operation can upload an object up to 5 GB': https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html */
export const singlePutBytesMaximum = 5 * 1024 ** 3;

/** Members with which an object is put, by whatever operation. */
export const storingInputs = [
  'Bucket',
  'Key',
  'ContentType',
  'Metadata',
  'ServerSideEncryption',
  'SSEKMSKeyId',
  'BucketKeyEnabled',
  'StorageClass',
  'Tagging',
  'ObjectLockMode',
  'ObjectLockRetainUntilDate',
  'ChecksumAlgorithm',
] as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and its like */
export function objectOperations(context: S3Context): Readonly<Record<string, Operation>> {
  return { PutObject: putObject(context), GetObject: getObject(context), HeadObject: headObject(context) };
}

function putObject(context: S3Context): Operation {
  return {
    inputs: [...storingInputs, 'Body', 'ContentLength', 'ContentMD5', 'IfNoneMatch', 'IfMatch', ...checksumMembers],
    authorise: (input) => writeRights(context, input, requestedEncryption(context, input)),
    run: (input, { region }) => {
      const bucket = context.store.require(input['Bucket'], region);
      const bytes = bytesOf(input['Body']);
      if (bytes.byteLength > singlePutBytesMaximum) {
        throw new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed object size.');
      }
      const checksums = checkedChecksums(input, bytes);
      const hasChecksum = Object.keys(checksums).length > 0 || input['ContentMD5'] !== undefined;
      requireCondition(bucket, input);
      const version = store(context, bucket, input, { content: { bytes }, checksums, hasChecksum });
      return { ...described(version), ETag: version.etag, ...checksums };
    },
  };
}

/** Text from a state machine, bytes from the wire. */
function bytesOf(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** What a new version is made from beside the request's own members. */
export interface NewVersion {
  readonly content: Content;
  readonly checksums: Checksums;
  /** Whether the request carried one: a lock needs it. */
  readonly hasChecksum: boolean;
  readonly etag?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tags?: ReadonlyMap<string, string>;
  readonly contentType?: string;
}

/** Puts a version on top of a key. Throws AwsError InvalidRequest, InvalidArgument. */
export function store(context: S3Context, bucket: Bucket, input: OperationInput, made: NewVersion): ObjectVersion {
  const { kernel } = context.services;
  const lock = lockOf(context, bucket, input);
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html#object-lock-put-object
  if (lock && !made.hasChecksum) {
    throw new AwsError(
      'InvalidRequest',
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
    );
  }
  const versionId = bucket.versioned ? newVersionId(context) : 'null';
  const version: ObjectVersion = {
    key: String(input['Key']),
    versionId,
    marker: false,
    content: made.content,
    etag: made.etag ?? etagOf(made.content, `${input['Key']}/${versionId}`),
    at: kernel.now(),
    checksums: made.checksums,
    metadata: made.metadata ?? input['Metadata'] ?? {},
    contentType: made.contentType ?? String(input['ContentType'] ?? 'binary/octet-stream'),
    tags: made.tags ?? tagsOf(input['Tagging']),
    encryption: requestedEncryption(context, input) ?? bucket.encryption,
    storageClass: String(input['StorageClass'] ?? 'STANDARD'),
    lock,
  };
  bucket.add(version);
  context.changed(bucket);
  return version;
}

/** What the request asks for, else what the bucket does by default; undefined where there is no bucket. */
export function requestedEncryption(context: S3Context, input: OperationInput): Encryption | undefined {
  const bucket = context.store.find(String(input['Bucket']));
  if (!bucket) return undefined;
  const { ServerSideEncryption: algorithm, SSEKMSKeyId: keyId, BucketKeyEnabled: bucketKey } = input;
  if (algorithm === undefined && keyId === undefined) return bucket.encryption;
  if (algorithm === 'AES256' && keyId === undefined) return { algorithm, bucketKey: false };
  if (algorithm !== 'aws:kms') {
    throw new AwsError('InvalidArgument', `Server Side Encryption ${algorithm} with a key ${keyId} is not possible.`);
  }
  const key =
    keyId === undefined
      ? bucket.encryption.key
      : context.services.service<Kms>('kms').find(bucket.region, String(keyId));
  if (keyId !== undefined && !key) throw new AwsError('KMS.NotFoundException', `Key '${keyId}' does not exist.`);
  return { algorithm, bucketKey: bucketKey ?? bucket.encryption.bucketKey, ...(key ? { key } : {}) };
}

function lockOf({ services }: S3Context, bucket: Bucket, input: OperationInput): ObjectLock | undefined {
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until } = input;
  const now = services.kernel.now();
  if (mode === undefined && until === undefined) {
    const { defaultLock } = bucket;
    return defaultLock && { mode: defaultLock.mode, until: now + defaultLock.days * 86_400_000 };
  }
  if (!bucket.lockable) throw new AwsError('InvalidRequest', 'Bucket is missing Object Lock Configuration');
  return requestedLock(mode, until, now);
}

/** Throws AwsError InvalidArgument for half a lock and for one that lies in the past. */
export function requestedLock(mode: unknown, until: unknown, now: number): ObjectLock {
  if ((mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') || until === undefined) {
    throw new AwsError(
      'InvalidArgument',
      'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
    );
  }
  const at = toMilliseconds(until);
  if (at <= now) throw new AwsError('InvalidArgument', 'The retain until date must be in the future!');
  return { mode, until: at };
}

/** `a=1&b=2`. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html: up to ten. */
export function tagsOf(text: unknown): ReadonlyMap<string, string> {
  const tags = new Map(new URLSearchParams(String(text ?? '')));
  if (tags.size > 10) throw new AwsError('InvalidTag', 'Object tags cannot be greater than 10');
  return tags;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export function requireCondition(
  bucket: Bucket,
  { Key: key, IfNoneMatch: none, IfMatch: match }: OperationInput,
): void {
  const found = bucket.find(String(key));
  const current = found && !found.marker ? found : undefined;
  if (none !== undefined && none !== '*') throw new Unmodelled(`IfNoneMatch '${none}' is not modelled; '*' is.`);
  if (match !== undefined && !current) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  const failed = (none !== undefined && current) || (match !== undefined && current?.etag !== match);
  if (failed) {
    throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
  }
}

/** The version that a read asks for. Throws AwsError NoSuchKey, NoSuchVersion, MethodNotAllowed. */
export function readable(bucket: Bucket, input: OperationInput): ObjectVersion {
  const [key, versionId] = [String(input['Key']), input['VersionId']];
  const version = bucket.find(key, versionId === undefined ? undefined : String(versionId));
  if (!version && versionId !== undefined)
    throw new AwsError('NoSuchVersion', 'The specified version does not exist.', 404);
  if (version?.marker && versionId !== undefined) {
    throw new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405);
  }
  if (!version || version.marker) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  return version;
}

/** What the answers to puts, gets and heads say alike. */
export function described({ versionId, encryption }: ObjectVersion): OperationInput {
  return {
    ...(versionId === 'null' ? {} : { VersionId: versionId }),
    ServerSideEncryption: encryption.algorithm,
    ...(encryption.key ? { SSEKMSKeyId: encryption.key.arn } : {}),
    ...(encryption.bucketKey ? { BucketKeyEnabled: true } : {}),
  };
}

function readHeaders(version: ObjectVersion, input: OperationInput): OperationInput {
  const { lock, tags, storageClass } = version;
  return {
    ...described(version),
    ETag: version.etag,
    LastModified: new Date(Math.floor(version.at / 1000) * 1000),
    ContentLength: sizeOf(version.content),
    ContentType: version.contentType,
    AcceptRanges: 'bytes',
    Metadata: version.metadata,
    ...(storageClass === 'STANDARD' ? {} : { StorageClass: storageClass }),
    ...(tags.size === 0 ? {} : { TagCount: tags.size }),
    ...(lock ? { ObjectLockMode: lock.mode, ObjectLockRetainUntilDate: new Date(lock.until) } : {}),
    ...(input['ChecksumMode'] === 'ENABLED' ? { ...version.checksums, ChecksumType: 'FULL_OBJECT' } : {}),
  };
}

function getObject(context: S3Context): Operation {
  return {
    inputs: ['Bucket', 'Key', 'VersionId', 'ChecksumMode'],
    authorise: (input) => readRights(context, input),
    run: (input, { region }) => {
      const version = readable(context.store.require(input['Bucket'], region), input);
      if (/^(GLACIER|DEEP_ARCHIVE)$/.test(version.storageClass)) {
        throw new AwsError('InvalidObjectState', "The operation is not valid for the object's storage class", 403);
      }
      const { content } = version;
      if (!('bytes' in content)) {
        throw new Unmodelled(`${input['Bucket']}/${version.key} is modelled by its size; it has no bytes to read.`);
      }
      return { ...readHeaders(version, input), Body: content.bytes };
    },
  };
}

function headObject(context: S3Context): Operation {
  return {
    inputs: ['Bucket', 'Key', 'VersionId', 'ChecksumMode'],
    // 'If you enable checksum mode and the object is encrypted with KMS, you must have kms:Decrypt': https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    authorise: (input) => readRights(context, input, input['ChecksumMode'] === 'ENABLED'),
    run: (input, { region }) => {
      try {
        return readHeaders(readable(context.store.require(input['Bucket'], region), input), input);
      } catch (error) {
        // An answer to HEAD has no body, so that nobody learns which of them it was.
        const missing = error instanceof AwsError && error.statusCode === 404;
        throw missing ? new AwsError('NotFound', 'NotFound', 404) : error;
      }
    },
  };
}

/** Checksums of a version that is made from another one. */
export function copiedChecksums(version: ObjectVersion, algorithm: unknown): Checksums {
  if (algorithm !== undefined) return checksumOf(String(algorithm), version.content, version.etag);
  return version.checksums;
}
