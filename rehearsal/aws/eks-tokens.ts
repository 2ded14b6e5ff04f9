import type { ClusterPorts, TokenCaller } from '../kubernetes/ports.ts';
import type { CredentialStore } from '../lambda/credentials.ts';
import { AwsError } from './service.ts';
import { verifyPresignedUrl } from './wire/index.ts';

/** A token that holds for longer is refused: https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster */
const tokenMaximumMilliseconds = 15 * 60_000;
/** More than are in use at any moment: a client makes another every half minute. */
const tokensRemembered = 200;

/**
 * Says whose a token's presigned URL is. A client sends the same one with every request of half a minute, so one that was found right is
 * not computed again until it, or the credentials behind it, expire. Throws AwsError as `verifyPresignedUrl` does; AccessDenied for a
 * token of another cluster or one that holds for too long.
 */
export function tokenVerifier(options: {
  readonly credentials: CredentialStore;
  /** Virtual milliseconds since 1970. */
  readonly now: () => number;
}): ClusterPorts['verifyToken'] {
  const verified = new Map<string, { readonly caller: TokenCaller; readonly holdsUntil: number }>();
  return (url, clusterName) => {
    const now = options.now();
    const key = `${clusterName} ${url}`;
    const known = verified.get(key);
    if (known && now <= known.holdsUntil) return known.caller;
    const headers = { 'x-k8s-aws-id': clusterName };
    const found = verifyPresignedUrl(url, { credentials: options.credentials, now, headers });
    if (found.signedHeaders['x-k8s-aws-id'] !== clusterName) {
      throw new AwsError(
        'AccessDenied',
        `The token is not signed for the cluster ${clusterName} (header x-k8s-aws-id).`,
        403,
      );
    }
    if (found.expiresAt > now + tokenMaximumMilliseconds) {
      throw new AwsError('AccessDenied', 'The token holds for more than 15 minutes.', 403);
    }
    const { roleArn, sessionName, holdsUntil } = found;
    if (verified.size >= tokensRemembered) verified.clear();
    verified.set(key, { caller: { roleArn, sessionName }, holdsUntil });
    return { roleArn, sessionName };
  };
}
