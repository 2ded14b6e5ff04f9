import type { InterlockSubject } from './interlock.ts';
import type { RotationPlan, SecretKind } from './rotation.ts';

/** Kinds that open something; the others are keys. */
export const loginKinds = ['postgres', 'mysql', 'rabbitmq', 'redis'] as const;
export type LoginKind = (typeof loginKinds)[number];

export function isLoginKind(kind: SecretKind): kind is LoginKind {
  return loginKinds.some((login) => login === kind);
}

/** What a rotation and its rollout claim: what the secret opens, and every consumer. */
export function rotationSubjects({ kind, opens, consumers }: RotationPlan): readonly InterlockSubject[] {
  const services = consumers.map((service): InterlockSubject => `service/${service}`);
  if (opens === undefined) return services;
  return [kind === 'postgres' || kind === 'mysql' ? `database/${opens}` : `store/${opens}`, ...services];
}

/**
 * How long a rotation holds what it claims: its steps take seconds, the rollout of its consumers the rest. A rollout that needs
 * longer claims again; one that died binds nobody after this.
 */
export const rotationClaimSeconds = 3600;
