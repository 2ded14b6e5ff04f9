import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type LifecycleRule,
  ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledgements.ts';
import type { EncryptionKey } from './encryption-key.ts';

export interface BackupBucketProps {
  readonly bucketName: string;
  readonly encryptionKey: EncryptionKey;
  /** By the first part of the keys: days after which an object goes. Without an entry it stays. */
  readonly expires: Readonly<Record<string, number>>;
  /** Nobody deletes or changes an object before, whatever rights they have. */
  readonly lockedYears?: number;
}

/** Former versions and uploads that were given up go after so long. */
const leftoverDays = 7;

/**
 * A bucket of backups: versions, our key, TLS alone, never public, kept when its stack goes. A lock in compliance mode is on from the start: it can't be
 * shortened or taken away. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
export class BackupBucket extends Bucket {
  constructor(scope: Construct, id: string, props: BackupBucketProps) {
    const { lockedYears } = props;
    super(scope, id, {
      bucketName: props.bucketName,
      encryption: BucketEncryption.KMS,
      encryptionKey: props.encryptionKey,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [...rulesOf(props.expires), leftovers],
      removalPolicy: RemovalPolicy.RETAIN,
      ...(lockedYears === undefined
        ? {}
        : {
            objectLockEnabled: true,
            objectLockDefaultRetention: ObjectLockRetention.compliance(Duration.days(lockedYears * 366)),
          }),
    });
    acknowledge(this, 'backupBucketAccess');
  }
}

const leftovers: LifecycleRule = {
  id: 'leftovers',
  abortIncompleteMultipartUploadAfter: Duration.days(leftoverDays),
  noncurrentVersionExpiration: Duration.days(leftoverDays),
};

function rulesOf(expires: Readonly<Record<string, number>>): LifecycleRule[] {
  return Object.entries(expires).map(([prefix, days]) => ({
    id: prefix.replace(/\/$/, ''),
    prefix,
    expiration: Duration.days(days),
  }));
}
