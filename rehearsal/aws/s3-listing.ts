import { access } from './s3-access.ts';
import { type ObjectVersion, type S3Context, sizeOf } from './s3-store.ts';
import { AwsError, type Operation, type OperationInput } from './service.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, …/API_ListObjectVersions.html, …/API_HeadBucket.html */
export function listingOperations(context: S3Context): Readonly<Record<string, Operation>> {
  return {
    HeadBucket: {
      inputs: ['Bucket'],
      authorise: (input) => [listing('ListBucket', input)],
      run: (input, { region }) => {
        const { region: home } = context.store.require(input['Bucket'], region);
        return { BucketRegion: home };
      },
    },
    ListObjectsV2: listObjects(context),
    ListObjectVersions: listVersions(context),
  };
}

function listing(action: string, input: OperationInput) {
  const given = (name: string) => (input[name] === undefined ? [] : String(input[name]));
  return access(action, String(input['Bucket']), undefined, input, {
    's3:prefix': given('Prefix'),
    's3:delimiter': given('Delimiter'),
    's3:max-keys': given('MaxKeys'),
  });
}

/** 'Returns some or all (up to 1,000)' */
function sizeOfPage(input: OperationInput): number {
  const size = Number(input['MaxKeys'] ?? 1000);
  if (size >= 0) return Math.min(size, 1000);
  throw new AwsError('InvalidArgument', 'Argument maxKeys must be an integer between 0 and 2147483647');
}

interface Entry {
  readonly name: string;
  readonly version?: ObjectVersion;
}

function listObjects({ store }: S3Context): Operation {
  return {
    inputs: ['Bucket', 'Prefix', 'Delimiter', 'MaxKeys', 'ContinuationToken', 'StartAfter'],
    authorise: (input) => [listing('ListBucket', input)],
    run: (input, { region }) => {
      const bucket = store.require(input['Bucket'], region);
      const { Prefix: prefix = '', Delimiter: delimiter, ContinuationToken: token, StartAfter: start } = input;
      const after = token === undefined ? start : Buffer.from(String(token), 'base64url').toString();
      const entries: Entry[] = [];
      const size = sizeOfPage(input);
      for (const key of bucket.keys) {
        const version = bucket.find(key);
        if (!key.startsWith(prefix) || !version || version.marker) continue;
        const folder = commonPrefix(key, prefix, delimiter);
        const name = folder ?? key;
        if ((after !== undefined && name <= after) || entries.at(-1)?.name === name) continue;
        entries.push(folder === undefined ? { name, version } : { name });
        if (entries.length > size) break;
      }
      const shown = entries.slice(0, size);
      const last = shown.at(-1);
      return {
        Name: bucket.name,
        Prefix: prefix,
        ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
        MaxKeys: size,
        KeyCount: shown.length,
        IsTruncated: entries.length > size,
        ...(entries.length > size && last
          ? { NextContinuationToken: Buffer.from(last.name).toString('base64url') }
          : {}),
        Contents: shown.flatMap(({ version }) => (version ? [summary(version)] : [])),
        CommonPrefixes: shown.flatMap(({ name, version }) => (version ? [] : [{ Prefix: name }])),
      };
    },
  };
}

function commonPrefix(key: string, prefix: string, delimiter: unknown): string | undefined {
  if (typeof delimiter !== 'string' || delimiter === '') return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

function summary({ key, at, etag, content, storageClass, checksums }: ObjectVersion): OperationInput {
  const algorithms = Object.keys(checksums).map((name) => name.slice('Checksum'.length));
  return {
    Key: key,
    LastModified: new Date(at),
    ETag: etag,
    Size: sizeOf(content),
    StorageClass: storageClass,
    ...(algorithms.length === 0 ? {} : { ChecksumAlgorithm: algorithms, ChecksumType: 'FULL_OBJECT' }),
  };
}

function listVersions({ store }: S3Context): Operation {
  return {
    inputs: ['Bucket', 'Prefix', 'MaxKeys', 'KeyMarker', 'VersionIdMarker'],
    authorise: (input) => [listing('ListBucketVersions', input)],
    run: (input, { region }) => {
      const bucket = store.require(input['Bucket'], region);
      const { Prefix: prefix = '', KeyMarker: keyMarker, VersionIdMarker: idMarker } = input;
      const size = sizeOfPage(input);
      const all = bucket.keys
        .filter((key) => key.startsWith(prefix))
        .flatMap((key) => bucket.versions(key).map((version, index) => ({ version, latest: index === 0 })));
      const at = all.findIndex(({ version: { key, versionId } }) =>
        idMarker === undefined ? key > (keyMarker ?? '') : key === keyMarker && versionId === idMarker,
      );
      const from = keyMarker === undefined ? 0 : at < 0 ? all.length : idMarker === undefined ? at : at + 1;
      const shown = all.slice(from, from + size);
      const last = shown.at(-1)?.version;
      const truncated = from + size < all.length;
      return {
        Name: bucket.name,
        Prefix: prefix,
        MaxKeys: size,
        IsTruncated: truncated,
        ...(truncated && last ? { NextKeyMarker: last.key, NextVersionIdMarker: last.versionId } : {}),
        Versions: shown
          .filter(({ version }) => !version.marker)
          .map(({ version, latest }) => ({ ...summary(version), VersionId: version.versionId, IsLatest: latest })),
        DeleteMarkers: shown
          .filter(({ version }) => version.marker)
          .map(({ version: { key, versionId, at: put }, latest }) => ({
            Key: key,
            VersionId: versionId,
            IsLatest: latest,
            LastModified: new Date(put),
          })),
      };
    },
  };
}
