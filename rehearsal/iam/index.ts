export type { Decision, MatchedStatement } from './evaluate.ts';
export { createIam, type Iam, type IamOptions } from './iam.ts';
export { type GrantedRight, GrantLedger, type GrantLedgerRecord } from './ledger.ts';
export { generatedName } from './names.ts';
export { MalformedPolicyDocument, type PolicyOrigin } from './policy.ts';
