import { readRights, writeRights } from './s3-access.ts';
import {
  copiedChecksums,
  described,
  readable,
  requestedEncryption,
  singlePutBytesMaximum,
  store,
  storingInputs,
} from './s3-objects.ts';
import { type Bucket, type ObjectVersion, type S3Context, sizeOf } from './s3-store.ts';
import { AwsError, type Operation, type OperationInput } from './service.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export function copyOperations(context: S3Context): Readonly<Record<string, Operation>> {
  return {
    CopyObject: {
      inputs: [...storingInputs, 'CopySource', 'MetadataDirective', 'TaggingDirective', 'IfNoneMatch'],
      authorise: (input) => {
        const source = sourceOf(input);
        const found = context.store.find(source.Bucket)?.find(source.Key, source.VersionId);
        const tagged = found !== undefined && found.tags.size > 0 && input['TaggingDirective'] !== 'REPLACE';
        const writes = writeRights(
          context,
          tagged ? { ...input, Tagging: '' } : input,
          requestedEncryption(context, input),
        );
        const reads = readRights(context, source);
        const [own] = reads;
        const tags = tagged && own ? [{ ...own, action: own.action.concat('Tagging') }] : [];
        return [...reads, ...tags, ...writes];
      },
      run: (input, { region }) => {
        const bucket = context.store.require(input['Bucket'], region);
        const source = sourceOf(input);
        const from = context.store.require(source.Bucket);
        const version = readable(from, source);
        requireCopyable(from, version, bucket, input);
        const copied = copy(context, bucket, input, version);
        return {
          ...described(copied),
          ...(version.versionId === 'null' ? {} : { CopySourceVersionId: version.versionId }),
          CopyObjectResult: { ETag: copied.etag, LastModified: new Date(copied.at), ...copied.checksums },
        };
      },
    },
  };
}

interface Source {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string;
}

/** `bucket/key?versionId=…`, encoded as in a URL, with or without a slash before it. */
function sourceOf(input: OperationInput): Source {
  const [place = '', versionId] = String(input['CopySource']).split('?versionId=');
  const [bucket = '', ...key] = decodeURIComponent(place).replace(/^\//, '').split('/');
  return { Bucket: bucket, Key: key.join('/'), ...(versionId === undefined ? {} : { VersionId: versionId }) };
}

function requireCopyable(from: Bucket, version: ObjectVersion, bucket: Bucket, input: OperationInput): void {
  if (sizeOf(version.content) > singlePutBytesMaximum) {
    throw new AwsError(
      'InvalidRequest',
      `The specified copy source is larger than the maximum allowable size for a copy source: ${singlePutBytesMaximum}`,
    );
  }
  if (/^(GLACIER|DEEP_ARCHIVE)$/.test(version.storageClass)) {
    throw new AwsError('InvalidObjectState', 'Operation is not valid for the source object’s storage class', 403);
  }
  const changes = ['MetadataDirective', 'StorageClass', 'ServerSideEncryption', 'SSEKMSKeyId', 'ObjectLockMode'];
  if (from === bucket && version.key === input['Key'] && changes.every((name) => input[name] === undefined)) {
    throw new AwsError(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const there = bucket.find(String(input['Key']));
  if (input['IfNoneMatch'] !== undefined && there && !there.marker) {
    throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
  }
}

/** Neither lock nor encryption go along; metadata and tags do unless told otherwise. A copy counts as a put with a checksum (assumed). */
function copy(context: S3Context, bucket: Bucket, input: OperationInput, version: ObjectVersion): ObjectVersion {
  const keepsMetadata = input['MetadataDirective'] !== 'REPLACE';
  return store(context, bucket, input, {
    content: version.content,
    checksums: copiedChecksums(version, input['ChecksumAlgorithm']),
    hasChecksum: true,
    ...('bytes' in version.content ? {} : { etag: version.etag }),
    ...(keepsMetadata ? { metadata: version.metadata, contentType: version.contentType } : {}),
    ...(input['TaggingDirective'] === 'REPLACE' ? {} : { tags: version.tags }),
  });
}
