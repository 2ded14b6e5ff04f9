import { AwsError } from '../aws/service.ts';
import { unauthorized } from './errors.ts';
import type { TokenCaller } from './ports.ts';
import type { AccessPolicy, User } from './rbac.ts';

/** An AWS::EKS::AccessEntry: https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html */
export interface AccessEntry {
  readonly principalArn: string;
  readonly username: string | undefined;
  readonly groups: readonly string[];
  readonly policies: readonly AccessPolicy[];
}

const tokenPrefix = 'k8s-aws-v1.';

/**
 * Who calls, by the bearer token: https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster.
 * Throws ApiError 401 for a token that does not verify or a role without an access entry.
 */
export function authenticate(
  authorization: string | undefined,
  verify: (presignedUrl: string) => TokenCaller,
  entries: ReadonlyMap<string, AccessEntry>,
): { readonly user: User; readonly caller: TokenCaller } {
  const [scheme, token] = (authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !token?.startsWith(tokenPrefix)) throw unauthorized();
  const url = Buffer.from(token.slice(tokenPrefix.length), 'base64url').toString();
  if (!isIdentityRequest(url)) throw unauthorized();
  let caller: TokenCaller;
  try {
    caller = verify(url);
  } catch (error) {
    if (error instanceof AwsError) throw unauthorized();
    throw error;
  }
  const entry = entries.get(caller.roleArn);
  if (!entry) throw unauthorized();
  const name = (entry.username ?? `${assumedRole(caller.roleArn)}/{{SessionName}}`).replaceAll(
    '{{SessionName}}',
    caller.sessionName,
  );
  return { user: { name, groups: [...entry.groups, 'system:authenticated'], policies: entry.policies }, caller };
}

/** Only a GetCallerIdentity of STS is a token: anything else that is signed would be a confused deputy. */
function isIdentityRequest(text: string): boolean {
  const url = URL.parse(text);
  return (
    url?.protocol === 'https:' &&
    /^sts(\.[a-z0-9-]+)?\.amazonaws\.com$/.test(url.hostname) &&
    url.searchParams.get('Action') === 'GetCallerIdentity'
  );
}

function assumedRole(roleArn: string): string {
  const match = /^arn:(aws[^:]*):iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(roleArn);
  return match ? `arn:${match[1]}:sts::${match[2]}:assumed-role/${match[3]}` : roleArn;
}
