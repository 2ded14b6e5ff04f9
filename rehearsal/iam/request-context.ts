import type { AuthorisationRequest, Principal } from '../aws/service.ts';
import type { ConditionContext } from './match.ts';

/** What a decision knows about the world beside the request. */
export interface WorldFacts {
  readonly account: string;
  /** Virtual milliseconds since 1970. */
  readonly now: () => number;
}

/** Global keys that an account without organisation, tags or multi-factor sessions never sends: known to be absent. */
const absentKeys = [
  'aws:PrincipalOrgID',
  'aws:PrincipalOrgPaths',
  'aws:ResourceOrgID',
  'aws:ResourceOrgPaths',
  'aws:SourceOrgID',
  'aws:SourceOrgPaths',
  'aws:username',
  'aws:FederatedProvider',
  'aws:MultiFactorAuthAge',
  'aws:CalledVia',
  'aws:CalledViaFirst',
  'aws:CalledViaLast',
].map((key): [string, readonly string[]] => [key.toLowerCase(), []]);

/**
 * The values of all condition keys of a request: the operation's own, and the global ones.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function requestContext(...request: Parameters<typeof contextOf>): ConditionContext {
  // Most statements have no condition and no variable: what they are not asked for need not be put together.
  let context: ConditionContext | undefined;
  return {
    get(key) {
      context ??= contextOf(...request);
      return context.get(key);
    },
  };
}

function contextOf(
  world: WorldFacts,
  principal: Principal,
  region: string,
  request: AuthorisationRequest,
): ConditionContext {
  const context = new Map<string, readonly string[]>(absentKeys);
  const put = (key: string, ...values: string[]) => context.set(key.toLowerCase(), values);
  put('aws:RequestedRegion', ...(region === '' ? [] : [region]));
  put('aws:SecureTransport', 'true');
  put('aws:CurrentTime', new Date(world.now()).toISOString());
  put('aws:EpochTime', String(Math.floor(world.now() / 1000)));
  put('aws:ViaAWSService', 'false');
  put('lambda:SourceFunctionArn');
  put('aws:MultiFactorAuthPresent', ...(principal.kind === 'service' ? [] : ['false']));
  const owner = request.resources.map((resource) => resource.split(':')[4]).find((account) => account);
  put('aws:ResourceAccount', owner ?? world.account);
  if (principal.kind === 'service') putService(put, world, principal);
  else putCaller(put, world, principal);
  // The default policy of an SNS topic asks for it; SNS fills in the account that the caller belongs to.
  if (request.action.startsWith('sns:')) put('aws:SourceOwner', world.account);
  for (const [key, values] of Object.entries(request.conditions ?? {})) {
    put(key, ...(typeof values === 'string' ? [values] : values));
  }
  return context;
}

type Put = (key: string, ...values: string[]) => void;

function putService(put: Put, world: WorldFacts, principal: Extract<Principal, { kind: 'service' }>): void {
  put('aws:PrincipalIsAWSService', 'true');
  put('aws:PrincipalServiceName', principal.service);
  put('aws:PrincipalServiceNamesList', principal.service);
  put('aws:PrincipalType', 'Service');
  put('aws:PrincipalArn');
  put('aws:PrincipalAccount');
  put('aws:userid');
  const source = principal.sourceArn;
  put('aws:SourceArn', ...(source === undefined ? [] : [source]));
  put('aws:SourceAccount', source?.split(':')[4] || world.account);
}

function putCaller(put: Put, world: WorldFacts, principal: Exclude<Principal, { kind: 'service' }>): void {
  put('aws:PrincipalIsAWSService', 'false');
  put('aws:PrincipalServiceName');
  put('aws:PrincipalServiceNamesList');
  put('aws:PrincipalAccount', world.account);
  put('aws:SourceArn');
  put('aws:SourceAccount');
  if (principal.kind === 'role') {
    put('aws:PrincipalType', 'AssumedRole');
    put('aws:PrincipalArn', principal.roleArn);
    // https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
    put(
      'lambda:SourceFunctionArn',
      ...(principal.sourceFunctionArn === undefined ? [] : [principal.sourceFunctionArn]),
    );
  } else {
    put('aws:PrincipalType', 'User');
    put('aws:PrincipalArn', `arn:aws:iam::${world.account}:user/${principal.name}`);
  }
}
