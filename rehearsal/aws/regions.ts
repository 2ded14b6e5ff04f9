import type { Kernel } from '../kernel/kernel.ts';
import type { EventLog } from '../kernel/log.ts';

/** A call that is on its way to a region. */
interface UnderWay {
  readonly from: string | undefined;
  readonly region: string;
  readonly giveUp: () => void;
}

/** How badly a region does. */
export interface Degradation {
  /** Of its calls that fail, 0 to 1. */
  readonly share: number;
  /** Ids of the services that it strikes; all unless told. */
  readonly services?: readonly string[];
}

/**
 * Which regions live and which of them hear each other. A lost region stands still: nothing in it happens, nobody reaches it, what is stored
 * stays. Two regions that are parted go on, each for itself; the internet reaches both.
 */
export class Regions {
  readonly #kernel: Kernel;
  readonly #log: EventLog;
  readonly #lost = new Map<string, number>();
  readonly #parted = new Set<string>();
  readonly #underWay = new Set<UnderWay>();
  readonly #clocks = new Map<string, number>();
  readonly #watchers: ((region: string, state: 'lost' | 'back') => void)[] = [];

  readonly #linkWatchers: ((one: string, other: string, joined: boolean) => void)[] = [];
  readonly #degraded = new Map<string, Degradation>();

  constructor(kernel: Kernel, log: EventLog) {
    this.#kernel = kernel;
    this.#log = log;
  }

  /** Called when a region is lost or comes back, after nothing in it happens and before anything in it goes on. */
  watch(watcher: (region: string, state: 'lost' | 'back') => void): void {
    this.#watchers.push(watcher);
  }

  /** Called after two regions were parted, or joined again. */
  watchLinks(watcher: (one: string, other: string, joined: boolean) => void): void {
    this.#linkWatchers.push(watcher);
  }

  /** Control and data plane, from this moment on. Whoever waits for an answer from it will have none. */
  lose(region: string): void {
    if (this.#lost.has(region)) return;
    this.#log.write('region.changed', { region, state: 'lost' });
    this.#lost.set(region, this.#kernel.now());
    this.#kernel.suspend(region);
    for (const call of [...this.#underWay]) if (call.region === region) call.giveUp();
    for (const watcher of this.#watchers) watcher(region, 'lost');
  }

  /** What stood still goes on where it stood. */
  recover(region: string): void {
    if (!this.#lost.has(region)) return;
    this.#log.write('region.changed', { region, state: 'back' });
    for (const watcher of this.#watchers) watcher(region, 'back');
    this.#lost.delete(region);
    this.#kernel.resume(region);
  }

  part(one: string, other: string): void {
    const pair = pairOf(one, other);
    if (this.#parted.has(pair)) return;
    this.#log.write('region.changed', { region: one, state: 'parted', from: other });
    this.#parted.add(pair);
    for (const call of [...this.#underWay]) if (pairOf(call.from ?? '', call.region) === pair) call.giveUp();
    for (const watcher of this.#linkWatchers) watcher(one, other, false);
  }

  heal(one: string, other: string): void {
    if (!this.#parted.delete(pairOf(one, other))) return;
    this.#log.write('region.changed', { region: one, state: 'healed', from: other });
    for (const watcher of this.#linkWatchers) watcher(one, other, true);
  }

  /** A share of the calls to the region fails from now on, or with `services` of the calls to these; a share of 0 ends it. */
  degrade(region: string, degradation: Degradation): void {
    this.#log.write('region.changed', { region, state: degradation.share > 0 ? 'degraded' : 'sound' });
    if (degradation.share > 0) this.#degraded.set(region, degradation);
    else this.#degraded.delete(region);
  }

  /** What a degraded region makes of one call: half of those that fail are answered with an error, half not at all (assumed). */
  faultOf(region: string, service: string): { readonly kind: 'server-error' | 'timeout' } | undefined {
    const { share, services } = this.#degraded.get(region) ?? { share: 0 };
    if (share === 0 || (services && !services.includes(service))) return undefined;
    const random = this.#kernel.random(`regions/degraded/${region}`);
    if (random.uniform() >= share) return undefined;
    return { kind: random.uniform() < 0.5 ? 'server-error' : 'timeout' };
  }

  /** Clocks of the region's functions and databases are so many milliseconds ahead of the true time from now on. */
  setClock(region: string, milliseconds: number): void {
    this.#clocks.set(region, milliseconds);
  }

  clockOffset(region: string): number {
    return this.#clocks.get(region) ?? 0;
  }

  isLost(region: string): boolean {
    return this.#lost.has(region);
  }

  /** Virtual milliseconds since 1970. */
  lostSince(region: string): number | undefined {
    return this.#lost.get(region);
  }

  /** `from` undefined: from outside of all regions. */
  reaches(from: string | undefined, to: string): boolean {
    if (this.#lost.has(to)) return false;
    return from === undefined || (!this.#lost.has(from) && !this.#parted.has(pairOf(from, to)));
  }

  /** The work, or what `silent` throws once its region is lost or parted meanwhile. */
  answered<T>(region: string, work: Promise<T>, silent: () => Promise<never>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const call: UnderWay = {
        from: this.#kernel.place,
        region,
        giveUp: () => {
          this.#underWay.delete(call);
          silent().catch(reject);
        },
      };
      this.#underWay.add(call);
      const end = (): void => {
        this.#underWay.delete(call);
      };
      work.then(resolve, reject).finally(end);
    });
  }
}

function pairOf(one: string, other: string): string {
  return [one, other].sort().join(' ');
}
