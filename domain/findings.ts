/** One vulnerability in an image. `fixAvailable` as Inspector says it: `PARTIAL` means that some of its packages have a fix. */
export interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly fixAvailable: 'YES' | 'NO' | 'PARTIAL' | 'UNKNOWN';
}

/** What the findings of an image mean for its promotion. */
export interface ImageReview {
  /** Critical findings that a fix exists for: the image is not promoted. */
  readonly blocking: readonly string[];
  /** A person has to look: high findings, and critical ones without a fix. */
  readonly ask: boolean;
  readonly summary: string;
}

/** Critical with a fix blocks; high, and critical without one, asks a person; medium and below is recorded. */
export function reviewFindings(findings: readonly Finding[]): ImageReview {
  const unique = [...new Map(findings.map((finding) => [`${finding.id} ${finding.severity}`, finding])).values()];
  const critical = unique.filter((finding) => finding.severity === 'CRITICAL');
  // Basic scanning does not say whether there is a fix; a critical finding of unknown kind asks a person.
  const blocking = critical.filter((finding) => finding.fixAvailable === 'YES' || finding.fixAvailable === 'PARTIAL');
  const high = unique.filter((finding) => finding.severity === 'HIGH');
  const medium = unique.filter((finding) => finding.severity === 'MEDIUM');
  return {
    blocking: blocking.map((finding) => finding.id),
    ask: critical.length > blocking.length || high.length > 0,
    summary: `${critical.length} critical, ${high.length} high, ${medium.length} medium findings`,
  };
}
