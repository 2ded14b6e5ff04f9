import { stateMachineName, watchingAlarmName } from '../../domain/names.ts';
import { recoverySetId } from '../../domain/recovery-set.ts';
import { dueBetween, judgeHour } from '../../domain/recovery-set-schedule.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { CloudWatch } from '../aws/cloudwatch.ts';
import type { Rds } from '../aws/rds.ts';
import type { SecretsManager } from '../aws/secretsmanager.ts';
import type { StatesService } from '../aws/states.ts';
import type { BackupsAtEnd, HourSeen, RegionAtEnd, SnapshotGuard } from '../checkers/backup.ts';
import { leaksIn } from '../checkers/rotation.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import type { Rehearsal } from '../rehearsal.ts';
import { BackupSets } from './backup-sets.ts';
import type { OutcomeReader } from './outcome.ts';
import { placesOf } from './places.ts';
import { leftByTests } from './restore-world.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** A missed, late or failed hour has alarmed by then. */
const alarmedAfter = 15 * minute;
/** EventBridge delivers within seconds, and tries again where it is throttled. */
const begunWithin = 2 * minute;
/** Alarms that say that an hour is missed, late or failed. */
const aboutHours = ['backup-missed', 'backup-late', 'backup-failed'];
/** Alarms that are about backups and their tests. */
const aboutBackups = /backup|recovery-set|restore/;

/** Looks at the backups of a deployed platform while days go by. */
export class BackupsWorld implements SnapshotGuard {
  readonly sets: BackupSets;
  readonly hours: HourSeen[] = [];
  /** Highest count of manual snapshots of any region. */
  snapshotsPeak = 0;
  alarmsRaised = 0;
  functionsInvoked = 0;
  /** Allocated storage of the databases' snapshots that were copied to the standby; a copy may carry less. */
  bytesCopied = 0;
  readonly byHand = new Set<string>();
  readonly regions: readonly string[];
  readonly #rehearsal: Rehearsal;
  readonly #platform: Platform;
  readonly #environment: string;
  /** Sets that are due while hours are counted. */
  readonly #counted = new Set<string>();
  readonly #verified = new Set<string>();
  /** Regions where a set had to go for want of room: there the ages can't be kept. */
  readonly #short = new Set<string>();
  /** When a delivery of the primary's schedule was lost. */
  readonly #lostAt: number[] = [];

  constructor(rehearsal: Rehearsal, platform: Platform, environment: string) {
    this.#rehearsal = rehearsal;
    this.#platform = platform;
    this.#environment = environment;
    this.sets = new BackupSets(rehearsal, environment);
    const { primary, standby } = platform.regions;
    this.regions = standby ? [primary.name, standby.name] : [primary.name];
  }

  get rds(): Rds {
    return this.#rehearsal.account.service<Rds>('rds');
  }

