import * as z from 'zod';
import { type BackupSettings, backupSettings, backupVariables } from '../../domain/backups.ts';
import { type EscalationDelays, escalationDelays } from '../../domain/escalation.ts';
import { failoverVariables, type RestorePlace, restorePlace } from '../../domain/failover-settings.ts';
import { type ReadinessSettings, readinessSettings, readinessVariable } from '../../domain/readiness-settings.ts';
import { type RestoreSettings, restoreSettings, restoreVariables } from '../../domain/restores.ts';
import { rotationVariables } from '../../domain/rotation.ts';
import { type RetentionSettings, retentionSettings } from '../../domain/workflows/image-retention.ts';

const common = () => z.object({ MAINSTAY_ENVIRONMENT: z.string().min(1), AWS_REGION: z.string().min(1) });

const cluster = () =>
  z.object({
    AWS_REGION: z.string().min(1),
    MAINSTAY_CLUSTER_NAME: z.string().min(1),
    MAINSTAY_CLUSTER_ENDPOINT: z.url({ protocol: /^https$/ }),
    MAINSTAY_CLUSTER_CA: z.base64(),
  });

const topics = () =>
  z.object({
    MAINSTAY_TOPIC_CRITICAL: z.string().startsWith('arn:'),
    MAINSTAY_TOPIC_WARNING: z.string().startsWith('arn:'),
    MAINSTAY_TOPIC_INFORMATION: z.string().startsWith('arn:'),
  });

const approvals = () => z.object({ MAINSTAY_APPROVALS_TABLE: z.string().min(1) });

/** The variables of a function's environment. The one place of the functions that reads them. */
type Variables = Readonly<Record<string, string | undefined>>;

/** Throws ZodError naming each variable that is missing or wrong. */
export function commonSettings(variables: Variables = process.env): { environment: string; region: string } {
  const read = common().parse(variables);
  return { environment: read.MAINSTAY_ENVIRONMENT, region: read.AWS_REGION };
}

export interface ClusterSettings {
  readonly region: string;
  readonly clusterName: string;
  readonly endpoint: URL;
  /** PEM. */
  readonly certificateAuthority: string;
}

export function clusterSettings(variables: Variables = process.env): ClusterSettings {
  const read = cluster().parse(variables);
  return {
    region: read.AWS_REGION,
    clusterName: read.MAINSTAY_CLUSTER_NAME,
    endpoint: new URL(read.MAINSTAY_CLUSTER_ENDPOINT),
    certificateAuthority: Buffer.from(read.MAINSTAY_CLUSTER_CA, 'base64').toString('utf8'),
  };
}

/** ARN of the topic of each severity. */
export function topicSettings(
  variables: Variables = process.env,
): Readonly<Record<'critical' | 'warning' | 'information', string>> {
  const read = topics().parse(variables);
  return {
    critical: read.MAINSTAY_TOPIC_CRITICAL,
    warning: read.MAINSTAY_TOPIC_WARNING,
    information: read.MAINSTAY_TOPIC_INFORMATION,
  };
}

export function approvalsTable(variables: Variables = process.env): string {
  return approvals().parse(variables).MAINSTAY_APPROVALS_TABLE;
}

const escalation = () =>
  z.object({
    MAINSTAY_TOPIC_CRITICAL: z.string().startsWith('arn:'),
    MAINSTAY_TOPIC_ESCALATION: z.string().startsWith('arn:'),
    MAINSTAY_ESCALATION_DELAYS: z
      .string()
      .transform((text) => JSON.parse(text) as unknown)
      .pipe(escalationDelays),
  });

/** Which alarms a person has to answer for, by when, and who is told when nobody does. */
export function escalationSettings(variables: Variables = process.env): {
  readonly criticalTopicArn: string;
  readonly escalationTopicArn: string;
  readonly delays: EscalationDelays;
} {
  const read = escalation().parse(variables);
  return {
    criticalTopicArn: read.MAINSTAY_TOPIC_CRITICAL,
    escalationTopicArn: read.MAINSTAY_TOPIC_ESCALATION,
    delays: read.MAINSTAY_ESCALATION_DELAYS,
  };
}

