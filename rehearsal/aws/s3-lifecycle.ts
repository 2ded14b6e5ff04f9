import { assertModelled } from './modelled.ts';
import {
  type Bucket,
  isHeld,
  type LifecycleRule,
  newVersionId,
  type ObjectVersion,
  type S3Context,
} from './s3-store.ts';
import { Unmodelled } from './service.ts';

const day = 86_400_000;

type Loose = Readonly<Record<string, unknown>>;

/** Rules of a template that are enabled. Throws Unmodelled. */
export function lifecycleRules(configuration: unknown): LifecycleRule[] {
  const { Rules: rules = [] } = (configuration ?? {}) as { Rules?: readonly Loose[] };
  return rules.filter((rule) => rule['Status'] === 'Enabled').map(ruleOf);
}

function ruleOf(rule: Loose): LifecycleRule {
  const known = [
    'Id',
    'Status',
    'Prefix',
    'ExpirationInDays',
    'NoncurrentVersionExpiration',
    'ExpiredObjectDeleteMarker',
    'AbortIncompleteMultipartUpload',
    'Transitions',
  ];
  assertModelled(rule, known, 'A lifecycle rule');
  const noncurrent = (rule['NoncurrentVersionExpiration'] ?? {}) as Loose;
  assertModelled(noncurrent, ['NoncurrentDays', 'NewerNoncurrentVersions'], 'NoncurrentVersionExpiration');
  const abort = (rule['AbortIncompleteMultipartUpload'] ?? {}) as Loose;
  const transitions = (rule['Transitions'] ?? []) as readonly Loose[];
  for (const transition of transitions)
    assertModelled(transition, ['StorageClass', 'TransitionInDays'], 'A transition');
  const number = (value: unknown): number | undefined => (value === undefined ? undefined : Number(value));
  const figures = {
    expirationDays: number(rule['ExpirationInDays']),
    noncurrentDays: number(noncurrent['NoncurrentDays']),
    abortUploadDays: number(abort['DaysAfterInitiation']),
  };
  if (Object.values(figures).some((figure) => figure !== undefined && !(figure >= 0))) {
    throw new Unmodelled(`A lifecycle rule has days that are no numbers: ${JSON.stringify(rule)}.`);
  }
  return {
    prefix: String(rule['Prefix'] ?? ''),
    ...(Object.fromEntries(
      Object.entries(figures).filter(([, figure]) => figure !== undefined),
    ) as typeof figures & {}),
    newerNoncurrentVersions: Number(noncurrent['NewerNoncurrentVersions'] ?? 0),
    expiredMarkers: String(rule['ExpiredObjectDeleteMarker'] ?? false) === 'true',
    transitions: transitions.map((one) => ({
      days: Number(one['TransitionInDays']),
      storageClass: String(one['StorageClass']),
    })),
  } as LifecycleRule;
}

/** The next midnight UTC, never now. */
export function nextMidnight(now: number): number {
  return (Math.floor(now / day) + 1) * day;
}

/**
 * 'adding the number of days specified in the rule to the object creation time and rounding up the resulting time to the next day
 * at midnight UTC': https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
function isDue(from: number, days: number, now: number): boolean {
  return Math.ceil((from + days * day) / day) * day <= now;
}

/** One run over a bucket, at midnight UTC. Assumed: everything due goes at once; S3 says that it may take longer. */
export function runLifecycle(context: S3Context, bucket: Bucket): void {
  const now = context.services.kernel.now();
  let changed = false;
  for (const rule of bucket.rules) {
    for (const key of bucket.keys) {
      if (key.startsWith(rule.prefix)) changed = expire(context, bucket, rule, key, now) || changed;
    }
    for (const upload of [...bucket.uploads.values()]) {
      const { abortUploadDays: days } = rule;
      if (days !== undefined && upload.key.startsWith(rule.prefix) && isDue(upload.at, days, now))
        bucket.uploads.delete(upload.id);
    }
  }
  if (changed) context.changed(bucket);
}

function expire(context: S3Context, bucket: Bucket, rule: LifecycleRule, key: string, now: number): boolean {
  const before = bucket.versions(key);
  const [newest] = before;
  if (!newest) return false;
  for (const { days, storageClass } of rule.transitions) {
    if (!newest.marker && isDue(newest.at, days, now)) newest.storageClass = storageClass;
  }
  if (!newest.marker && rule.expirationDays !== undefined && isDue(newest.at, rule.expirationDays, now)) {
    // A lock keeps the version, not the marker from being put above it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html#object-lock-managing-lifecycle
    if (bucket.versioned) bucket.add(deleteMarker(context, key, now));
    else bucket.remove(newest);
  }
  expireNoncurrent(bucket, rule, key, now);
  const left = bucket.versions(key);
  if (rule.expiredMarkers && left.length === 1 && left[0]?.marker) bucket.remove(left[0]);
  return bucket.versions(key) !== before;
}

/** A version is noncurrent since the one above it was put. */
function expireNoncurrent(bucket: Bucket, rule: LifecycleRule, key: string, now: number): void {
  const { noncurrentDays: days, newerNoncurrentVersions: kept } = rule;
  if (days === undefined) return;
  const versions = bucket.versions(key);
  const due = versions.filter((version, index) => {
    const above = versions[index - 1];
    return above !== undefined && index > kept && isDue(above.at, days, now) && !isHeld(version, now);
  });
  for (const version of due) bucket.remove(version);
}

/** A delete marker that is put now. */
export function deleteMarker(context: S3Context, key: string, now: number): ObjectVersion {
  return {
    key,
    versionId: newVersionId(context),
    marker: true,
    content: { size: 0 },
    etag: '',
    at: now,
    checksums: {},
    metadata: {},
    contentType: '',
    tags: new Map(),
    encryption: { algorithm: 'AES256', bucketKey: false },
    storageClass: 'STANDARD',
    lock: undefined,
  };
}
