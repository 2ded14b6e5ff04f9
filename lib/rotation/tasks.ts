import { define, type TaskDefinition } from '../delivery/tasks.ts';
import type { RotationRights } from './rights.ts';

/** Beside the functions that rotate, one a secret: what brings a rotated secret to its consumers, and what looks after it. */
export const rolloutTasks: readonly TaskDefinition<RotationRights>[] = [
  define('read-rotation', 'Reads what was rotated, and who reads it', { rights: (r) => r.readRotation() }),
  define('restart-consumer', 'Has the pods replaced that read a secret', { settings: ['cluster'] }),
  define('look-at-consumer', 'Sees whether the pods that read a secret are ready', { settings: ['cluster'] }),
  define('undo-rotation', 'Makes the former version of a secret open again', {
    settings: ['interlock', 'rollout', 'authorities'],
    timeoutSeconds: 120,
    rights: (r) => r.undo(),
  }),
  define('tell-rotation', 'Tells how a rotation ended', { settings: ['topics'], rights: (r) => r.publish() }),
];

/** Started by schedule. */
export const watchTask: TaskDefinition<RotationRights> = define(
  'watch-rotations',
  'Finds rotations that were left behind, and finishes or undoes them',
  {
    settings: ['interlock', 'reign', 'rollout', 'authorities', 'topics'],
    timeoutSeconds: 300,
    rights: (r) => r.watch(),
  },
);

/** In the standby: started by schedule. */
export const followSecretsTask: TaskDefinition<RotationRights> = define(
  'follow-secrets',
  "Has the standby's pods read the secrets that the primary rotated",
  { settings: ['cluster'], timeoutSeconds: 60, rights: (r) => r.follow() },
);

/** Of the function that rotates one secret: a copied set of grants of a superuser's may take a while. */
export const rotationTimeoutSeconds = 120;
