import { describe, expect, it } from 'vitest';
import type { RecoverySet } from '../../../domain/recovery-set.ts';
import { restoreNewestSet } from '../../../lambdas/failover/restore-newest-set.ts';
import type { InstanceSeen, RestoreAnswer } from '../../../lambdas/ports/restored-databases.ts';
import { database, plan, run, TestClock } from './world.ts';

const clock = new TestClock();
const region = 'us-west-2';

function setOf(startedAt: number, more: Partial<RecoverySet> = {}, copied = true): RecoverySet {
  const at = clock.at(startedAt).toISOString();
  const copy = { state: 'verified', key: 'k', databases: { 'aeon-dt': `snapshot-${startedAt}` }, volumes: {} } as const;
  return {
    ...{ setId: `set${startedAt}`, environment: 'aeon', dueAt: at, startedAt: at, execution: 'e', state: 'verified' },
    databases: [
      {
        ...{
          database: 'aeon-dt',
          engine: 'postgres',
          engineVersion: '18',
          instanceClass: 'db.r6i.large',
          gibibytes: 9,
        },
        ...{ schemaVersion: '1', manifest: { key: 'm', bytes: 1, sha256: '0' } },
      },
    ],
    ...{ volumes: [], images: [], secrets: [], proven: [], inUse: [], copies: copied ? { [region]: copy } : {} },
    ...more,
  } as RecoverySet;
}

function world(sets: readonly RecoverySet[], answer: RestoreAnswer = 'asked') {
  const records = new Map(sets.map((set) => [set.setId, set]));
  const instances = new Map<string, InstanceSeen>();
  const written = new Map<string, string>();
  const asked: object[] = [];
  const ports = {
    ...{ region, clock, plan, database },
    place: { subnetGroup: 'aeon', securityGroupIds: ['sg-1'], parameterGroups: { '*': 'pg' } },
    endpoints: { write: async (name: string, text: string) => void written.set(name, text) },
    records: {
      entries: async () =>
        [...records.values()].map((set) => ({ ...set, databases: Object.keys(set.copies[region]?.databases ?? {}) })),
      find: async (_: string, setId: string) => records.get(setId),
      change: async (_: string, setId: string, change: (set: RecoverySet) => RecoverySet | undefined) => {
        const set = records.get(setId);
        const changed = set && change(set);
        if (changed) records.set(setId, changed);
        return changed ?? set;
      },
    },
    databases: {
      find: async (name: string) => instances.get(name),
      fromSnapshot: async (wanted: { instance: string; tags: Readonly<Record<string, string>> }) => {
        asked.push(wanted);
        if (answer !== 'asked') return answer;
        const { instance: identifier, tags } = wanted;
        instances.set(identifier, { identifier, status: 'creating', securityGroupIds: [], multipleZones: true, tags });
        return answer;
      },
    },
  };
  const restore = (accepted = true) =>
    restoreNewestSet({ run, database: 'aeon-dt', why: 'There is no replica.', accepted }, ports);
  const becomes = (more: Partial<InstanceSeen>) => {
    const [[name, seen] = []] = [...instances];
    if (name && seen) instances.set(name, { ...seen, ...more });
  };
  return { restore, becomes, asked, written, records, instances };
}

describe('restore-newest-set', () => {
  it('restores the newest whole set of this region once, and leads the endpoint there when it answers', async () => {
    const { restore, becomes, asked, written, records } = world([setOf(-7200), setOf(-3600), setOf(-60, {}, false)]);
    expect(await restore()).toMatchObject({ state: 'restoring', waitSeconds: 15 });
    await restore();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      ...{ instance: 'aeon-aeon-dt', snapshot: 'snapshot--3600', instanceClass: 'db.r6i.large' },
      ...{ subnetGroup: 'aeon', securityGroupIds: ['sg-1'], parameterGroup: 'pg', deletionProtection: true },
    });
    expect(records.get('set-3600')?.inUse).toMatchObject([{ by: 'restore', execution: run.execution.arn }]);
    expect(written.size).toBe(0);
    becomes({ status: 'available', host: 'restored', port: 5432 });
    const { state, remarks } = await restore();
    expect(state).toBe('restored');
    expect(remarks[0]).toContain("There is no replica. set-3600 was restored as 'aeon-aeon-dt'");
    expect([...written]).toEqual([[database.endpointParameter, '{"host":"restored","port":5432}']]);
  });
  it('restores beside what is left of the instance, and says who does not know it by that name', async () => {
    const { restore, asked, instances } = world([setOf(-60)]);
    const left = { identifier: 'aeon-aeon-dt', status: 'failed', securityGroupIds: [], multipleZones: true, tags: {} };
    instances.set('aeon-aeon-dt', left);
    await restore();
    await restore();
    expect(asked).toMatchObject([{ instance: 'aeon-aeon-dt-restored' }]);
    const made = instances.get('aeon-aeon-dt-restored');
    if (made) instances.set('aeon-aeon-dt-restored', { ...made, status: 'available', host: 'h', port: 5432 });
    expect((await restore()).remarks.at(-1)).toContain("know it by 'aeon-aeon-dt'; rename it");
  });
  it('takes none that failed, or is still being taken', async () => {
    const { restore, asked } = world([setOf(-60, { state: 'taking' }), setOf(-30, { state: 'failed' }), setOf(-90)]);
    await restore();
    expect(asked).toMatchObject([{ snapshot: 'snapshot--90' }]);
  });
  it('asks a person first where more would be lost than is allowed', async () => {
    const { restore, asked } = world([setOf(-301)]);
    await expect(restore(false)).rejects.toMatchObject({ name: 'LossBeyondObjective' });
    expect(asked).toEqual([]);
    const young = world([setOf(-300)]);
    expect(await young.restore(false)).toMatchObject({ state: 'restoring' });
  });
  it('says that there is nothing to restore', async () => {
    await expect(world([]).restore()).rejects.toMatchObject({ name: 'NothingToRestore' });
  });
  it('asks again where RDS has no room', async () => {
    const { restore, asked } = world([setOf(-60)], 'no-room');
    await restore();
    expect(await restore()).toMatchObject({ state: 'restoring' });
    expect(asked).toHaveLength(2);
  });
  it('gives up on an instance that does not come up', async () => {
    const { restore, becomes } = world([setOf(-60)]);
    await restore();
    becomes({ status: 'incompatible-network' });
    await expect(restore()).rejects.toMatchObject({ name: 'AwsRefused' });
  });
});
