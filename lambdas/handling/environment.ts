import * as z from 'zod';
import { type EscalationDelays, escalationDelays } from '../../domain/escalation.ts';
import { type RetentionSettings, retentionSettings } from '../../domain/workflows/image-retention.ts';

const common = z.object({ MAINSTAY_ENVIRONMENT: z.string().min(1), AWS_REGION: z.string().min(1) });

const cluster = z.object({
  AWS_REGION: z.string().min(1),
  MAINSTAY_CLUSTER_NAME: z.string().min(1),
  MAINSTAY_CLUSTER_ENDPOINT: z.url({ protocol: /^https$/ }),
  MAINSTAY_CLUSTER_CA: z.base64(),
});

const topics = z.object({
  MAINSTAY_TOPIC_CRITICAL: z.string().startsWith('arn:'),
  MAINSTAY_TOPIC_WARNING: z.string().startsWith('arn:'),
  MAINSTAY_TOPIC_INFORMATION: z.string().startsWith('arn:'),
});

const approvals = z.object({ MAINSTAY_APPROVALS_TABLE: z.string().min(1) });

/** The variables of a function's environment. The one place of the functions that reads them. */
type Variables = Readonly<Record<string, string | undefined>>;

/** Throws ZodError naming each variable that is missing or wrong. */
export function commonSettings(variables: Variables = process.env): { environment: string; region: string } {
  const read = common.parse(variables);
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
  const read = cluster.parse(variables);
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
  const read = topics.parse(variables);
  return {
    critical: read.MAINSTAY_TOPIC_CRITICAL,
    warning: read.MAINSTAY_TOPIC_WARNING,
    information: read.MAINSTAY_TOPIC_INFORMATION,
  };
}

export function approvalsTable(variables: Variables = process.env): string {
  return approvals.parse(variables).MAINSTAY_APPROVALS_TABLE;
}

const escalation = z.object({
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
  const read = escalation.parse(variables);
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

const heartbeat = z.object({ MAINSTAY_HEARTBEAT_SECRET: z.string().min(1) });

/** Name of the secret with which the heartbeat logs in. */
export function heartbeatSecret(variables: Variables = process.env): string {
  return heartbeat.parse(variables).MAINSTAY_HEARTBEAT_SECRET;
}
