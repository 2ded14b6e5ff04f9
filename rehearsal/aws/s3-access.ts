import type { Kms } from './kms.ts';
import type { Bucket, Encryption, ObjectVersion, S3Context } from './s3-store.ts';
import { type AuthorisationRequest, AwsError, type OperationInput } from './service.ts';

type Conditions = Readonly<Record<string, string | readonly string[]>>;

/**
 * Keys of all operations; an empty list says that the request has none.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
function usual(input: OperationInput): Record<string, string | readonly string[]> {
  const lock = input['ObjectLockRetainUntilDate'];
  const given = (name: string): string | readonly string[] => (input[name] === undefined ? [] : String(input[name]));
  return {
    's3:authType': 'REST-HEADER',
    's3:signatureversion': 'AWS4-HMAC-SHA256',
    's3:TlsVersion': '1.3',
    's3:x-amz-acl': [],
    's3:x-amz-content-sha256': [],
    's3:x-amz-storage-class': given('StorageClass'),
    's3:x-amz-server-side-encryption': given('ServerSideEncryption'),
    's3:x-amz-server-side-encryption-aws-kms-key-id': given('SSEKMSKeyId'),
    's3:x-amz-server-side-encryption-customer-algorithm': [],
    's3:object-lock-mode': given('ObjectLockMode'),
    's3:object-lock-retain-until-date': lock === undefined ? [] : new Date(lock as string).toISOString(),
    's3:object-lock-legal-hold': [],
    's3:if-none-match': given('IfNoneMatch'),
    's3:if-match': given('IfMatch'),
    's3:VersionId': given('VersionId'),
  };
}

/** One decision about an object, or about its bucket where no key is given. */
export function access(
  action: string,
  bucket: string,
  key: string | undefined,
  input: OperationInput,
  more: Conditions = {},
): AuthorisationRequest {
  const arn = `arn:aws:s3:::${bucket}`;
  const resource = key === undefined ? arn : `${arn}/${key}`;
  return { action: `s3:${action}`, resources: [resource], conditions: { ...usual(input), ...more } };
}

/** 'If the object you request doesn't exist, the error depends on whether you also have the s3:ListBucket permission': https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
export function listingRight(bucket: string, input: OperationInput): AuthorisationRequest {
  return access('ListBucket', bucket, undefined, input, { 's3:prefix': [], 's3:delimiter': [], 's3:max-keys': [] });
}

/**
 * Uses of a key of ours by S3 on the caller's behalf. With a bucket key the encryption context is the bucket's ARN. S3 keeps such a
 * key for a while; here each request asks. https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
export function keyRequests(
  { services }: S3Context,
  bucket: Pick<Bucket, 'arn' | 'region'>,
  key: string,
  { key: kmsKey, bucketKey }: Encryption,
  actions: readonly string[],
): AuthorisationRequest[] {
  if (!kmsKey) return [];
  try {
    return services.service<Kms>('kms').keyUseRequests({
      region: bucket.region,
      key: kmsKey.arn,
      actions,
      viaService: 's3',
      encryptionContext: { 'aws:s3:arn': bucketKey ? bucket.arn : `${bucket.arn}/${key}` },
    });
  } catch (error) {
    if (error instanceof AwsError) throw new AwsError(`KMS.${error.name}`, error.message, 400);
    throw error;
  }
}

/** Rights to read one version: the object, the key, and the listing where there is nothing. */
export function readRights(context: S3Context, input: OperationInput, decrypts = true): AuthorisationRequest[] {
  const [name, key] = [String(input['Bucket']), String(input['Key'])];
  const versionId = input['VersionId'] === undefined ? undefined : String(input['VersionId']);
  const own = access(versionId === undefined ? 'GetObject' : 'GetObjectVersion', name, key, input);
  const bucket = context.store.find(name);
  const found: ObjectVersion | undefined = bucket?.find(key, versionId);
  if (!bucket || !found || found.marker) return [own, listingRight(name, input)];
  return decrypts ? [own, ...keyRequests(context, bucket, key, found.encryption, ['kms:Decrypt'])] : [own];
}

/** Rights to put an object: its lock and tags are actions of their own. */
export function writeRights(
  context: S3Context,
  input: OperationInput,
  encryption: Encryption | undefined,
  keyActions: readonly string[] = ['kms:GenerateDataKey'],
): AuthorisationRequest[] {
  const [name, key] = [String(input['Bucket']), String(input['Key'])];
  const bucket = context.store.find(name);
  const days = input['ObjectLockRetainUntilDate'];
  const remaining: Conditions =
    days === undefined
      ? { 's3:object-lock-remaining-retention-days': [] }
      : { 's3:object-lock-remaining-retention-days': String(daysUntil(context, days)) };
  return [
    access('PutObject', name, key, input, remaining),
    ...(input['ObjectLockMode'] === undefined ? [] : [access('PutObjectRetention', name, key, input, remaining)]),
    ...(input['Tagging'] === undefined ? [] : [access('PutObjectTagging', name, key, input)]),
    ...(bucket && encryption ? keyRequests(context, bucket, key, encryption, keyActions) : []),
  ];
}

function daysUntil({ services }: S3Context, until: unknown): number {
  const milliseconds = new Date(until as string).getTime() - services.kernel.now();
  return Math.ceil(milliseconds / 86_400_000);
}
