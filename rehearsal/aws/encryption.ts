import { type AccountServices, AwsError, type CallContext } from './service.ts';

/**
 * Asks IAM whether a caller may use a resource's own key, as a service does on the caller's behalf when it encrypts what it
 * is given. `keyId` is a key's ARN or id. Throws AwsError under the name that the service gives to it.
 */
export function useKey(
  account: AccountServices,
  context: CallContext,
  use: {
    readonly keyId: string;
    readonly service: 'sns' | 'sqs';
    readonly encryptionContext: readonly [name: string, value: string];
    readonly refusal: string;
  },
): void {
  const { principal, region } = context;
  const [name, value] = use.encryptionContext;
  if (use.keyId.startsWith('alias/aws/')) {
    // The managed key's policy admits the account's own principals and no service: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    if (principal.kind !== 'service') return;
    throw new AwsError(
      use.refusal,
      `${principal.service} cannot use ${use.keyId}; the topic or queue needs a customer managed key.`,
    );
  }
  const key = use.keyId.startsWith('arn:') ? use.keyId : `arn:aws:kms:${region}:${account.account}:key/${use.keyId}`;
  const conditions = {
    'kms:ViaService': `${use.service}.${region}.amazonaws.com`,
    [`kms:EncryptionContext:${name}`]: value,
    'kms:EncryptionContextKeys': [name],
  };
  try {
    account.authorise(principal, region, [
      { action: 'kms:GenerateDataKey', resources: [key], conditions },
      { action: 'kms:Decrypt', resources: [key], conditions },
    ]);
  } catch (error) {
    throw error instanceof AwsError ? new AwsError(use.refusal, error.message, 400) : error;
  }
}
