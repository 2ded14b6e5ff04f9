import type { RestoreSettings } from '../../../domain/restores.ts';
import type {
  InstanceSeen,
  RestoreAnswer,
  RestoredDatabases,
  RestoredInstance,
  RestoredVolume,
  RestoredVolumes,
} from '../../../lambdas/ports/restored-databases.ts';
import { MemoryRecords } from '../backup/memory-records.ts';
import type { aeonSet } from './sets.ts';

export const region = 'us-east-1';
export const standby = 'us-west-2';

export const settings: RestoreSettings = {
  account: '111111111111',
  regions: [region, standby],
  everyDays: 7,
  recoveryTimeSeconds: 900,
  approval: { required: false, timeoutSeconds: 3600 },
  isolated: {
    subnetGroup: 'isolated',
    securityGroup: 'sg-isolated',
    zone: 'us-east-1a',
    parameterGroups: { '*': 'quiet' },
  },
  beside: { subnetGroup: 'aeon', securityGroup: 'sg-beside' },
};

export const execution = (name: string) => ({
  name,
  arn: `arn:aws:states:${region}:111111111111:execution:mainstay-aeon-restore-test:${name}`,
});

/** RDS and EBS in memory: what is asked for stands at once, until it is removed. */
export class MemoryRestores {
  now: () => Date = () => new Date('2026-11-23T04:30:00Z');
  readonly instances = new Map<string, InstanceSeen>();
  readonly placed: (RestoredInstance & { readonly from: string })[] = [];
  readonly volumes = new Map<string, RestoredVolume>();
  readonly removed: string[] = [];
  status = 'available';
  answer: RestoreAnswer = 'asked';
  /** Seconds for which what is removed is still seen. */
  leaves: 'at once' | 'later' | 'never' = 'at once';
  volumeGibibytes = 100;

  readonly databasesPort: RestoredDatabases = {
    find: async (name) => this.instances.get(name),
    tagged: async (tag) => [...this.instances.values()].filter(({ tags }) => tags[tag] !== undefined),
    fromSnapshot: async ({ snapshot, ...wanted }) => this.#restore(wanted, snapshot),
    toPoint: async ({ source, at, ...wanted }) => this.#restore(wanted, `${source} at ${at.toISOString()}`),
    remove: async (name) => this.#remove(name),
    restorable: async () => ({ earliest: new Date('2026-11-16T00:00:00Z'), latest: new Date('2026-11-23T04:25:00Z') }),
  };

  readonly volumesPort: RestoredVolumes = {
    tagged: async (tag, value) =>
      [...this.volumes.values()].filter(({ tags }) => (value === undefined ? tag in tags : tags[tag] === value)),
    create: async ({ token, tags }) => {
      const volume = {
        volumeId: `vol-${token}`,
        state: 'available',
        gibibytes: this.volumeGibibytes,
        createdAt: this.now(),
        tags,
      };
      if (!this.volumes.has(volume.volumeId)) this.volumes.set(volume.volumeId, volume);
      return volume.volumeId;
    },
    remove: async (id) => {
      this.removed.push(id);
      return this.volumes.delete(id);
    },
  };

  stand(identifier: string, tags: Readonly<Record<string, string>> = {}, status = 'available'): void {
    this.instances.set(identifier, {
      identifier,
      status,
      host: `${identifier}.rds.amazonaws.com`,
      port: 5432,
      createdAt: this.now(),
      parameterGroup: 'own',
      securityGroupIds: ['sg-own'],
      multipleZones: true,
      tags,
    });
  }

  #restore(wanted: RestoredInstance, from: string): RestoreAnswer {
    if (this.answer !== 'asked') return this.answer;
    this.placed.push({ ...wanted, from });
    this.stand(wanted.instance, wanted.tags, this.status);
    return 'asked';
  }

  #remove(name: string): boolean {
    this.removed.push(name);
    const seen = this.instances.get(name);
    if (this.leaves === 'never') return false;
    if (this.leaves === 'later' && seen) this.instances.set(name, { ...seen, status: 'deleting' });
    else this.instances.delete(name);
    return true;
  }
}

/** A platform with two whole sets in both regions, and everything that tasks of a restore stand on. */
export function restoreWorld(at = '2026-11-23T04:30:00Z') {
  const restores = new MemoryRestores();
  let now = new Date(at);
  restores.now = () => now;
  const records = new MemoryRecords();
  const published: { severity: string; subject: string; message: string }[] = [];
  const measured: { metric: string; value: number; dimensions: Readonly<Record<string, string>> }[] = [];
  const executions = new Map<string, string>();
  const parameters = new Map([['/mainstay/aeon/databases/aeon-dt/checks', '{"invariants":[]}']]);
  const world = {
    environment: 'aeon',
    region,
    settings,
    clock: { now: () => now },
    records,
    restores,
    databases: restores.databasesPort,
    volumes: restores.volumesPort,
    keys: { isUsable: async (key: string) => key.includes('key/') && !key.endsWith('lost') },
    parameters: { read: async (name: string) => parameters.get(name) },
    notifications: {
      publish: async (severity: string, subject: string, message: string) => {
        published.push({ severity, subject, message });
      },
    },
    measurements: {
      put: async (_namespace: string, data: readonly (typeof measured)[number][]) => {
        measured.push(...data);
      },
    },
    executions: {
      describe: async (arn: string) => {
        const status = executions.get(arn);
        return status === undefined ? undefined : { status, input: '{}' };
      },
      running: executions,
    },
    published,
    measured,
    setNow: (next: Date) => {
      now = next;
    },
    later: (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1000);
    },
  };
  return world;
}

export type RestoreWorld = ReturnType<typeof restoreWorld>;

/** The same record in both regions' tables. */
export async function hold(world: RestoreWorld, ...sets: readonly ReturnType<typeof aeonSet>[]): Promise<void> {
  for (const set of sets) for (const each of [region, standby]) await world.records.put(each, set);
}
