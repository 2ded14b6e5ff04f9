import { access } from './s3-access.ts';
import { deleteMarker } from './s3-lifecycle.ts';
import { type Bucket, isHeld, type S3Context } from './s3-store.ts';
import { type AuthorisationRequest, AwsError, type Operation, type OperationInput } from './service.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html, …/API_DeleteObjects.html */
export function deletionOperations(context: S3Context): Readonly<Record<string, Operation>> {
  return {
    DeleteObject: {
      inputs: ['Bucket', 'Key', 'VersionId', 'BypassGovernanceRetention'],
      authorise: rights,
      run: (input, { region }) => {
        const gone = remove(context, context.store.require(input['Bucket'], region), input);
        return gone;
      },
    },
    DeleteObjects: deleteObjects(context),
  };
}

function rights(input: OperationInput): AuthorisationRequest[] {
  const [bucket, key] = [String(input['Bucket']), String(input['Key'])];
  return [
    access(input['VersionId'] === undefined ? 'DeleteObject' : 'DeleteObjectVersion', bucket, key, input),
    ...(input['BypassGovernanceRetention'] === true ? [access('BypassGovernanceRetention', bucket, key, input)] : []),
  ];
}

/** Without a version a marker is put on top; a version goes for good unless its lock holds it. What is not there counts as deleted. */
function remove(context: S3Context, bucket: Bucket, input: OperationInput): OperationInput {
  const now = context.services.kernel.now();
  const [key, versionId] = [String(input['Key']), input['VersionId']];
  const id = versionId === undefined ? undefined : String(versionId);
  if (bucket.versioned && id === undefined) {
    const marker = deleteMarker(context, key, now);
    bucket.add(marker);
    context.changed(bucket);
    return { DeleteMarker: true, VersionId: marker.versionId };
  }
  const version = bucket.find(key, id);
  if (!version) return id === undefined ? {} : { VersionId: id };
  if (isHeld(version, now, input['BypassGovernanceRetention'] === true)) {
    throw new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403);
  }
  bucket.remove(version);
  context.changed(bucket);
  return id === undefined ? {} : { VersionId: id, ...(version.marker ? { DeleteMarker: true } : {}) };
}

function deleteObjects(context: S3Context): Operation {
  return {
    inputs: ['Bucket', 'Delete', 'BypassGovernanceRetention', 'ChecksumAlgorithm'],
    // Each object is judged by itself, and a refusal stands among the errors of an answer that succeeds.
    authorise: () => [],
    run: (input, call) => {
      const bucket = context.store.require(input['Bucket'], call.region);
      const { Objects: objects = [], Quiet: quiet } = input['Delete'] as {
        Objects?: readonly { readonly Key: string; readonly VersionId?: string }[];
        Quiet?: boolean;
      };
      if (objects.length === 0 || objects.length > 1000) {
        throw new AwsError('MalformedXML', 'Delete needs 1 to 1000 objects.');
      }
      const deleted: OperationInput[] = [];
      const errors: OperationInput[] = [];
      for (const { Key, VersionId } of objects) {
        const one = {
          Bucket: bucket.name,
          Key,
          VersionId,
          BypassGovernanceRetention: input['BypassGovernanceRetention'],
        };
        const named = { Key, ...(VersionId === undefined ? {} : { VersionId }) };
        try {
          context.services.authorise(call.principal, call.region, rights(one));
          const gone = remove(context, bucket, one);
          const marker = gone['DeleteMarker'] === true;
          deleted.push({
            ...named,
            ...(marker ? { DeleteMarker: true, DeleteMarkerVersionId: gone['VersionId'] } : {}),
          });
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          errors.push({ ...named, Code: error.name, Message: error.message });
        }
      }
      return { ...(quiet ? {} : { Deleted: deleted }), ...(errors.length === 0 ? {} : { Errors: errors }) };
    },
  };
}
