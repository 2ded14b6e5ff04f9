import { access } from './s3-access.ts';
import { readable, requestedLock } from './s3-objects.ts';
import { isHeld, type S3Context } from './s3-store.ts';
import { AwsError, type Operation, type OperationInput } from './service.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectRetention.html, …/API_PutObjectRetention.html */
export function retentionOperations(context: S3Context): Readonly<Record<string, Operation>> {
  return {
    GetObjectRetention: {
      inputs: ['Bucket', 'Key', 'VersionId'],
      authorise: (input) => [ofObject('GetObjectRetention', input)],
      run: (input, { region }) => {
        const { lock } = readable(lockable(context, input, region), input);
        if (lock) return { Retention: { Mode: lock.mode, RetainUntilDate: new Date(lock.until) } };
        throw new AwsError(
          'NoSuchObjectLockConfiguration',
          'The specified object does not have a ObjectLock configuration',
          404,
        );
      },
    },
    PutObjectRetention: putRetention(context),
  };
}

function ofObject(action: string, input: OperationInput) {
  const until = input['Retention']?.RetainUntilDate;
  return access(action, String(input['Bucket']), String(input['Key']), {
    ...input,
    ObjectLockMode: input['Retention']?.Mode,
    ObjectLockRetainUntilDate: until,
  });
}

function lockable(context: S3Context, input: OperationInput, region: string) {
  const bucket = context.store.require(input['Bucket'], region);
  if (bucket.lockable) return bucket;
  throw new AwsError('InvalidRequest', 'Bucket is missing Object Lock Configuration');
}

/** Compliance only grows: 'its retention mode can't be changed, and its retention period can't be shortened': https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html */
function putRetention(context: S3Context): Operation {
  return {
    inputs: ['Bucket', 'Key', 'VersionId', 'Retention', 'BypassGovernanceRetention', 'ChecksumAlgorithm', 'ContentMD5'],
    authorise: (input) => [
      ofObject('PutObjectRetention', input),
      ...(input['BypassGovernanceRetention'] === true ? [ofObject('BypassGovernanceRetention', input)] : []),
    ],
    run: (input, { region }) => {
      const now = context.services.kernel.now();
      const version = readable(lockable(context, input, region), input);
      const { Mode: mode, RetainUntilDate: until } = (input['Retention'] ?? {}) as OperationInput;
      const wanted = requestedLock(mode, until, now);
      const { lock } = version;
      const weaker = lock !== undefined && (wanted.until < lock.until || wanted.mode !== lock.mode);
      if (weaker && isHeld(version, now, input['BypassGovernanceRetention'] === true)) {
        throw new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403);
      }
      version.lock = wanted;
      return {};
    },
  };
}
