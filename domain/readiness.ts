import * as z from 'zod';

/**
 * Whether the standby could take over now. Every day each part that a failover needs is looked at without changing anything; what would break it
 * for certain blocks, what would make it slower or costlier weighs. The score is for a glance and for a trend; who decides reads the faults.
 */

export const readinessParts = [
  'replica',
  'lag',
  'lease',
  'images',
  'secrets',
  'keys',
  'quotas',
  'permissions',
  'capacity',
  'health-checks',
  'recovery-sets',
  'releases',
  'drill',
] as const;
export type ReadinessPart = (typeof readinessParts)[number];

/** What a part weighs of 100. What a failover can't do without is heaviest. */
const weights: Readonly<Record<ReadinessPart, number>> = {
  replica: 15,
  lag: 8,
  lease: 10,
  images: 10,
  secrets: 10,
  keys: 8,
  quotas: 6,
  permissions: 10,
  capacity: 6,
  'health-checks': 8,
  'recovery-sets': 3,
  releases: 3,
  drill: 3,
};

export const readinessFault = z.strictObject({
  part: z.enum(readinessParts),
  /** `blocks`: a failover would fail or lose too much. `weighs`: it would be slower, smaller or less certain. */
  severity: z.enum(['blocks', 'weighs']),
  /** What would break, and what to do about it. */
  what: z.string().min(1),
});
export type ReadinessFault = z.infer<typeof readinessFault>;

export const readinessReport = z.strictObject({
  environment: z.string(),
  /** Region that would take over. */
  region: z.string(),
  at: z.iso.datetime(),
  score: z.int().min(0).max(100),
  ready: z.boolean(),
  faults: z.array(readinessFault),
  /** Parts that could not be looked at. They block: what nobody knows is not ready. */
  unseen: z.array(z.enum(readinessParts)),
});
export type ReadinessReport = z.infer<typeof readinessReport>;

/** CloudWatch metrics of the region that would take over, in the namespace of failovers; dimension `Environment`. */
export const readinessMetrics = {
  score: 'ReadinessScore',
  /** Faults that block, and parts that could not be looked at. In the region that reigns 0: nobody moves there. */
  blocking: 'ReadinessBlocking',
} as const;

/** How long a report speaks for the standby: a day, and half for one that was missed. */
export const reportHoldsSeconds = 36 * 3600;

export type PartSeen = { readonly part: ReadinessPart; readonly faults: readonly Omit<ReadinessFault, 'part'>[] };

/** A part with a blocking fault, or one that was not seen, has none of its points; with others, half. */
export function readiness(
  seen: readonly PartSeen[],
  about: { readonly environment: string; readonly region: string; readonly now: Date },
): ReadinessReport {
  const found = new Map<ReadinessPart, readonly Omit<ReadinessFault, 'part'>[]>();
  for (const { part, faults } of seen) found.set(part, [...(found.get(part) ?? []), ...faults]);
  const unseen = readinessParts.filter((part) => !found.has(part));
  const points = readinessParts.map((part) => {
    const faults = found.get(part);
    if (!faults || faults.some(({ severity }) => severity === 'blocks')) return 0;
    return faults.length === 0 ? weights[part] : weights[part] / 2;
  });
  const faults = [...found].flatMap(([part, of]) => of.map((fault) => ({ part, ...fault })));
  const blocked = unseen.length > 0 || faults.some(({ severity }) => severity === 'blocks');
  return {
    environment: about.environment,
    region: about.region,
    at: about.now.toISOString(),
    score: Math.floor(points.reduce((sum, each) => sum + each, 0)),
    ready: !blocked,
    faults,
    unseen,
  };
}

/**
 * What speaks against a failover by the last report, in words. A report that is old, or that there is none, blocks nothing by itself: the day on which
 * the region burns is no day to refuse for a missing report. It is said in the notice.
 */
export function blockingFaults(
  report: ReadinessReport | undefined,
  now: Date,
): { readonly blocking: readonly string[]; readonly remark?: string } {
  if (!report) return { blocking: [], remark: 'Nobody has looked at the readiness of this region yet.' };
  const age = (now.getTime() - Date.parse(report.at)) / 1000;
  if (age > reportHoldsSeconds)
    return { blocking: [], remark: `The last look at readiness is ${Math.floor(age / 3600)} hours old.` };
  return {
    blocking: report.faults.filter(({ severity }) => severity === 'blocks').map(({ part, what }) => `${part}: ${what}`),
  };
}

/** How many reasons a report has not to move. */
export function blockingCount({ faults, unseen }: Pick<ReadinessReport, 'faults' | 'unseen'>): number {
  return faults.filter(({ severity }) => severity === 'blocks').length + unseen.length;
}

/**
 * The report as text that a parameter holds: of its faults those that block come first, and what does not fit any more is counted in the last one.
 * 'Standard: 4 KB': https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
 */
export function reportText(report: ReadinessReport, bytesMax = 4096): string {
  const ordered = [...report.faults].sort((a, b) => Number(b.severity === 'blocks') - Number(a.severity === 'blocks'));
  for (let kept = ordered.length; ; kept--) {
    const left = ordered.slice(kept);
    const rest = left[0] && {
      ...left[0],
      what: `and ${left.length} more faults, which the notice of this look names.`,
    };
    const text = JSON.stringify({ ...report, faults: [...ordered.slice(0, kept), ...(rest ? [rest] : [])] });
    if (kept === 0 || new TextEncoder().encode(text).length <= bytesMax) return text;
  }
}

/** What a person is told of a report; undefined where it says the same as the one before. */
export function readinessNotice(
  report: ReadinessReport,
  before: ReadinessReport | undefined,
  whyUnseen: ReadonlyMap<ReadinessPart, string> = new Map(),
): { readonly severity: 'warning' | 'information'; readonly subject: string; readonly text: string } | undefined {
  const said = ({ faults, unseen }: Pick<ReadinessReport, 'faults' | 'unseen'>) =>
    JSON.stringify([faults.map(({ part, severity }) => [part, severity]), unseen]);
  if (before ? said(before) === said(report) : report.faults.length + report.unseen.length === 0) return undefined;
  const { environment, region, score, ready } = report;
  return {
    severity: ready ? 'information' : 'warning',
    subject: `${environment}: ${region} is ${ready ? 'ready' : 'not ready'} to take over (${score} of 100)`,
    text: readinessLines(report, whyUnseen).join('\n'),
  };
}

/** A report in lines, what blocks first. */
export function readinessLines(
  { faults, unseen }: Pick<ReadinessReport, 'faults' | 'unseen'>,
  whyUnseen: ReadonlyMap<ReadinessPart, string> = new Map(),
): readonly string[] {
  const lines = (severity: ReadinessFault['severity']) =>
    faults.filter((fault) => fault.severity === severity).map(({ part, what }) => `${part} (${severity}): ${what}`);
  return [
    ...lines('blocks'),
    ...unseen.map((part) => `${part} (blocks): nobody could look at it. ${whyUnseen.get(part) ?? ''}`.trimEnd()),
    ...lines('weighs'),
    ...(faults.length + unseen.length === 0 ? ['Every part was seen and is well.'] : []),
  ];
}
