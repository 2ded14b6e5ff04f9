import { createHash } from 'node:crypto';
import type { Iam } from '../iam/index.ts';
import type { Kms } from './kms.ts';
import { assertModelled } from './modelled.ts';
import { lifecycleRules } from './s3-lifecycle.ts';
import { Bucket, type Encryption, type S3Context } from './s3-store.ts';
import { AwsError, type DeployedResource, type ResourceProvider, type ResourceRequest, Unmodelled } from './service.ts';

type Loose = Readonly<Record<string, unknown>>;

const isTrue = (value: unknown): boolean => value === true || value === 'true';

/** The CloudFormation types of S3: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_S3.html */
export function bucketProviders(context: S3Context, policies: Pick<Iam, 'putResourcePolicy'>): ResourceProvider[] {
  const blocking = new Set<string>();
  return [
    {
      type: 'AWS::S3::Bucket',
      modelled: [
        'BucketName',
        'VersioningConfiguration',
        'ObjectLockEnabled',
        'ObjectLockConfiguration',
        'LifecycleConfiguration',
        'BucketEncryption',
        'PublicAccessBlockConfiguration',
      ],
      inert: {
        OwnershipControls: 'access lists are refused; the account owns what it writes',
        LoggingConfiguration: 'no access logs are written; calls are in the event log',
        Tags: 'tags of buckets play no part in a rehearsal',
      },
      create: (request) => createBucket(context, blocking, request),
    },
    {
      type: 'AWS::S3::BucketPolicy',
      modelled: ['Bucket', 'PolicyDocument'],
      inert: {},
      create: ({ properties, stackName, logicalId }) => {
        const bucket = context.store.require(properties['Bucket']);
        const document = properties['PolicyDocument'];
        if (blocking.has(bucket.name) && isPublic(document)) {
          throw new AwsError(
            'AccessDenied',
            `s3:PutBucketPolicy on ${bucket.arn}: public policies are prevented by the BlockPublicPolicy setting of the bucket.`,
            403,
          );
        }
        policies.putResourcePolicy(bucket.arn, document, {
          stack: stackName,
          logicalId,
          policy: `resource policy of ${bucket.arn}`,
        });
        return { ref: bucket.name, attributes: { Id: bucket.name } };
      },
    },
  ];
}

/** An Allow for everybody without a condition. https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html */
function isPublic(document: unknown): boolean {
  const { Statement: given } = document as { Statement?: unknown };
  const statements = (Array.isArray(given) ? given : [given]) as {
    Effect?: string;
    Principal?: unknown;
    Condition?: unknown;
  }[];
  return statements.some(({ Effect, Principal, Condition }) => {
    const aws = typeof Principal === 'object' && Principal !== null ? (Principal as Loose)['AWS'] : Principal;
    return Effect === 'Allow' && Condition === undefined && (aws === '*' || (Array.isArray(aws) && aws.includes('*')));
  });
}

function createBucket(context: S3Context, blocking: Set<string>, request: ResourceRequest): DeployedResource {
  const { properties, region } = request;
  const name = bucketName(request);
  const lock = (properties['ObjectLockConfiguration'] ?? {}) as Loose;
  const lockable = isTrue(properties['ObjectLockEnabled']);
  if (lock['ObjectLockEnabled'] !== undefined && !lockable) {
    throw new AwsError('InvalidBucketState', `Object Lock configuration cannot be enabled on the bucket ${name}.`, 409);
  }
  const defaultLock = lockable ? defaultRetention(lock) : undefined;
  const status = ((properties['VersioningConfiguration'] ?? {}) as Loose)['Status'];
  if (status === 'Suspended') throw new Unmodelled(`${name}: suspended versioning is not modelled.`);
  const bucket = new Bucket({
    name,
    region,
    // 'Object Lock works only in buckets that have S3 Versioning enabled'; S3 enables it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
    versioned: status === 'Enabled' || lockable,
    lockable,
    defaultLock,
    encryption: defaultEncryption(context, region, properties['BucketEncryption']),
    rules: lifecycleRules(properties['LifecycleConfiguration']),
  });
  context.store.add(bucket);
  const access = (properties['PublicAccessBlockConfiguration'] ?? {}) as Loose;
  // On for every new bucket unless the template says otherwise: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
  if (access['BlockPublicPolicy'] === undefined || isTrue(access['BlockPublicPolicy'])) blocking.add(name);
  return {
    ref: name,
    attributes: {
      Arn: bucket.arn,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
      DualStackDomainName: `${name}.s3.dualstack.${region}.amazonaws.com`,
    },
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function bucketName({ properties, stackName, logicalId, region }: ResourceRequest): string {
  const hash = createHash('sha256').update(`${region}/${stackName}/${logicalId}`).digest('hex').slice(0, 12);
  const name = String(
    properties['BucketName'] ?? `${stackName}-${logicalId}`.toLowerCase().slice(0, 50).concat('-', hash),
  );
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..')) return name;
  throw new AwsError(
    'InvalidBucketName',
    `'${name}' is no name of a bucket: 3 to 63 lower-case letters, digits, hyphens and dots are allowed.`,
  );
}

function defaultRetention(lock: Loose): Bucket['defaultLock'] {
  assertModelled(lock, ['ObjectLockEnabled', 'Rule'], 'ObjectLockConfiguration');
  const { DefaultRetention: retention } = (lock['Rule'] ?? {}) as { DefaultRetention?: Loose };
  if (!retention) return undefined;
  assertModelled(retention, ['Mode', 'Days', 'Years'], 'DefaultRetention');
  const { Mode: mode, Days: days, Years: years } = retention;
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') throw new AwsError('MalformedXML', `Mode ${mode} is unknown.`);
  if ((days === undefined) === (years === undefined)) {
    throw new AwsError('MalformedXML', 'DefaultRetention needs either Days or Years.');
  }
  // Assumed: a year of retention has 365 days.
  return { mode, days: days === undefined ? Number(years) * 365 : Number(days) };
}

function defaultEncryption(context: S3Context, region: string, given: unknown): Encryption {
  const rules = ((given ?? {}) as { ServerSideEncryptionConfiguration?: readonly Loose[] })
    .ServerSideEncryptionConfiguration;
  const [rule] = rules ?? [];
  // 'Amazon S3 applies server-side encryption with Amazon S3 managed keys (SSE-S3) as the base level': https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html
  if (!rule) return { algorithm: 'AES256', bucketKey: false };
  assertModelled(rule, ['ServerSideEncryptionByDefault', 'BucketKeyEnabled'], 'ServerSideEncryptionConfiguration');
  const { SSEAlgorithm: algorithm, KMSMasterKeyID: keyId } = (rule['ServerSideEncryptionByDefault'] ?? {}) as Loose;
  const bucketKey = isTrue(rule['BucketKeyEnabled']);
  if (algorithm === 'AES256') return { algorithm, bucketKey: false };
  if (algorithm !== 'aws:kms')
    throw new Unmodelled(`SSEAlgorithm ${algorithm} is not modelled; AES256 and aws:kms are.`);
  if (keyId === undefined) return { algorithm, bucketKey };
  const key = context.services.service<Kms>('kms').find(region, String(keyId));
  if (!key) throw new AwsError('KMS.NotFoundException', `Key '${keyId}' does not exist in ${region}.`);
  return { algorithm, key, bucketKey };
}
