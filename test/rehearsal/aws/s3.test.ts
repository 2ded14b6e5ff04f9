import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectRetentionCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { createKms } from '../../../rehearsal/aws/kms.ts';
import { createS3, type S3 } from '../../../rehearsal/aws/s3.ts';
import { account } from '../assembly/small-assembly.ts';
import { callerRole, type SdkWorld, sdkWorld } from './sdk.ts';

const day = 86_400_000;
const everything = { Effect: 'Allow', Action: ['s3:*', 'kms:*'], Resource: '*' };
const key = { Type: 'AWS::KMS::Key', Properties: {} };
const versioned = { VersioningConfiguration: { Status: 'Enabled' } };
const encrypted = {
  BucketEncryption: {
    ServerSideEncryptionConfiguration: [
      {
        ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: { 'Fn::GetAtt': ['Key', 'Arn'] } },
        BucketKeyEnabled: true,
      },
    ],
  },
};
const bucket = (BucketName: string, properties: object = {}) => ({
  Type: 'AWS::S3::Bucket',
  Properties: { BucketName, ...properties },
});
const lockable = {
  ObjectLockEnabled: true,
  ObjectLockConfiguration: {
    ObjectLockEnabled: 'Enabled',
    Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Years: 7 } },
  },
};

interface World extends SdkWorld {
  readonly s3: S3;
  // biome-ignore lint/suspicious/noExplicitAny: each test names the members of the answer that it looks at
  send(command: object, region?: string): Promise<any>;
}

async function world(
  resources: Readonly<Record<string, unknown>>,
  statements: readonly object[] = [everything],
  standby: Readonly<Record<string, unknown>> = {},
): Promise<World> {
  const stacks = [
    { name: 'Small', resources: { Role: callerRole(...statements), ...resources } },
    ...(Object.keys(standby).length === 0 ? [] : [{ name: 'Standby', region: 'us-west-2', resources: standby }]),
  ];
  const made = await sdkWorld(stacks, [createKms, createS3]);
  const client = (region: string) => {
    const s3 = new S3Client(made.settings(region) as never);
    Object.defineProperty(s3.config, 'systemClockOffset', {
      get: () => made.rehearsal.kernel.now() - Date.now(),
      set: () => {},
    });
    return s3;
  };
  const clients: Readonly<Record<string, S3Client>> = {
    'us-east-1': client('us-east-1'),
    'us-west-2': client('us-west-2'),
  };
  return {
    ...made,
    s3: made.rehearsal.account.service<S3>('s3'),
    send: (command, region = 'us-east-1') => made.settled(clients[region]?.send(command as never) as Promise<never>),
  };
}

const put = (Key: string, Body: string, more: object = {}) =>
  new PutObjectCommand({ Bucket: 'sets', Key, Body, ...more });
const errorOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: Error) => error.name,
  );