  /** How many of the counted sets were verified in the standby. */
  get setsVerified(): number {
    return [...this.#verified].filter((setId) => this.#counted.has(setId)).length;
  }

  /** Identifiers of the replicas, with their regions. */
  get replicas(): ReadonlySet<string> {
    const replicas = this.rds.instances.filter(({ replicaOf }) => replicaOf !== undefined);
    return new Set(replicas.map(({ region, identifier }) => `${region}/${identifier}`));
  }

  guarded(region: string): ReadonlyMap<string, string> {
    return this.sets.guarded(region);
  }

  isForeign(_region: string, snapshot: string): boolean {
    return !snapshot.startsWith(`mainstay-${this.#environment}-`) && !snapshot.startsWith('rds:');
  }

  isByHand(snapshot: string): boolean {
    return this.byHand.has(snapshot);
  }

  seen(event: RehearsalEvent): void {
    if (event.kind === 'function.invoked') this.functionsInvoked++;
    if (event.kind === 'database.snapshot') this.#snapshot(event);
    if (event.kind === 'state.exited' && event['state'] === 'Close the set as verified') {
      const { setId, state } = (event['output'] ?? {}) as { readonly setId?: unknown; readonly state?: unknown };
      if (state === 'verified') this.#verified.add(String(setId));
    }
    if (event.kind === 'fault.injected' && event['fault'] === 'lost') this.#lostAt.push(event.at);
    if (event.kind === 'alarm.changed' && event['to'] === 'ALARM' && aboutBackups.test(String(event['alarm']))) {
      this.alarmsRaised++;
    }
  }

  #snapshot(event: RehearsalEvent): void {
    const region = String(event['region']);
    const manual = this.rds.snapshotsIn(region).filter(({ type }) => type === 'manual').length;
    if (event['status'] === 'creating') this.snapshotsPeak = Math.max(this.snapshotsPeak, manual);
    if (event['status'] === 'deleting' && manual >= this.rds.quotas.manualSnapshots) this.#short.add(region);
    if (event['status'] !== 'available' || region === this.regions[0]) return;
    const name = String(event['snapshot']);
    const copied = this.rds.snapshotsIn(region).find(({ identifier }) => identifier === name);
    if (!copied?.copyOf || ![...this.#counted].some((setId) => name.includes(setId))) return;
    this.bytesCopied += copied.source.figures.gibibytes * 1024 ** 3;
  }

  /** Looks at each minute due in the stretch, fifteen minutes after it. */
  watchHours(from: number, to: number): void {
    const { kernel } = this.#rehearsal;
    for (const dueAt of dueBetween(this.#platform.backups.recoverySets, from, to)) {
      this.#counted.add(recoverySetId(this.#environment, dueAt));
      kernel.at(dueAt + alarmedAfter, 'look at the hour', () => this.#lookAt(dueAt));
    }
  }

  #lookAt(dueAt: number): void {
    const { account, kernel } = this.#rehearsal;
    const [primary = ''] = this.regions;
    const entry = this.sets.entry(primary, recoverySetId(this.#environment, dueAt));
    const { alarms } = account.service<CloudWatch>('cloudwatch');
    const ringing = aboutHours
      .map((alarm) => watchingAlarmName(this.#environment, alarm))
      .filter((name) => alarms.get(primary, name)?.state.value === 'ALARM');
    const soon = (at: number): boolean => at >= dueAt && at < dueAt + begunWithin;
    const began = account
      .service<StatesService>('states')
      .executions()
      .some(({ machine, startedAt }) => {
        const { name, region } = machine;
        return name === stateMachineName(this.#environment, 'hourly-backup') && region === primary && soon(startedAt);
      });
    const begun = began || this.#lostAt.some(soon);
    this.hours.push({ dueAt, verdict: judgeHour(dueAt, entry, kernel.now()), ringing, begun });
  }

  atEnd(outcomes: OutcomeReader, since: number): BackupsAtEnd {
    return {
      hours: this.hours,
      regions: this.regions.map((region, index) => this.#regionAtEnd(region, index === 0, since)),
      leftBehind: this.leftBehind(),
      leaks: this.#leaks(),
      executionsRunning: [...outcomes.running].map(([execution, workflow]) => ({ workflow, execution })),
    };
  }

  /** What restore tests made and still stands. */
  leftBehind(): string[] {
    return leftByTests(this.#rehearsal, this.#environment);
  }

  #regionAtEnd(region: string, primary: boolean, since: number): RegionAtEnd {
    const ours = this.rds.snapshotsIn(region).filter(({ identifier }) => identifier.startsWith('mainstay-'));
    const foreignKeys = ours
      .filter(({ keyArn }) => !keyArn?.startsWith(`arn:aws:kms:${region}:`))
      .map(({ identifier, keyArn }) => `${identifier} in ${region} is encrypted with ${keyArn ?? 'no key'}`);
    return { region, foreignKeys, missing: primary ? this.#missing(region, since) : [] };
  }

  /**
   * The hours and days that the definition keeps, as far as there were any and there was room for them; the newest set in any case. A day has a set if any of its
   * hours has.
   */
  #missing(region: string, since: number): string[] {
    const { keep: asked } = this.#platform.backups.recoverySets;
    const keep = this.#short.has(region) ? { hourly: 1, daily: 0 } : asked;
    const whole = this.sets
      .entries(region)
      .filter(({ state }) => state === 'complete' || state === 'verified')
      .map(({ dueAt }) => Date.parse(dueAt));
    // Those that were made while the hours were counted, and whatever was made after them.
    const counted = this.hours.filter(({ verdict }) => verdict === 'made').map(({ dueAt }) => dueAt);
    const made = new Set([...counted, ...whole]);
    const newest = [...made].sort((a, b) => b - a).slice(0, keep.hourly);
    const missing = newest
      .filter((dueAt) => !whole.includes(dueAt))
      .map((dueAt) => `the set of ${new Date(dueAt).toISOString()}`);
    const daysOf = (times: Iterable<number>): Set<number> => new Set([...times].map((at) => Math.floor(at / day)));
    const kept = daysOf(whole);
    for (const each of [...daysOf(made)].sort((a, b) => b - a).slice(0, keep.daily)) {
      if (each * day >= since && !kept.has(each)) {
        missing.push(`a set of ${new Date(each * day).toISOString().slice(0, 10)}`);
      }
    }
    return missing;
  }

  #leaks(): string[] {
    const { log, account } = this.#rehearsal;
    const secrets = account.service<SecretsManager>('secretsmanager');
    return leaksIn(placesOf(log, account.service<StatesService>('states')), secrets.confidentialTexts);
  }
}
