import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { AwsUnavailable } from '../../domain/errors.ts';
import type { ObjectCopy, ObjectDigest, ObjectPlace, ObjectUpload, StoredObjects } from '../ports/stored-objects.ts';
import { calling, clientSettings, isNamed } from './client.ts';

/** A copy of five gibibytes answers when it is done: assumed at 100 MB/s, and as much again. */
const copyMilliseconds = 110_000;
/** 5 MiB at least but for the last, 10,000 at most: 80 GB. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const partBytes = 8 * 1024 ** 2;
/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
const copyBytesMax = 5 * 1024 ** 3;
const noSuchKey = 'NoSuchKey';

/** S3 of one region. Each object is encrypted with the key that is named. */
export function s3StoredObjects(region: string): StoredObjects {
  const settings = clientSettings(region);
  const client = new S3Client(settings);
  const copying = new S3Client({
    ...settings,
    requestHandler: { ...settings.requestHandler, requestTimeout: copyMilliseconds },
  });
  return {
    put: (to, body, encryptionKey) => put(client, to, body, encryptionKey),
    upload: (to, encryptionKey) => new PartedUpload(client, to, encryptionKey),

    async read(from) {
      const pieces: Uint8Array[] = [];
      const found = await eachPiece(client, from, (piece) => pieces.push(piece));
      return found ? Buffer.concat(pieces) : undefined;
    },

    async digestOf(of) {
      const digest = new RunningDigest();
      const found = await eachPiece(client, of, (piece) => digest.add(piece));
      return found ? digest.value() : undefined;
    },

    copy: (copy) => copyObject(copying, copy),

    async list(bucket, prefix, afterKey) {
      const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter: afterKey });
      const answer = await calling('s3:ListObjectsV2', () => client.send(command));
      return (answer.Contents ?? []).flatMap(({ Key, Size }) => (Key ? [{ key: Key, bytes: Size ?? 0 }] : []));
    },
  };
}

function encryptedWith(encryptionKey: string) {
  return { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: encryptionKey, BucketKeyEnabled: true } as const;
}

/** In one call up to five gibibytes, in parts above: https://docs.aws.amazon.com/AmazonS3/latest/userguide/CopyingObjectsMPUapi.html */
async function copyObject(
  client: S3Client,
  { from, to, encryptionKey, lockedUntil, bytes = 0 }: ObjectCopy,
): Promise<void> {
  const named = { Bucket: to.bucket, Key: to.key };
  const source = `${from.bucket}/${from.key.split('/').map(encodeURIComponent).join('/')}`;
  const written = {
    ...named,
    // A bucket whose objects are locked takes none without a checksum: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
    ChecksumAlgorithm: 'SHA256',
    ...encryptedWith(encryptionKey),
    ...(lockedUntil ? { ObjectLockMode: 'COMPLIANCE' as const, ObjectLockRetainUntilDate: lockedUntil } : {}),
  } as const;
  if (bytes <= copyBytesMax) {
    const command = new CopyObjectCommand({ ...written, CopySource: source });
    await calling('s3:CopyObject', () => client.send(command));
    return;
  }
  const begin = new CreateMultipartUploadCommand(written);
  const { UploadId = '' } = await calling('s3:CreateMultipartUpload', () => client.send(begin));
  const parts: CompletedPart[] = [];
  for (let first = 0; first < bytes; first += copyBytesMax) {
    const PartNumber = parts.length + 1;
    const CopySourceRange = `bytes=${first}-${Math.min(bytes, first + copyBytesMax) - 1}`;
    const command = new UploadPartCopyCommand({ ...named, UploadId, PartNumber, CopySource: source, CopySourceRange });
    const { CopyPartResult } = await calling('s3:UploadPartCopy', () => client.send(command));
    parts.push({ ETag: CopyPartResult?.ETag, ChecksumSHA256: CopyPartResult?.ChecksumSHA256, PartNumber });
  }
  const end = new CompleteMultipartUploadCommand({ ...named, UploadId, MultipartUpload: { Parts: parts } });
  await calling('s3:CompleteMultipartUpload', () => client.send(end));
}

