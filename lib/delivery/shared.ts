import type { EncryptionKey } from '../constructs/encryption-key.ts';
import type { TaskFunction } from '../constructs/task-function.ts';
import type { SharedStores } from './rights.ts';

/** What the control plane of a region has once, for all of its workflows: key, topics, interlock, and the functions of several. */
export interface SharedControlPlane {
  readonly encryptionKey: EncryptionKey;
  readonly stores: SharedStores;
  /** By task; `claim-work` and `release-work` are there in each region. */
  readonly functions: ReadonlyMap<string, TaskFunction>;
}
