import type { AuthorisationRequest, Principal, ResourceProvider } from '../aws/service.ts';
import type { EventLog } from '../kernel/log.ts';

/** Where a policy stands: what a finding about it points at. */
export interface PolicyOrigin {
  readonly stack: string;
  readonly logicalId: string;
  /** `DefaultPolicy1234`, `AWSLambdaBasicExecutionRole`, `trust`, `resource policy of arn:…`. */
  readonly policy: string;
}

/** One statement that took part in a decision. */
export interface MatchedStatement {
  readonly origin: PolicyOrigin;
  /** Position within the policy document, from 0. */
  readonly index: number;
  readonly sid?: string;
  readonly effect: 'Allow' | 'Deny';
}

export interface Decision {
  readonly decision: 'allowed' | 'denied';
  /** In words: which statement decided, or what is missing. */
  readonly reason: string;
  readonly matched: readonly MatchedStatement[];
}

/** One part of a grant that no request ever used: a statement × action pattern × resource pattern. */
export interface UnusedGrant {
  readonly roleArn: string;
  readonly origin: PolicyOrigin;
  readonly statement: number;
  readonly action: string;
  readonly resource: string;
}

/** Records which grants were ever needed. Mergeable over runs: a grant is unused when no run used it. */
export interface GrantLedger {
  /** Grants registered and never used, sorted, per role. Grants of inert managed policies are left out. */
  unused(): readonly UnusedGrant[];
  /** Adds what another run registered and used. */
  merge(other: GrantLedger | GrantLedgerRecord): void;
  /** Plain JSON, to hand over to another process. */
  toRecord(): GrantLedgerRecord;
}

export interface GrantLedgerRecord {
  /** Key of each grant → used. */
  readonly grants: Readonly<Record<string, boolean>>;
}

/** The account's roles, policies and resource policies, and the decisions they make. */
export interface Iam {
  readonly ledger: GrantLedger;
  /** CloudFormation providers AWS::IAM::Role, ::Policy, ::ManagedPolicy, ::InstanceProfile, ::OIDCProvider. */
  readonly providers: readonly ResourceProvider[];
  /**
   * Decides one request: each of its resources must be allowed. Global condition keys (aws:PrincipalArn, aws:RequestedRegion,
   * aws:SourceAccount, …) are added here. Resource policies are those put by `putResourcePolicy`, found by exact ARN.
   */
  decide(principal: Principal, region: string, request: AuthorisationRequest): Decision;
  /** As `decide`; throws AwsError AccessDenied with AWS's wording, after writing `iam.denied`. */
  authorise(principal: Principal, region: string, requests: readonly AuthorisationRequest[]): void;
  /** Sets (replaces) a resource's own policy: SNS topic, SQS queue, KMS key, Lambda function. */
  putResourcePolicy(resourceArn: string, document: unknown, origin: PolicyOrigin): void;
  /** Throws AwsError AccessDenied unless the role's trust policy lets this service assume it. */
  assumeByService(roleArn: string, service: string, conditions?: Readonly<Record<string, string>>): void;
  hasRole(roleArn: string): boolean;
}

/** What IAM needs from the account. */
export interface IamOptions {
  readonly account: string;
  readonly now: () => number;
  readonly log: EventLog;
}

/** IAM of one simulated account. */
export function createIam(_options: IamOptions): Iam {
  throw new Error('in the making');
}
