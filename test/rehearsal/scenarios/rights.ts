import { type GrantedRight, GrantLedger, type GrantLedgerRecord } from '../../../rehearsal/iam/index.ts';

/** A right that no run needs, and why it is granted all the same. `right`: of `<logical id of the role> <action> <resource>`. */
export interface KeptRight {
  readonly right: RegExp;
  readonly reason: string;
}

/**
 * Rights of these stacks that none of the runs needed. Both regions have the same functions: what one of them needed in either is needed. Of a
 * role that did nothing in any run nothing is said: that is for the test that plays it.
 */
export function unneededRights(
  runs: readonly GrantLedgerRecord[],
  stacks: RegExp,
  kept: readonly KeptRight[],
): readonly string[] {
  const ledger = new GrantLedger();
  for (const run of runs) ledger.merge(run);
  const here = ({ origin }: GrantedRight): boolean => stacks.test(origin.stack);
  const used = ledger.used().filter(here);
  const needed = new Set(used.map(inEitherRegion));
  const played = new Set(used.map(({ origin }) => origin.logicalId));
  const unneeded = ledger
    .unused()
    .filter((right) => here(right) && played.has(right.origin.logicalId))
    .map(inEitherRegion)
    .filter((right) => !needed.has(right) && !kept.some((known) => known.right.test(right)));
  return [...new Set(unneeded)];
}

/** Each region has keys of its own. */
const keyId = /key\/[0-9a-f-]{36}$/;

function inEitherRegion({ origin, action, resource }: GrantedRight): string {
  return `${origin.logicalId} ${action} ${resource.replaceAll(/[a-z]{2}-[a-z]+-\d/g, '<region>').replace(keyId, 'key/<id>')}`;
}
