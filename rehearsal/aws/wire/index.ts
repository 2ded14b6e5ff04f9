import type { CredentialStore } from '../../lambda/credentials.ts';
import type { NetworkPeer } from '../../lambda/network.ts';
import type { AccountServices } from '../service.ts';

/** Who signed a presigned URL, and what the signature covers. */
export interface PresignedCaller {
  readonly accessKeyId: string;
  readonly roleArn: string;
  readonly sessionName: string;
  /** Lower-case names of the signed headers, with the values that were signed. */
  readonly signedHeaders: Readonly<Record<string, string>>;
  /** Virtual milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What a presigned URL is checked against. */
export interface PresignedCheck {
  readonly credentials: CredentialStore;
  /** Virtual milliseconds since 1970. */
  readonly now: number;
  /** Headers that the verifier sends along with the URL, lower-case names: for an EKS token `x-k8s-aws-id`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The AWS endpoints (`*.amazonaws.com`) as a peer of the functions' network. */
export function awsEndpoints(_services: AccountServices, _credentials: CredentialStore): NetworkPeer {
  throw new Error('in the making');
}

/**
 * Checks a presigned GET URL (AWS Signature Version 4 in the query), such as the STS GetCallerIdentity URL inside an EKS
 * token. Throws AwsError: SignatureDoesNotMatch, AccessDenied (expired), UnrecognizedClientException, ….
 */
export function verifyPresignedUrl(_url: string, _check: PresignedCheck): PresignedCaller {
  throw new Error('in the making');
}