describe('objects', () => {
  it('come back as they were put, with their checksum, metadata and version', async () => {
    const { send } = await world({ Key: key, Sets: bucket('sets', { ...versioned, ...encrypted }) });
    const first = await send(
      put('cluster state/ä.json', '{"a":1}', { Metadata: { set: 'one' }, ContentType: 'application/json' }),
    );
    expect(first).toMatchObject({ ServerSideEncryption: 'aws:kms', BucketKeyEnabled: true, ChecksumCRC32: 'Vhusrw==' });
    await send(put('cluster state/ä.json', '{"a":2}'));
    const read = await send(
      new GetObjectCommand({ Bucket: 'sets', Key: 'cluster state/ä.json', VersionId: first.VersionId }),
    );
    expect(await read.Body.transformToString()).toBe('{"a":1}');
    expect(read).toMatchObject({ Metadata: { set: 'one' }, ContentType: 'application/json', ContentLength: 7 });
    const head = await send(
      new HeadObjectCommand({ Bucket: 'sets', Key: 'cluster state/ä.json', ChecksumMode: 'ENABLED' }),
    );
    expect(head).toMatchObject({ ChecksumType: 'FULL_OBJECT', ContentLength: 7 });
    expect(head.VersionId).not.toBe(first.VersionId);
  });

  it('are refused with a checksum that does not fit', async () => {
    const { send } = await world({ Sets: bucket('sets') });
    const wrong = put('a', 'text', { ChecksumSHA256: 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=' });
    expect(await errorOf(send(wrong))).toBe('BadDigest');
    expect(
      await send(put('a', 'test', { ChecksumSHA256: 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=' })),
    ).toMatchObject({
      ChecksumSHA256: 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=',
    });
  });

  it('are put once where the request says so', async () => {
    const { send } = await world({ Sets: bucket('sets', versioned) });
    await send(put('a', '1', { IfNoneMatch: '*' }));
    expect(await errorOf(send(put('a', '2', { IfNoneMatch: '*' })))).toBe('PreconditionFailed');
    await send(new DeleteObjectCommand({ Bucket: 'sets', Key: 'a' }));
    await send(put('a', '3', { IfNoneMatch: '*' }));
  });

  it('that are not there: 404 for who may list, 403 for who may not', async () => {
    const missing = new GetObjectCommand({ Bucket: 'sets', Key: 'a' });
    const { send } = await world({ Sets: bucket('sets') });
    expect(await errorOf(send(missing))).toBe('NoSuchKey');
    expect(await errorOf(send(new HeadObjectCommand({ Bucket: 'sets', Key: 'a' })))).toBe('NotFound');
    expect(await errorOf(send(new GetObjectCommand({ Bucket: 'none', Key: 'a' })))).toBe('NoSuchBucket');
    const narrow = await world({ Sets: bucket('sets') }, [
      { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::sets/*' },
    ]);
    expect(await errorOf(narrow.send(missing))).toBe('AccessDenied');
  });

  it('are asked for in the bucket’s own region', async () => {
    const { send } = await world({}, [everything], { Sets: bucket('sets') });
    expect(await errorOf(send(put('a', '1')))).toBe('PermanentRedirect');
    await send(put('a', '1'), 'us-west-2');
    expect(await send(new HeadBucketCommand({ Bucket: 'sets' }), 'us-west-2')).toMatchObject({
      BucketRegion: 'us-west-2',
    });
  });
});

describe('rights', () => {
  it('a version, a lock and tags are actions of their own', async () => {
    const allow = (...Action: string[]) => [
      { Effect: 'Allow', Action, Resource: ['arn:aws:s3:::sets/*', 'arn:aws:s3:::sets'] },
    ];
    const resources = { Sets: bucket('sets', lockable) };
    const until = new Date(Date.UTC(2026, 5, 1));
    const locked = put('a', '1', { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until });
    const plain = await world(resources, allow('s3:PutObject', 's3:GetObject'));
    const { VersionId } = await plain.send(put('a', '1'));
    expect(await errorOf(plain.send(locked))).toBe('AccessDenied');
    expect(await errorOf(plain.send(put('a', '1', { Tagging: 'a=b' })))).toBe('AccessDenied');
    expect(await errorOf(plain.send(new GetObjectCommand({ Bucket: 'sets', Key: 'a', VersionId })))).toBe(
      'AccessDenied',
    );
    const more = await world(resources, allow('s3:PutObject', 's3:PutObjectRetention', 's3:PutObjectTagging'));
    await more.send(locked);
    await more.send(put('a', '1', { Tagging: 'a=b' }));
  });

  it('the key is asked for what it is used for, through S3 and for this bucket', async () => {
    const objects = { Effect: 'Allow', Action: 's3:*', Resource: ['arn:aws:s3:::sets', 'arn:aws:s3:::sets/*'] };
    const use = (Action: string, context: string) => ({
      Effect: 'Allow',
      Action,
      Resource: '*',
      Condition: {
        StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com', 'kms:EncryptionContext:aws:s3:arn': context },
      },
    });
    const resources = { Key: key, Sets: bucket('sets', encrypted) };
    const writer = await world(resources, [objects, use('kms:GenerateDataKey', 'arn:aws:s3:::sets')]);
    await writer.send(put('a', '1'));
    expect(await errorOf(writer.send(new GetObjectCommand({ Bucket: 'sets', Key: 'a' })))).toBe('AccessDenied');
    // A head needs the key only for the checksum.
    await writer.send(new HeadObjectCommand({ Bucket: 'sets', Key: 'a' }));
    expect(
      await errorOf(writer.send(new HeadObjectCommand({ Bucket: 'sets', Key: 'a', ChecksumMode: 'ENABLED' }))),
    ).not.toBe('none');
    const wrong = await world(resources, [objects, use('kms:GenerateDataKey', 'arn:aws:s3:::sets/a')]);
    expect(await errorOf(wrong.send(put('a', '1')))).toBe('AccessDenied');
  });

  it('a bucket’s policy takes part for its objects', async () => {
    const policy = (statement: object) => ({
      Type: 'AWS::S3::BucketPolicy',
      Properties: {
        Bucket: { Ref: 'Sets' },
        PolicyDocument: { Version: '2012-10-17', Statement: [{ Principal: { AWS: '*' }, ...statement }] },
      },
    });
    const objects = ['arn:aws:s3:::sets', 'arn:aws:s3:::sets/*'];
    const tls = {
      Effect: 'Deny',
      Action: 's3:*',
      Resource: objects,
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    const passes = await world({ Sets: bucket('sets'), Policy: policy(tls) });
    await passes.send(put('a', '1'));
    const denies = await world({
      Sets: bucket('sets'),
      Policy: policy({ Effect: 'Deny', Action: 's3:DeleteObject*', Resource: 'arn:aws:s3:::sets/*' }),
    });
    await denies.send(put('a', '1'));
    expect(await errorOf(denies.send(new DeleteObjectCommand({ Bucket: 'sets', Key: 'a' })))).toBe('AccessDenied');
    await expect(
      world({ Sets: bucket('sets'), Policy: policy({ Effect: 'Allow', Action: 's3:GetObject', Resource: objects }) }),
    ).rejects.toThrow('BlockPublicPolicy');
  });
});

describe('lists', () => {
  it('give keys in their order, page by page, and fold at a delimiter', async () => {
    const { send } = await world({ Sets: bucket('sets', versioned) });
    for (const name of ['b/2', 'a/1', 'b/1', 'c']) await send(put(name, name));
    await send(new DeleteObjectCommand({ Bucket: 'sets', Key: 'c' }));
    const first = await send(new ListObjectsV2Command({ Bucket: 'sets', MaxKeys: 2 }));
    expect(first.Contents.map(({ Key }: { Key: string }) => Key)).toEqual(['a/1', 'b/1']);
    const second = await send(
      new ListObjectsV2Command({ Bucket: 'sets', ContinuationToken: first.NextContinuationToken }),
    );
    expect(second).toMatchObject({ KeyCount: 1, IsTruncated: false, Contents: [{ Key: 'b/2', Size: 3 }] });
    const folded = await send(new ListObjectsV2Command({ Bucket: 'sets', Delimiter: '/' }));
    expect(folded.CommonPrefixes).toEqual([{ Prefix: 'a/' }, { Prefix: 'b/' }]);
    const versions = await send(new ListObjectVersionsCommand({ Bucket: 'sets', Prefix: 'c' }));
    expect(versions).toMatchObject({
      Versions: [{ Key: 'c', IsLatest: false }],
      DeleteMarkers: [{ Key: 'c', IsLatest: true }],
    });
    const page = await send(new ListObjectVersionsCommand({ Bucket: 'sets', MaxKeys: 4 }));
    const rest = await send(
      new ListObjectVersionsCommand({
        Bucket: 'sets',
        KeyMarker: page.NextKeyMarker,
        VersionIdMarker: page.NextVersionIdMarker,
      }),
    );
    expect(rest).toMatchObject({ Versions: [{ Key: 'c' }], IsTruncated: false });
  });
});

describe('a lock', () => {
  it('holds a version for the time that the bucket says, and lets a marker be put above it', async () => {
    const { send, wait } = await world({ Sets: bucket('sets', lockable) });
    const { VersionId } = await send(put('a', '1'));
    const { Retention } = await send(new GetObjectRetentionCommand({ Bucket: 'sets', Key: 'a' }));
    expect(Retention.Mode).toBe('COMPLIANCE');
    expect(Math.round((Retention.RetainUntilDate - Date.UTC(2026, 0, 5, 9)) / day)).toBe(7 * 365);
    const remove = new DeleteObjectCommand({ Bucket: 'sets', Key: 'a', VersionId });
    expect(await errorOf(send(remove))).toBe('AccessDenied');
    const bypassed = new DeleteObjectCommand({ Bucket: 'sets', Key: 'a', VersionId, BypassGovernanceRetention: true });
    expect(await errorOf(send(bypassed))).toBe('AccessDenied');
    const several = await send(
      new DeleteObjectsCommand({ Bucket: 'sets', Delete: { Objects: [{ Key: 'a', VersionId }, { Key: 'b' }] } }),
    );
    expect(several).toMatchObject({ Errors: [{ Key: 'a', Code: 'AccessDenied' }], Deleted: [{ Key: 'b' }] });
    expect(await send(new DeleteObjectCommand({ Bucket: 'sets', Key: 'a' }))).toMatchObject({ DeleteMarker: true });
    await wait(7 * 365 * day);
    await send(new DeleteObjectCommand({ Bucket: 'sets', Key: 'a', VersionId }));
  });

  it('only grows, and is refused in a bucket without', async () => {
    const { send } = await world({
      Sets: bucket('sets', { ObjectLockEnabled: true }),
      Open: bucket('open', versioned),
    });
    const at = (year: number) => ({ Mode: 'COMPLIANCE', RetainUntilDate: new Date(Date.UTC(year, 0, 1)) }) as const;
    const retain = (year: number, Bucket = 'sets') =>
      send(new PutObjectRetentionCommand({ Bucket, Key: 'a', Retention: at(year) }));
    await send(put('a', '1'));
    await retain(2030);
    await retain(2033);
    expect(await errorOf(retain(2031))).toBe('AccessDenied');
    expect(await errorOf(retain(2033, 'open'))).toBe('InvalidRequest');
    expect(await errorOf(send(put('b', '1', { ObjectLockMode: 'COMPLIANCE' })))).toBe('InvalidArgument');
  });

  it('takes no object that another service puts without a checksum', async () => {
    const { s3 } = await world({ Sets: bucket('sets', lockable), Exports: bucket('exports') });
    expect(() => s3.put('us-east-1', 'sets', 'part', { size: 10 })).toThrow(
      'is required for Put Object requests with Object Lock',
    );
    s3.put('us-east-1', 'exports', 'part', { size: 10 });
  });
});

describe('a copy', () => {
  it('goes to another region under that region’s key, with a lock of its own', async () => {
    const { send, s3 } = await world({ Key: key, Sets: bucket('sets', encrypted) }, [everything], {
      Key: key,
      Archive: bucket('archive', { ...lockable, ...encrypted }),
    });
    s3.put('us-east-1', 'sets', 'export/part 1', { size: 4_000_000_000 });
    await send(put('state', 'text', { Metadata: { set: 'one' } }));
    const copy = (Key: string, CopySource: string, more = {}) =>
      send(new CopyObjectCommand({ Bucket: 'archive', Key, CopySource, ...more }), 'us-west-2');
    const copied = await copy('state', 'sets/state', { ChecksumAlgorithm: 'SHA256' });
    expect(copied.SSEKMSKeyId).toMatch(/^arn:aws:kms:us-west-2:/);
    expect(copied.CopyObjectResult.ChecksumSHA256).toBe('mC2ePrmW9VnmM/TRlN7zdh2Qn1o7ZH0ahR/q1nwyydE=');
    const head = await send(new HeadObjectCommand({ Bucket: 'archive', Key: 'state' }), 'us-west-2');
    expect(head).toMatchObject({ Metadata: { set: 'one' }, ObjectLockMode: 'COMPLIANCE' });
    await copy('part', `/sets/${encodeURIComponent('export/part 1')}`);
    expect(await send(new HeadObjectCommand({ Bucket: 'archive', Key: 'part' }), 'us-west-2')).toMatchObject({
      ContentLength: 4_000_000_000,
    });
    s3.put('us-east-1', 'sets', 'large', { size: 6_000_000_000 });
    expect(await errorOf(copy('large', 'sets/large'))).toBe('InvalidRequest');
    expect(await errorOf(copy('none', 'sets/none'))).toBe('NoSuchKey');
  });
});

describe('an upload in parts', () => {
  it('becomes an object when it is completed, and nothing when it is given up', async () => {
    const { send } = await world({ Key: key, Sets: bucket('sets', { ...lockable, ...encrypted }) });
    const at = { Bucket: 'sets', Key: 'large' };
    const { UploadId } = await send(new CreateMultipartUploadCommand({ ...at, ChecksumAlgorithm: 'CRC32' }));
    const part = (PartNumber: number, Body: Uint8Array) =>
      send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }));
    const big = await part(1, Buffer.alloc(5 * 1024 ** 2, 1));
    const last = await part(2, Buffer.from('end'));
    const completed = (...Parts: { ETag: string; PartNumber: number }[]) =>
      send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
    expect(await errorOf(completed({ ETag: last.ETag, PartNumber: 2 }, { ETag: big.ETag, PartNumber: 1 }))).toBe(
      'InvalidPartOrder',
    );
    expect(await errorOf(completed({ ETag: '"no"', PartNumber: 1 }))).toBe('InvalidPart');
    expect((await completed({ ETag: big.ETag, PartNumber: 1 }, { ETag: last.ETag, PartNumber: 2 })).ETag).toMatch(
      /-2"$/,
    );
    expect(await send(new HeadObjectCommand(at))).toMatchObject({
      ContentLength: 5 * 1024 ** 2 + 3,
      ObjectLockMode: 'COMPLIANCE',
    });
    expect(await errorOf(part(3, Buffer.from('late')))).toBe('NoSuchUpload');
    const other = await send(new CreateMultipartUploadCommand(at));
    await send(new AbortMultipartUploadCommand({ ...at, UploadId: other.UploadId }));
  });
});

describe('the lifecycle', () => {
  it('expires by prefix at midnight, then the noncurrent version, but no version under lock', async () => {
    const Rules = [
      {
        Status: 'Enabled',
        Prefix: 'state/',
        ExpirationInDays: 7,
        NoncurrentVersionExpiration: { NoncurrentDays: 1 },
        ExpiredObjectDeleteMarker: true,
      },
      { Status: 'Disabled', ExpirationInDays: 1 },
    ];
    const { send, wait, s3 } = await world({
      Sets: bucket('sets', { ObjectLockEnabled: true, LifecycleConfiguration: { Rules } }),
    });
    const versions = (name: string) => s3.buckets.require('sets').versions(name).length;
    await send(put('state/a', '1'));
    await send(put('other/a', '1'));
    const until = new Date(Date.UTC(2026, 2, 1));
    await send(put('state/locked', '1', { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until }));
    await wait(7.5 * day);
    expect(versions('state/a')).toBe(1);
    await wait(day / 2);
    expect(
      s3.buckets
        .require('sets')
        .versions('state/a')
        .map(({ marker }) => marker),
    ).toEqual([true, false]);
    await wait(3 * day);
    expect([versions('state/a'), versions('state/locked'), versions('other/a')]).toEqual([0, 2, 1]);
    await wait(60 * day);
    expect(versions('state/locked')).toBe(0);
  });
});

describe('a bucket', () => {
  it('is refused with a property that is not modelled, a lock that is not enabled, or a name that is no name', async () => {
    const refused = (properties: object, name = 'sets') => expect(world({ Sets: bucket(name, properties) })).rejects;
    await refused({ WebsiteConfiguration: {} }).toThrow('does not model the property WebsiteConfiguration');
    await refused({ ...lockable, ObjectLockEnabled: false }).toThrow('Object Lock configuration cannot be enabled');
    await refused({}, 'Sets').toThrow('is no name of a bucket');
    await refused({ LifecycleConfiguration: { Rules: [{ Status: 'Enabled', TagFilters: [] }] } }).toThrow('TagFilters');
  });

  it('takes only what is modelled: anything else ends the run', async () => {
    const { send } = await world({ Sets: bucket('sets') });
    await expect(send(put('a', '1', { ACL: 'public-read' }))).rejects.toThrow(`does not model ACL`);
    expect(account).toBe('111111111111');
  });
});
