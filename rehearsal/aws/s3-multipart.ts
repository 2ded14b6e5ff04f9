import { createHash } from 'node:crypto';
import { access, writeRights } from './s3-access.ts';
import { checkedChecksums, checksumMembers, checksumOf } from './s3-checksum.ts';
import { described, requestedEncryption, requireCondition, store, storingInputs } from './s3-objects.ts';
import type { Bucket, S3Context, Upload } from './s3-store.ts';
import { AwsError, type Operation, type OperationInput } from './service.ts';

/** 'Part size: 5 MiB to 5 GiB. There is no minimum size limit on the last part': https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const partBytesMinimum = 5 * 1024 ** 2;
const partsMaximum = 10_000;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html */
export function multipartOperations(context: S3Context): Readonly<Record<string, Operation>> {
  // A part is encrypted by the key of the upload, which is decrypted first: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
  const rights = (input: OperationInput) =>
    writeRights(context, input, requestedEncryption(context, uploadInput(context, input)), [
      'kms:GenerateDataKey',
      'kms:Decrypt',
    ]);
  return {
    CreateMultipartUpload: {
      inputs: [...storingInputs, 'ChecksumType'],
      authorise: rights,
      run: (input, { region }) => {
        const bucket = context.store.require(input['Bucket'], region);
        const { kernel } = context.services;
        const id = `${context.services.nextId('s3-upload', 'hex16')}${context.services.nextId('s3-upload', 'hex16')}`;
        bucket.uploads.set(id, { id, key: String(input['Key']), at: kernel.now(), parts: new Map(), input });
        context.changed(bucket);
        return { Bucket: bucket.name, Key: input['Key'], UploadId: id };
      },
    },
    UploadPart: uploadPart(context, rights),
    CompleteMultipartUpload: complete(context, rights),
    AbortMultipartUpload: {
      inputs: ['Bucket', 'Key', 'UploadId'],
      authorise: (input) => [access('AbortMultipartUpload', String(input['Bucket']), String(input['Key']), input)],
      run: (input, { region }) => {
        const { bucket, upload } = requireUpload(context, input, region);
        bucket.uploads.delete(upload.id);
        return {};
      },
    },
  };
}

function uploadInput({ store: buckets }: S3Context, input: OperationInput): OperationInput {
  return buckets.find(String(input['Bucket']))?.uploads.get(String(input['UploadId']))?.input ?? input;
}

function requireUpload(context: S3Context, input: OperationInput, region: string): { bucket: Bucket; upload: Upload } {
  const bucket = context.store.require(input['Bucket'], region);
  const upload = bucket.uploads.get(String(input['UploadId']));
  if (upload && upload.key === input['Key']) return { bucket, upload };
  throw new AwsError(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    404,
  );
}

function uploadPart(context: S3Context, rights: Operation['authorise']): Operation {
  return {
    inputs: [
      'Bucket',
      'Key',
      'UploadId',
      'PartNumber',
      'Body',
      'ContentLength',
      'ContentMD5',
      'ChecksumAlgorithm',
      ...checksumMembers,
    ],
    authorise: rights,
    run: (input, { region }) => {
      const { upload } = requireUpload(context, input, region);
      const number = Number(input['PartNumber']);
      if (!(number >= 1 && number <= partsMaximum)) {
        throw new AwsError(
          'InvalidArgument',
          `Part number must be an integer between 1 and ${partsMaximum}, inclusive`,
        );
      }
      const bytes = input['Body'] instanceof Uint8Array ? input['Body'] : Buffer.from(String(input['Body'] ?? ''));
      const checksums = checkedChecksums(input, bytes);
      const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
      upload.parts.set(number, { bytes, etag });
      return { ETag: etag, ...checksums };
    },
  };
}

function complete(context: S3Context, rights: Operation['authorise']): Operation {
  return {
    inputs: ['Bucket', 'Key', 'UploadId', 'MultipartUpload', 'IfNoneMatch', 'ChecksumType'],
    authorise: rights,
    run: (input, { region }) => {
      const { bucket, upload } = requireUpload(context, input, region);
      requireCondition(bucket, input);
      const parts = listed(upload, input['MultipartUpload']?.Parts ?? []);
      const bytes = Buffer.concat(parts.map((part) => part.bytes));
      const digests = parts.map(({ etag }) => Buffer.from(etag.replaceAll('"', ''), 'hex'));
      const etag = `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${parts.length}"`;
      const algorithm = upload.input['ChecksumAlgorithm'] ?? 'CRC32';
      // Of the whole object: what S3 makes for CRC32 with FULL_OBJECT. A composite checksum of parts is not modelled.
      const made = {
        content: { bytes },
        etag,
        checksums: checksumOf(String(algorithm), { bytes }, etag),
        hasChecksum: true,
      };
      const version = store(context, bucket, upload.input, made);
      bucket.uploads.delete(upload.id);
      return {
        ...described(version),
        Bucket: bucket.name,
        Key: version.key,
        ETag: etag,
        Location: `https://${bucket.name}.s3.${bucket.region}.amazonaws.com/${version.key}`,
        ...version.checksums,
      };
    },
  };
}

/** The parts in the order listed. Throws AwsError InvalidPart, InvalidPartOrder, EntityTooSmall. */
function listed(upload: Upload, given: readonly { readonly PartNumber?: number; readonly ETag?: string }[]) {
  if (given.length === 0) throw new AwsError('MalformedXML', 'You must specify at least one part');
  if (given.some(({ PartNumber: number = 0 }, index) => number <= (given[index - 1]?.PartNumber ?? 0))) {
    throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.');
  }
  return given.map(({ PartNumber: number = 0, ETag: etag }, index) => {
    const part = upload.parts.get(number);
    if (!part || part.etag.replaceAll('"', '') !== etag?.replaceAll('"', '')) {
      throw new AwsError(
        'InvalidPart',
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
      );
    }
    if (index < given.length - 1 && part.bytes.byteLength < partBytesMinimum) {
      throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
    }
    return part;
  });
}
