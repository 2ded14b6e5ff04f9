import type { Answer, Outage } from './failover-request.ts';
import type { FailoverWorld } from './failover-world.ts';
import type { Stage } from './stage.ts';

export interface FailoverScene {
  readonly stage: Stage;
  readonly world: FailoverWorld;
  readonly faults: ReadonlySet<string>;
  /** Third region with a record of the lease; undefined: there is none. */
  readonly witness: string | undefined;
}

const second = 1000;
const minute = 60 * second;
/** Shorter than two signals have to be lost. */
const flap = { lost: 20 * second, back: 70 * second, times: 4 } as const;
const degradedShare = 0.3;
const returnsEarlyAfter = minute;
const clockErrorMilliseconds = 2 * second;

/** With these nobody can say beforehand whether it moves, or it must not come so far. */
const uncertain = ['returns-early', 'promotion-hangs', 'not-ready', 'break-independence', 'replica-gone'];

/** Whether the platform has to move: the world can't reach the primary. It may where the primary has fenced itself, and reaches neither standby nor witness. */
export function expected(
  { outage, approve }: { readonly outage: Outage; readonly approve: Answer },
  faults: ReadonlySet<string>,
  witness: string | undefined,
): 'moves' | 'may-move' | 'stays' {
  if (faults.has('standby-lost')) return 'stays';
  if (outage === 'partition') {
    const reached = witness !== undefined && !faults.has('witness-parted') && !faults.has('witness-lost');
    return reached ? 'stays' : 'may-move';
  }
  if (outage !== 'region' || approve !== 'yes') return 'stays';
  return uncertain.some((fault) => faults.has(fault)) ? 'may-move' : 'moves';
}

/** What is so before anything happens. */
export function setClocks({ stage, faults, world, witness }: FailoverScene): void {
  if (!faults.has('clocks-apart')) return;
  const { account, kernel } = stage.rehearsal;
  for (const region of [world.from, world.to, ...(witness === undefined ? [] : [witness])]) {
    const random = kernel.random(`clock/${region}`);
    account.regions.setClock(region, random.below(2 * clockErrorMilliseconds + 1) - clockErrorMilliseconds);
  }
}

/** The disaster, now. */
export function beginOutage(scene: FailoverScene, outage: Outage): void {
  const { stage, world, faults, witness } = scene;
  const { account, kernel } = stage.rehearsal;
  const { regions } = account;
  if (faults.has('witness-lost') && witness !== undefined) regions.lose(witness);
  if (faults.has('witness-parted') && witness !== undefined) regions.part(world.from, witness);
  if (faults.has('standby-lost')) {
    regions.lose(world.to);
    return;
  }
  begin[outage](scene);
  if (!faults.has('returns-early')) return;
  kernel.after(returnsEarlyAfter, 'what was lost returns', () => endOutage(scene, outage));
}

const begin: Readonly<Record<Outage, (scene: FailoverScene) => void>> = {
  region: ({ stage, world }) => stage.rehearsal.account.regions.lose(world.from),
  database: ({ stage, world, faults }) => {
    const [database] = stage.request.platform.databases;
    const instance = database && world.instance(world.from, database.name);
    if (!instance) throw new RangeError('There is no database to lose.');
    world.rds.faults.failsOverByItself = !faults.has('not-noticed');
    world.rds.outages.lose(instance).catch((error: unknown) => stage.rehearsal.kernel.fail(error));
  },
  partition: ({ stage, world }) => stage.rehearsal.account.regions.part(world.from, world.to),
  degraded: ({ stage, world }) => stage.rehearsal.account.regions.degrade(world.from, { share: degradedShare }),
  flapping: ({ stage, world }) => {
    const { account, kernel } = stage.rehearsal;
    for (let time = 0; time < flap.times; time++) {
      const at = time * (flap.lost + flap.back);
      kernel.after(at, 'the region is lost', () => account.regions.lose(world.from));
      kernel.after(at + flap.lost, 'the region is back', () => account.regions.recover(world.from));
    }
  },
  'false-alarm': ({ stage }) => {
    stage.engineer.tell('is told that every request to the platform fails, by a fault of its own');
    const end = stage.traffic.startIncident({ errorRate: 1 });
    stage.rehearsal.kernel.after(10 * minute, 'the incident ends', end);
  },
};

/** Whatever was lost is back. */
export function endOutage({ stage, world, witness }: FailoverScene, outage: Outage): void {
  const { regions } = stage.rehearsal.account;
  regions.recover(world.from);
  regions.recover(world.to);
  regions.heal(world.from, world.to);
  if (witness !== undefined) {
    regions.recover(witness);
    regions.heal(world.from, witness);
  }
  if (outage === 'degraded') regions.degrade(world.from, { share: 0 });
}
