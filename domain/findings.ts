/** One vulnerability in an image. `fixAvailable` as Inspector says it: `PARTIAL` means that some of its packages have a fix. */
export interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly fixAvailable: 'YES' | 'NO' | 'PARTIAL' | 'UNKNOWN';
}

/** What a finding does to a promotion: stops it, lets a person look, or is told in its summary. */
export const findingDecisions = ['block', 'ask', 'record'] as const;
export type FindingDecision = (typeof findingDecisions)[number];

/** What the platform's definition lets findings do, by severity. Below medium they are recorded. */
export interface FindingPolicy {
  /** Critical, where the finding says that a fix exists. */
  readonly criticalWithFix: FindingDecision;
  readonly criticalWithoutFix: FindingDecision;
  readonly high: FindingDecision;
  readonly medium: FindingDecision;
}

/** What the findings of an image mean for its promotion. */
export interface ImageReview {
  /** Findings that the definition lets block: the image is not promoted. */
  readonly blocking: readonly string[];
  /** A person has to look. */
  readonly ask: boolean;
  readonly summary: string;
}

/** The findings of an image in every region, each counted once, judged by the definition's policy. */
export function reviewFindings(findings: readonly Finding[], policy: FindingPolicy): ImageReview {
  const unique = [...new Map(findings.map((finding) => [`${finding.id} ${finding.severity}`, finding])).values()];
  const decided = unique.map((finding) => ({ finding, decision: decisionOn(finding, policy) }));
  const count = (severity: string) => unique.filter((finding) => finding.severity === severity).length;
  return {
    blocking: decided.filter(({ decision }) => decision === 'block').map(({ finding }) => finding.id),
    ask: decided.some(({ decision }) => decision === 'ask'),
    summary: `${count('CRITICAL')} critical, ${count('HIGH')} high, ${count('MEDIUM')} medium findings`,
  };
}

function decisionOn({ severity, fixAvailable }: Finding, policy: FindingPolicy): FindingDecision {
  if (severity === 'HIGH') return policy.high;
  if (severity === 'MEDIUM') return policy.medium;
  if (severity !== 'CRITICAL') return 'record';
  if (fixAvailable === 'YES' || fixAvailable === 'PARTIAL') return policy.criticalWithFix;
  if (fixAvailable === 'NO') return policy.criticalWithoutFix;
  // Basic scanning does not say whether there is a fix: nobody passes such a finding unseen.
  return policy.criticalWithoutFix === 'record' ? 'ask' : policy.criticalWithoutFix;
}
