import type { DeniedRight, QuotaSeen } from '../../domain/readiness-looks.ts';
import type { RightNeeded } from '../../domain/readiness-permissions.ts';

/** What readiness looks at beside what a failover itself reads. All throw AwsUnavailable and AwsRefused; none changes anything. */

/** Policies of roles, evaluated by IAM without a request being made. */
export interface PolicyEvaluation {
  /** What of it the role's own policies deny. */
  denied(roleArn: string, right: RightNeeded): Promise<readonly DeniedRight[]>;
}

/** RDS's own count of what the account has of it in the region. */
export interface DatabaseQuotas {
  list(): Promise<readonly QuotaSeen[]>;
}
