import { describe, expect, it } from 'vitest';
import { stages } from '../../domain/names.ts';
import { aeon } from '../../platforms/aeon.ts';
import type { Platform } from '../../platforms/schema.ts';
import { definedApp } from '../lib/synthesized.ts';

/** Every leaf of a definition, as `services[].probes.liveness.path`. */
function leavesOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => leavesOf(item, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, item]) => leavesOf(item, path === '' ? name : `${path}.${name}`));
}

/** The definition, which notes every leaf that is read of it. */
function watched<Value>(value: Value, read: Set<string>, path = ''): Value {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get(target, name, receiver) {
      const found = Reflect.get(target, name, receiver) as unknown;
      if (typeof name !== 'string' || typeof found === 'function') return found;
      const inner = Array.isArray(target) ? `${path}[]` : path === '' ? name : `${path}.${name}`;
      if (typeof found !== 'object' || found === null) read.add(inner);
      return watched(found, read, inner);
    },
  });
}

/** What no stack reads, by the begin of its path, and why. Who makes a capability takes its line out. */
const unreadOnPurpose: Readonly<Record<string, string>> = {
  'regions.primary.instanceTypesOffered': 'a list that rules compare with; what is offered is no resource',
  'regions.standby.instanceTypesOffered': 'the same',
  'services[].network.egress[].peer.database':
    'an instance moves between its subnets: the policy names those; a rule checks the name',
  'stores[].nodeGroup': 'where the platform runs the store itself; a rule checks that the group exists',
  'stores[].port': 'a rule compares it with what services connect to',
  'stores[].lossMinutesMax': 'region failover',
  'stores[].afterRegionLoss': 'region failover',
  'backups.recoverySets.retentionDays': 'a promise: a rule compares what is kept with it',
  'recovery.database.recoveryPointMinutesMax':
    'a loss of none: a rule demands two zones for the objective, which are synchronous',
};

const read = new Set<string>();
for (const stage of stages) definedApp(stage, watched<Platform>(aeon, read));
const unread = [...new Set(leavesOf(aeon))].filter((leaf) => !read.has(leaf));

describe('a definition', () => {
  it('has no field without effect: the stacks read it, or it is said who does', () => {
    const unexplained = unread.filter((leaf) => !Object.keys(unreadOnPurpose).some((begin) => leaf.startsWith(begin)));
    expect(unexplained).toEqual([]);
  });

  it('has no excuse for a field that the stacks do read', () => {
    const idle = Object.keys(unreadOnPurpose).filter((begin) => !unread.some((leaf) => leaf.startsWith(begin)));
    expect(idle).toEqual([]);
  });
});
