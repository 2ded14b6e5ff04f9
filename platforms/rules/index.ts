import type { Rule } from '../violation.ts';
import * as alarms from './alarms.ts';
import * as connections from './connections.ts';
import * as databases from './databases.ts';
import * as failover from './failover.ts';
import * as images from './images.ts';
import * as network from './network.ts';
import * as nodes from './nodes.ts';
import * as promotion from './promotion.ts';
import * as queries from './queries.ts';
import * as recovery from './recovery.ts';
import * as references from './references.ts';
import * as retention from './retention.ts';
import * as secrets from './secrets.ts';
import * as standby from './standby.ts';
import * as storage from './storage.ts';
import * as workloads from './workloads.ts';

/** Every rule across fields, in the order of the definition's parts. What is exported from a file here is a rule. */
export const rules: readonly Rule[] = [
  network,
  nodes,
  standby,
  workloads,
  connections,
  references,
  databases,
  queries,
  storage,
  secrets,
  images,
  recovery,
  failover,
  retention,
  promotion,
  alarms,
].flatMap((file): Rule[] => Object.values(file));