/** S3 refuses what did not arrive as it was sent: the checksum goes with it. */
async function put(client: S3Client, to: ObjectPlace, body: Uint8Array, encryptionKey: string): Promise<ObjectDigest> {
  const hash = createHash('sha256').update(body).digest();
  const command = new PutObjectCommand({
    Bucket: to.bucket,
    Key: to.key,
    Body: body,
    ChecksumSHA256: hash.toString('base64'),
    ...encryptedWith(encryptionKey),
  });
  await calling('s3:PutObject', () => client.send(command));
  return { bytes: body.byteLength, sha256: hash.toString('hex') };
}

/** False: there is no such object. A connection that breaks on the way is AwsUnavailable. */
async function eachPiece(
  client: S3Client,
  { bucket, key }: ObjectPlace,
  take: (piece: Uint8Array) => void,
): Promise<boolean> {
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key });
    const answer = await calling('s3:GetObject', () => client.send(command), [noSuchKey]);
    try {
      for await (const piece of answer.Body as AsyncIterable<Uint8Array>) take(piece);
    } catch (error) {
      throw new AwsUnavailable(`s3:GetObject of ${bucket}/${key} broke off: ${(error as Error).message}.`);
    }
    return true;
  } catch (error) {
    if (isNamed(error, noSuchKey)) return false;
    throw error;
  }
}

class RunningDigest {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  add(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#bytes += piece.byteLength;
  }

  value(): ObjectDigest {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}

/** One call where everything fits into one part, otherwise a multipart upload: no more than a part is ever held. */
class PartedUpload implements ObjectUpload {
  readonly #client: S3Client;
  readonly #to: ObjectPlace;
  readonly #encryptionKey: string;
  readonly #digest = new RunningDigest();
  readonly #parts: CompletedPart[] = [];
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #uploadId: string | undefined;

  constructor(client: S3Client, to: ObjectPlace, encryptionKey: string) {
    this.#client = client;
    this.#to = to;
    this.#encryptionKey = encryptionKey;
  }

  async write(piece: Uint8Array): Promise<void> {
    this.#digest.add(piece);
    this.#held.push(piece);
    this.#heldBytes += piece.byteLength;
    if (this.#heldBytes >= partBytes) await this.#send();
  }

  async end(): Promise<ObjectDigest> {
    if (this.#uploadId === undefined) {
      return put(this.#client, this.#to, Buffer.concat(this.#held), this.#encryptionKey);
    }
    if (this.#heldBytes > 0) await this.#send();
    const command = new CompleteMultipartUploadCommand({
      ...this.#named(),
      UploadId: this.#uploadId,
      MultipartUpload: { Parts: this.#parts },
    });
    await calling('s3:CompleteMultipartUpload', () => this.#client.send(command));
    return this.#digest.value();
  }

  async abort(): Promise<void> {
    if (this.#uploadId === undefined) return;
    const command = new AbortMultipartUploadCommand({ ...this.#named(), UploadId: this.#uploadId });
    await calling('s3:AbortMultipartUpload', () => this.#client.send(command));
  }

  async #send(): Promise<void> {
    const uploadId = this.#uploadId ?? (await this.#begin());
    this.#uploadId = uploadId;
    const body = Buffer.concat(this.#held);
    const checksum = createHash('sha256').update(body).digest('base64');
    const number = this.#parts.length + 1;
    const command = new UploadPartCommand({
      ...this.#named(),
      UploadId: uploadId,
      PartNumber: number,
      Body: body,
      ChecksumSHA256: checksum,
    });
    const answer = await calling('s3:UploadPart', () => this.#client.send(command));
    this.#parts.push({ ETag: answer.ETag, PartNumber: number, ChecksumSHA256: checksum });
    this.#held = [];
    this.#heldBytes = 0;
  }

  async #begin(): Promise<string> {
    const command = new CreateMultipartUploadCommand({
      ...this.#named(),
      ChecksumAlgorithm: 'SHA256',
      ...encryptedWith(this.#encryptionKey),
    });
    const answer = await calling('s3:CreateMultipartUpload', () => this.#client.send(command));
    return answer.UploadId ?? '';
  }

  #named() {
    return { Bucket: this.#to.bucket, Key: this.#to.key };
  }
}
