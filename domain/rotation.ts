import * as z from 'zod';

/** Rotation of secrets: what a secret holds, and which names its users and versions have. */

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html */
export const rotationSteps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
export type RotationStep = (typeof rotationSteps)[number];

/** What Secrets Manager hands to a rotation function. */
export interface RotationEvent {
  readonly Step: RotationStep;
  /** ARN. */
  readonly SecretId: string;
  /** Id of the version that is to become current. */
  readonly ClientRequestToken: string;
}

export const secretKinds = ['postgres', 'mysql', 'rabbitmq', 'redis', 'jwt', 'api-key'] as const;
export type SecretKind = (typeof secretKinds)[number];

/** `single`: one user whose password changes. `alternating`: two users take turns, so that the one in use is never touched. */
export const rotatedUsers = ['single', 'alternating'] as const;
export type RotatedUsers = (typeof rotatedUsers)[number];

/** Value of a secret that opens a database or a broker, as JSON in SecretString. */
export interface LoginSecret {
  readonly engine: 'postgres' | 'mysql' | 'rabbitmq' | 'redis';
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly dbname?: string;
  /** ARN of the superuser's secret, of the same host; without it the user changes its own password. */
  readonly masterarn?: string;
}

/** Value of a signing key: `keys[0]` signs, every one of them verifies until `verifiesUntil`. */
export interface KeySecret {
  readonly keys: readonly {
    readonly id: string;
    readonly key: string;
    readonly createdAt: string;
    /** ISO 8601; absent while the key signs. */
    readonly verifiesUntil?: string;
  }[];
}

/**
 * What the rotation of one secret follows: SSM parameter of the region, JSON, written by CloudFormation from the definition. Each
 * region's names that region's own.
 */
export const rotationPlan = z.strictObject({
  environment: z.string(),
  /** Name of the rotation: that of the secret in the definition, or `<database>-master`, `<database>-heartbeat`, `<database>-manifest`. */
  secret: z.string(),
  /** Name in Secrets Manager. */
  secretName: z.string(),
  kind: z.enum(secretKinds),
  users: z.enum(rotatedUsers),
  everyDays: z.int().min(1),
  /** Hours from midnight UTC within which a rotation begins; absent: the whole day. */
  windowHours: z.int().min(1).max(24).optional(),
  /** The database or store that it opens. */
  opens: z.string().optional(),
  /** SSM parameter with `{host, port}` of what it opens in this region; a copied secret still names the other region's. */
  endpointParameter: z.string().optional(),
  /** Name in Secrets Manager of the superuser's secret of the same server; absent: the user changes its own password. */
  superuserSecretName: z.string().optional(),
  /** Services that are restarted after a rotation. */
  consumers: z.array(z.string()),
  /** For keys: how long the former ones still verify. 0 for logins. */
  overlapSeconds: z.int().min(0),
});
export type RotationPlan = z.infer<typeof rotationPlan>;

/**
 * The schedule of a rotation in Secrets Manager's words. 'The rotation window starts at midnight', whatever a rate in days begins with:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 */
export function rotationRulesOf({ everyDays, windowHours }: Pick<RotationPlan, 'everyDays' | 'windowHours'>): {
  readonly scheduleExpression: string;
  readonly duration?: string;
} {
  const scheduleExpression = `rate(${everyDays} ${everyDays === 1 ? 'day' : 'days'})`;
  return { scheduleExpression, ...(windowHours === undefined ? {} : { duration: `${windowHours}h` }) };
}

/** SSM parameter of a rotation's plan. */
export function rotationPlanParameterName(environment: string, secret: string): string {
  return `${rotationPlanParameterPath(environment)}${secret}/rotation`;
}

/** Below it the plans of every rotated secret stand. */
export function rotationPlanParameterPath(environment: string): string {
  return `/mainstay/${environment}/secrets/`;
}

/** Name of the rotation of a database's master secret. */
export function masterRotation(database: string): string {
  return `${database}-master`;
}

/** Name of the rotation of the heartbeat's secret. */
export function heartbeatRotation(database: string): string {
  return `${database}-heartbeat`;
}

/** Name of the rotation of the secret that reads manifests. */
export function manifestRotation(database: string): string {
  return `${database}-manifest`;
}

/** Task of the function that rotates a secret: `mainstay-<env>-rotate-<secret>`. */
export function rotationTask(secret: string): string {
  return `rotate-${secret}`;
}

/** Which handler rotates a kind: `lambdas/rotation/<handler>.handler.ts`. */
export const rotationHandlers: Readonly<Record<SecretKind, string>> = {
  postgres: 'rotate-postgres',
  mysql: 'rotate-mysql',
  rabbitmq: 'rotate-rabbitmq',
  redis: 'rotate-redis',
  jwt: 'rotate-keys',
  'api-key': 'rotate-keys',
};

/**
 * Environment variables of the functions of rotation, beside `MAINSTAY_ENVIRONMENT`. `watch-rotations` and `undo-rotation` have no
 * `rotatedSecret`: they read every plan below `rotationPlanParameterPath`.
 */
export const rotationVariables = {
  /** Name of the rotation; its plan is at `rotationPlanParameterName`. */
  rotatedSecret: 'MAINSTAY_ROTATED_SECRET',
  interlockTable: 'MAINSTAY_INTERLOCK_TABLE',
  /** ARN of the region's state machine `secret-rollout`. */
  rolloutStateMachine: 'MAINSTAY_ROLLOUT_STATE_MACHINE',
} as const;

/** The second user of an alternating pair: `aeon_dt` ↔ `aeon_dt_clone`. */
export function otherUser(username: string): string {
  return username.endsWith('_clone') ? username.slice(0, -'_clone'.length) : `${username}_clone`;
}
