import type { Kms } from './kms.ts';
import { type AccountServices, AwsError, type CallContext } from './service.ts';

/**
 * Asks whether a caller may use a topic's or queue's key, as the service does on the caller's behalf when it encrypts what it
 * is given. Throws AwsError under the name that the service gives to the refusal.
 */
export function useKey(
  account: AccountServices,
  { principal, region }: CallContext,
  use: {
    /** ARN, id or alias. */
    readonly key: string;
    readonly service: 'sns' | 'sqs';
    readonly encryptionContext: Readonly<Record<string, string>>;
    readonly refusal: string;
  },
): void {
  const { key, service, encryptionContext, refusal } = use;
  // The managed key's policy admits the account's own principals and no service: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
  if (/(^|:)alias\/aws\//.test(key) && principal.kind === 'service') {
    throw new AwsError(refusal, `${principal.service} cannot use ${key}: a service needs a customer managed key.`);
  }
  try {
    const actions = ['kms:GenerateDataKey', 'kms:Decrypt'];
    account
      .service<Kms>('kms')
      .authoriseKeyUse({ principal, region, key, actions, viaService: service, encryptionContext });
  } catch (error) {
    throw error instanceof AwsError ? new AwsError(refusal, error.message) : error;
  }
}
