import type { Kms } from './kms.ts';
import {
  type AccountServices,
  type AuthorisationRequest,
  AwsError,
  type CallContext,
  type OperationInput,
} from './service.ts';

export type Tags = ReadonlyMap<string, string>;

/** `Tags` of an input. */
export function tagsOf(input: OperationInput): Tags {
  return new Map((input['Tags'] ?? []).map(({ Key, Value = '' }: { Key: string; Value?: string }) => [Key, Value]));
}

/** As RDS lists tags. */
export function tagList(tags: Tags): { Key: string; Value: string }[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}

/** `arn:aws:rds:us-east-1:111111111111:snapshot:shop`; `kind` as in https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html */
export function rdsArn(
  { region, account }: Pick<CallContext, 'region' | 'account'>,
  kind: string,
  name: string,
): string {
  return `arn:aws:rds:${region}:${account}:${kind}:${name.toLowerCase()}`;
}

type Conditions = Record<string, string | readonly string[]>;

/** Keys of what a request asks to be tagged with. */
export function requestTags(tags: Tags): Conditions {
  const entries = [...tags].flatMap(([key, value]) => [
    [`aws:RequestTag/${key}`, value],
    [`rds:req-tag/${key}`, value],
  ]);
  return { ...Object.fromEntries(entries), 'aws:TagKeys': [...tags.keys()] };
}

/** Keys of what a resource is tagged with. */
export function resourceTags(kind: 'db' | 'snapshot', tags: Tags): Conditions {
  const entries = [...tags].flatMap(([key, value]) => [
    [`aws:ResourceTag/${key}`, value],
    [`rds:${kind}-tag/${key}`, value],
  ]);
  return Object.fromEntries(entries);
}

/**
 * One decision a resource; with tags, a further one on AddTagsToResource for what is made:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/security_iam_id-based-policy-examples-grant-permissions-tags-on-create.html
 */
export function creation(
  operation: string,
  resources: readonly { readonly arn: string; readonly conditions?: Conditions }[],
  made: { readonly arn: string; readonly tags: Tags },
): AuthorisationRequest[] {
  const asked = requestTags(made.tags);
  const requests = resources.map(({ arn, conditions = {} }) => ({
    action: `rds:${operation}`,
    resources: [arn],
    conditions: { ...conditions, ...asked },
  }));
  if (made.tags.size === 0) return requests;
  return [...requests, { action: 'rds:AddTagsToResource', resources: [made.arn], conditions: asked }];
}

/**
 * The ARN of a key of the region that the caller may have RDS use: 'kms:CreateGrant, kms:DescribeKey'.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html
 * Throws AwsError KMSKeyNotAccessibleFault.
 */
export function useKeyForRds(services: AccountServices, { principal, region }: CallContext, key: unknown): string {
  const kms = services.service<Kms>('kms');
  const found = kms.find(region, String(key));
  if (found?.enabled !== true || found.region !== region) throw keyNotAccessible(key);
  try {
    const requests = kms.keyUseRequests({
      region,
      key: found.arn,
      actions: ['kms:CreateGrant', 'kms:DescribeKey'],
      viaService: 'rds',
    });
    // https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-grant-is-for-aws-resource
    const granted = { 'kms:GrantIsForAWSResource': 'true' };
    services.authorise(
      principal,
      region,
      requests.map((request) => ({ ...request, conditions: { ...request.conditions, ...granted } })),
    );
  } catch (error) {
    if (error instanceof AwsError) throw keyNotAccessible(key);
    throw error;
  }
  return found.arn;
}

/** In RDS's words: https://github.com/awslabs/rds-snapshot-tool/issues/70 */
export function keyNotAccessible(key: unknown): AwsError {
  return new AwsError(
    'KMSKeyNotAccessibleFault',
    `The target KMS key [${key}] does not exist, is not enabled or you do not have permissions to access it.`,
  );
}
