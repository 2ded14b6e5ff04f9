import type { World } from './module.ts';
import { requestTags, resourceTags, type Tags } from './rds-access.ts';
import { AwsError, type CallContext, type OperationInput } from './service.ts';
import { verifyPresignedUrl } from './wire/signature.ts';

/** The request to the source's region that belongs to a call from another one. */
interface Expected {
  readonly action: 'CopyDBSnapshot' | 'CreateDBInstanceReadReplica';
  readonly member: 'SourceDBSnapshotIdentifier' | 'SourceDBInstanceIdentifier';
  readonly kind: 'db' | 'snapshot';
  readonly source: { readonly arn: string; readonly region: string; readonly tags: Tags };
}

/**
 * What the SDK signs in advance, from the region in the source's ARN: RDS makes the request there, with the caller's right.
 * Throws AwsError InvalidParameterCombination, InvalidParameterValue, AccessDenied.
 */
export function checkPresigned(
  world: World,
  { action, member, kind, source }: Expected,
  input: OperationInput,
  call: CallContext,
): void {
  const { principal } = call;
  const { account, credentials } = world;
  const text = input['PreSignedUrl'];
  if (text === undefined) {
    throw new AwsError(
      'InvalidParameterCombination',
      `PreSignedUrl must be specified for ${source.arn}, which is encrypted.`,
    );
  }
  const url = new URL(String(text));
  const caller = verifyPresignedUrl(url.href, { credentials, now: account.kernel.now(), headers: {}, service: 'rds' });
  const asked: Readonly<Record<string, unknown>> = {
    Action: action,
    DestinationRegion: call.region,
    [member]: input[member],
    host: `rds.${source.region}.amazonaws.com`,
  };
  const given: Readonly<Record<string, unknown>> = { ...Object.fromEntries(url.searchParams), host: url.host };
  const wrong = Object.entries(asked).find(([name, value]) => given[name] !== value);
  if (wrong || principal.kind !== 'role' || caller.roleArn !== principal.roleArn) {
    throw new AwsError(
      'InvalidParameterValue',
      `The PreSignedUrl is not that of this call: ${wrong?.[0] ?? 'its caller'}.`,
    );
  }
  const conditions = { ...resourceTags(kind, source.tags), ...requestTags(new Map()) };
  account.authorise(principal, source.region, [{ action: `rds:${action}`, resources: [source.arn], conditions }]);
}
