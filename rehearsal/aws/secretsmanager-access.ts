import type { Kms } from './kms.ts';
import type { SecretStore, StoredSecret } from './secretsmanager-store.ts';
import type { AccountServices, AuthorisationRequest, CallContext, OperationInput } from './service.ts';

/** What the parts of Secrets Manager share. */
export interface SecretsContext {
  readonly services: AccountServices;
  readonly store: SecretStore;
  /** Call after each change of a secret's versions or labels: it is written to the log, without values, and goes to the replicas. */
  changed(secret: StoredSecret): void;
}

/** What an operation asks of IAM beside its action on the secret. */
export interface Access {
  /** Condition keys of the operation. */
  readonly conditions?: Readonly<Record<string, string | readonly string[]>>;
  /** Uses of the secret's key by Secrets Manager on the caller's behalf. */
  readonly keyActions?: readonly string[];
  /** Version whose value is read or written: part of the encryption context. */
  readonly versionId?: string;
}

/**
 * The secret, and its key through Secrets Manager on the caller's behalf.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 */
export function accessTo(
  { services, store }: SecretsContext,
  operation: string,
  input: OperationInput,
  { region, account }: CallContext,
  { conditions = {}, keyActions = [], versionId }: Access = {},
): AuthorisationRequest[] {
  const secretId = String(input['SecretId']);
  const secret = store.find(region, secretId);
  const arn = secret
    ? store.arn(secret)
    : `arn:aws:secretsmanager:${region}:${account}:secret:${secretId.replace(/^arn:.*:secret:/, '')}`;
  const own = {
    action: `secretsmanager:${operation}`,
    resources: [arn],
    conditions: { 'secretsmanager:SecretId': arn, ...conditions },
  };
  if (!secret || secret.key === '' || keyActions.length === 0) return [own];
  const uses = services.service<Kms>('kms').keyUseRequests({
    region,
    key: secret.key,
    actions: keyActions,
    viaService: 'secretsmanager',
    encryptionContext: { SecretARN: arn, ...(versionId === undefined ? {} : { SecretVersionId: versionId }) },
  });
  return [own, ...uses];
}
