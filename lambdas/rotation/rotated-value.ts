import type { LoginKind } from '../../domain/rotation-work.ts';
import type { Parameters } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';
import type { Interlock } from '../ports/interlock.ts';
import type { LoginServer, Rollouts, SecretValue, SecretVersions } from '../ports/rotation.ts';

export interface RotationPorts {
  readonly clock: Clock;
  readonly parameters: Pick<Parameters, 'read'>;
  readonly secrets: SecretVersions;
  readonly interlock: Interlock;
  readonly rollouts: Rollouts;
  /** Of the kinds that the function rotates. */
  readonly servers: Readonly<Partial<Record<LoginKind, LoginServer>>>;
}

/** The versions that a step works with. */
export interface RotationVersions {
  readonly pending: SecretValue;
  /** Current before this rotation. */
  readonly current: SecretValue;
  /** Before that one, where it is kept still: its password may be the one that opens. */
  readonly previous?: SecretValue;
  /** The pending version is AWSCURRENT already. */
  readonly published: boolean;
}

/** Makes the pending version AWSCURRENT, and takes that back. Both find it done. */
export interface Publication {
  publish(): Promise<void>;
  takeBack(): Promise<void>;
}

/** What a secret's value is a key to, and how its next one comes to open it: logins of one kind of server, or keys. */
export interface RotatedValue {
  /** Whatever may be refused is refused here. Changes nothing. */
  check(current: SecretValue, previous: SecretValue | undefined): Promise<void>;
  /** Text of the version that follows `current`. */
  make(current: SecretValue, versionId: string): Promise<string>;
  /** The pending version opens afterwards. Where the one in use stops to open by it, it also is published. */
  set(versions: RotationVersions, publication: Publication): Promise<void>;
  /** Whether a version opens. Throws ServerUnreachable. */
  opens(version: SecretValue): Promise<boolean>;
  /** Who it is that opens, for messages. */
  userOf(version: SecretValue): string;
  /** `wanted` opens again, whatever else opened since; `failed` is the version that it takes over from. Publishes as `set`. */
  restore(wanted: SecretValue, failed: SecretValue | undefined, publication: Publication): Promise<void>;
}