/** What the environment keeps of its images. Throws ZodError, or SyntaxError for what is no JSON. */
export function imageRetention(variables: Variables = process.env): RetentionSettings {
  const text = z.object({ MAINSTAY_IMAGE_RETENTION: z.string() }).parse(variables).MAINSTAY_IMAGE_RETENTION;
  return retentionSettings.parse(JSON.parse(text));
}

/** What the backups of the environment are told. Throws ZodError, or SyntaxError for what is no JSON. */
export function backupSettingsOf(variables: Variables = process.env): BackupSettings {
  const text = z.object({ [backupVariables.settings]: z.string() }).parse(variables)[backupVariables.settings];
  return backupSettings.parse(JSON.parse(text ?? ''));
}

/** What restores and their tests are told. Throws ZodError, or SyntaxError for what is no JSON. */
export function restoreSettingsOf(variables: Variables = process.env): RestoreSettings {
  const text = z.object({ [restoreVariables.settings]: z.string() }).parse(variables)[restoreVariables.settings];
  return restoreSettings.parse(JSON.parse(text ?? ''));
}

/** ARN of the state machine `canary-promotion`, for who starts it. */
export function promotionMachine(variables: Variables = process.env): string {
  return z.object({ MAINSTAY_PROMOTION: z.string().startsWith('arn:') }).parse(variables).MAINSTAY_PROMOTION;
}

/** Name of the table that holds the region's claims. */
export function interlockTable(variables: Variables = process.env): string {
  return z.object({ MAINSTAY_INTERLOCK_TABLE: z.string().min(1) }).parse(variables).MAINSTAY_INTERLOCK_TABLE;
}

/** Region that reigns until a failover has entered another: the definition's primary. */
export function definedPrimary(variables: Variables = process.env): string {
  return z.object({ MAINSTAY_PRIMARY_REGION: z.string().min(1) }).parse(variables).MAINSTAY_PRIMARY_REGION;
}

const rollout = z.object({ [rotationVariables.rolloutStateMachine]: z.string().startsWith('arn:') });
const rotated = z.object({ [rotationVariables.rotatedSecret]: z.string().min(1) });

/** ARN of the region's state machine `secret-rollout`. */
export function rolloutStateMachine(variables: Variables = process.env): string {
  return rollout.parse(variables)[rotationVariables.rolloutStateMachine];
}

/** Name of the rotation that a function is for. */
export function rotatedSecret(variables: Variables = process.env): string {
  return rotated.parse(variables)[rotationVariables.rotatedSecret];
}

/** ARN of the state machine that moves the region, or a database within it: for who starts it. */
export function failoverMachine(
  which: 'regionFailover' | 'databaseFailover',
  variables: Variables = process.env,
): string {
  const name = failoverVariables[which];
  return z
    .object({ [name]: z.string().startsWith('arn:') })
    .transform((read) => String(read[name]))
    .parse(variables);
}

/** Where a database is restored that has no replica. Throws ZodError, or SyntaxError for what is no JSON. */
export function restorePlaceOf(variables: Variables = process.env): RestorePlace {
  const name = failoverVariables.restorePlace;
  const text = z.object({ [name]: z.string() }).parse(variables)[name];
  return restorePlace.parse(JSON.parse(text ?? ''));
}

/** What `look-at-readiness` is told. Throws ZodError, or SyntaxError for what is no JSON. */
export function readinessSettingsOf(variables: Variables = process.env): ReadinessSettings {
  const text = z.object({ [readinessVariable]: z.string() }).parse(variables)[readinessVariable];
  return readinessSettings.parse(JSON.parse(text ?? ''));
}
