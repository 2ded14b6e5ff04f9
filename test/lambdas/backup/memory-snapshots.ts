import { CopiesAtTheirLimit, DatabaseBusy, SnapshotFailed, SnapshotQuotaReached } from '../../../domain/errors.ts';
import type { Clock } from '../../../lambdas/ports/clock.ts';
import type { DatabaseSnapshot, DatabaseSnapshots, SnapshotSource } from '../../../lambdas/ports/database-snapshots.ts';

/** RDS in memory, with its limits: a snapshot is available after a time, a deletion takes one, the quota counts all of a region. */
export class MemorySnapshots implements DatabaseSnapshots {
  readonly sources = new Map<string, SnapshotSource>();
  /** By `region/identifier`. */
  readonly held = new Map<string, DatabaseSnapshot & { readonly region: string; readonly readyAt: number }>();
  readonly keys: Readonly<Record<string, string>> = {};
  quota = 100;
  copiesMax = 20;
  createSeconds = 120;
  copySeconds = 240;
  /** Most that a region ever held. */
  peak = 0;
  readonly calls: string[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  addSource(region: string, instance: string, more: Partial<SnapshotSource> = {}): void {
    const source = { instance, status: 'available', instanceClass: 'db.r7g.large', ...more };
    this.sources.set(`${region}/${instance}`, source);
  }

  /** Somebody else's, or what a run of before has left. */
  add(region: string, identifier: string, more: Partial<DatabaseSnapshot> = {}): void {
    this.#put(region, {
      identifier,
      arn: `arn:aws:rds:${region}:111111111111:snapshot:${identifier}`,
      instance: 'aeon-main',
      status: 'available',
      percent: 100,
      createdAt: this.#now(),
      engine: 'postgres',
      engineVersion: '18.3',
      gibibytes: 100,
      key: `key-of-databases-${region}`,
      tags: {},
      ...more,
    });
  }

  async source(region: string, instance: string): Promise<SnapshotSource | undefined> {
    return this.sources.get(`${region}/${instance}`);
  }

  async find(region: string, identifier: string): Promise<DatabaseSnapshot | undefined> {
    const found = this.held.get(`${region}/${identifier}`);
    return found && this.#seen(found);
  }

  async listManual(region: string): Promise<readonly DatabaseSnapshot[]> {
    return [...this.held.values()].filter((one) => one.region === region).map((one) => this.#seen(one));
  }

  async create(region: string, wanted: Parameters<DatabaseSnapshots['create']>[1]): Promise<'made' | 'exists'> {
    this.calls.push(`create ${wanted.identifier}`);
    if (this.held.has(`${region}/${wanted.identifier}`)) return 'exists';
    const source = this.sources.get(`${region}/${wanted.instance}`);
    if (source?.status !== 'available') throw new DatabaseBusy(wanted.instance, source?.status ?? 'gone');
    this.#requireRoom(region);
    this.add(region, wanted.identifier, { instance: wanted.instance, tags: wanted.tags, status: 'creating' });
    this.#put(region, this.held.get(`${region}/${wanted.identifier}`) as DatabaseSnapshot, this.createSeconds);
    return 'made';
  }

  async copy({
    from,
    to,
    identifier,
    key,
    tags,
  }: Parameters<DatabaseSnapshots['copy']>[0]): Promise<'made' | 'exists'> {
    this.calls.push(`copy ${identifier}`);
    if (this.held.has(`${to}/${identifier}`)) return 'exists';
    const source = await this.find(from, identifier);
    if (source?.status !== 'available') throw new SnapshotFailed(identifier, from, 'is gone');
    const underWay = (await this.listManual(to)).filter(({ status }) => status === 'creating').length;
    if (underWay >= this.copiesMax)
      throw new CopiesAtTheirLimit(to, 'Cannot copy more than 20 snapshots across regions');
    this.#requireRoom(to);
    const arn = `arn:aws:rds:${to}:111111111111:snapshot:${identifier}`;
    this.#put(to, { ...source, arn, key, tags, status: 'creating', createdAt: this.#now() }, this.copySeconds);
    return 'made';
  }

  async remove(region: string, identifier: string): Promise<boolean> {
    this.calls.push(`remove ${identifier}`);
    const found = await this.find(region, identifier);
    if (found && found.status !== 'available' && found.status !== 'failed') return false;
    this.held.delete(`${region}/${identifier}`);
    return true;
  }

  async tag(region: string, identifier: string, tags: Readonly<Record<string, string>>): Promise<void> {
    const found = this.held.get(`${region}/${identifier}`);
    if (found) this.held.set(`${region}/${identifier}`, { ...found, tags: { ...found.tags, ...tags } });
  }

  /** Changes what stands, as RDS or somebody at the console would. */
  alter(region: string, identifier: string, change: Partial<DatabaseSnapshot>): void {
    const found = this.held.get(`${region}/${identifier}`);
    if (!found) throw new RangeError(`There is no ${identifier} in ${region}.`);
    this.held.set(`${region}/${identifier}`, { ...found, readyAt: Number.POSITIVE_INFINITY, ...change });
  }

  #requireRoom(region: string): void {
    const held = [...this.held.values()].filter((one) => one.region === region).length;
    if (held >= this.quota) throw new SnapshotQuotaReached(region, 'The quota is reached.');
  }

  #put(region: string, snapshot: DatabaseSnapshot, seconds = 0): void {
    this.held.set(`${region}/${snapshot.identifier}`, { ...snapshot, region, readyAt: this.#now() + seconds * 1000 });
    this.peak = Math.max(this.peak, [...this.held.values()].filter((one) => one.region === region).length);
  }

  #seen(found: DatabaseSnapshot & { readonly readyAt: number }): DatabaseSnapshot {
    const ready = found.status === 'creating' && found.readyAt <= this.#now();
    return ready ? { ...found, status: 'available', percent: 100 } : found;
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}
