import type { RolloutRequest } from '../../domain/workflows/secret-rollout.ts';

/** How one user comes into a server. */
export interface ServerLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** PostgreSQL and MySQL; in RabbitMQ and Redis there is none. */
  readonly database?: string;
}

/**
 * The users of one kind of server: what a rotation asks of PostgreSQL, MySQL, RabbitMQ and Redis alike. Every method may be called
 * again after it has done its work, or half of it. Each throws ServerUnreachable where trying later may be right and ServerRefused
 * where it is not; neither ever carries a driver's own message, which may quote a statement with a password in it.
 */
export interface LoginServer {
  /** False only where the server answers that this user does not come in with this password. */
  canLogIn(login: ServerLogin): Promise<boolean>;
  changePassword(change: PasswordChange): Promise<void>;
  prepareUser(preparation: UserPreparation): Promise<void>;
}

/**
 * A user in use gets another password. Between the moment in which the server takes it and `publish`, whoever reads the secret
 * anew is denied, so nothing stands between them: an engine with transactions publishes inside one, before it commits; any other
 * directly after its one statement. When `publish` throws, an engine that can takes its change back; the error goes on to the caller.
 */
export interface PasswordChange {
  /** Who changes it: the superuser, or the user itself with a password that opens now. */
  readonly by: ServerLogin;
  /** The user's login as it is now, for engines that let two passwords open at once and so keep the former one. */
  readonly current: ServerLogin;
  /** The same user with the new password. */
  readonly next: ServerLogin;
  /** Makes the new password what consumers read. Called once. */
  publish(): Promise<void>;
}

/**
 * The second user of an alternating pair, made or made anew: it gets everything that the pair has (rights and roles, also those given
 * since the last time to either of the two, what each owns, limits) and at last its password. The user in use is not touched, but for
 * rights that it gains from the other. One of the two names is the other's with `_clone`: see `otherUser`.
 */
export interface UserPreparation {
  readonly superuser: ServerLogin;
  /** In use now. */
  readonly current: ServerLogin;
  /** In use afterwards. */
  readonly next: ServerLogin;
}

/** A secret without its values. */
export interface SecretDescription {
  readonly arn: string;
  readonly name: string;
  /** Region that it is copied from; absent for a secret of its own, which alone can rotate. */
  readonly copyOf?: string;
  readonly createdAt?: Date;
  /** Of the last rotation that ended well. */
  readonly lastRotatedAt?: Date;
  /** Of the last change of any kind, stages included. */
  readonly lastChangedAt?: Date;
  /** Stages of each version that has any. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
}

export interface SecretValue {
  readonly versionId: string;
  readonly text: string;
  readonly createdAt: Date;
}

export const versionStages = { current: 'AWSCURRENT', pending: 'AWSPENDING', previous: 'AWSPREVIOUS' } as const;
export type VersionStage = (typeof versionStages)[keyof typeof versionStages];

/** Secrets Manager, version by version. Each throws AwsUnavailable, AwsRefused. */
export interface SecretVersions {
  /** Undefined: there is no such secret, or it is marked for deletion. */
  describe(secretId: string): Promise<SecretDescription | undefined>;
  /** The version with this id, or with this stage; undefined where there is none or it has no value yet. */
  read(
    secretId: string,
    version: { readonly id: string } | { readonly stage: VersionStage },
  ): Promise<SecretValue | undefined>;
  /** Gives the pending version its value. False: it has another value already, which stays. */
  putPending(secretId: string, versionId: string, text: string): Promise<boolean>;
  /** Letters and digits alone. */
  randomPassword(): Promise<string>;
  /** Moves a stage `to` a version, takes it `from` one, or both in one step. A stage that is not at `from` any more: AwsRefused. */
  moveStage(
    secretId: string,
    stage: VersionStage,
    move: { readonly to?: string; readonly from?: string },
  ): Promise<void>;
  /** Starts a rotation now. False: another is under way. */
  startRotation(secretId: string): Promise<boolean>;
}

/** The workflow `secret-rollout`. */
export interface Rollouts {
  /** Starts it under `rolloutName`; the second start finds the first, running or ended. */
  start(request: RolloutRequest): Promise<void>;
  /** Its status, `RUNNING`, `SUCCEEDED` …; undefined where none was started. */
  statusOf(secret: string, versionId: string): Promise<string | undefined>;
}
