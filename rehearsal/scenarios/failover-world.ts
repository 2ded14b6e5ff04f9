import { databaseInstanceName } from '../../domain/databases.ts';
import { interlockTableName } from '../../domain/interlock.ts';
import { reignKey } from '../../domain/reign.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { CloudWatch } from '../aws/cloudwatch.ts';
import type { DynamoDb } from '../aws/dynamodb.ts';
import type { Eks } from '../aws/eks.ts';
import type { Rds } from '../aws/rds.ts';
import type { DatabaseInstanceState } from '../aws/rds-instances.ts';
import type { Route53 } from '../aws/route53.ts';
import type { SecretsManager } from '../aws/secretsmanager.ts';
import type { StatesService } from '../aws/states.ts';
import type { FailoverEyes, Writable } from '../checkers/failover.ts';
import { leaksIn } from '../checkers/rotation.ts';
import { writesTable } from '../postgres/application.ts';
import type { Rehearsal } from '../rehearsal.ts';
import { BackupSets } from './backup-sets.ts';
import type { AcknowledgedWrite, FailoverClients } from './failover-clients.ts';
import { placesOf } from './places.ts';

/** In these an instance takes no connection. */
const closed = new Set(['creating', 'rebooting', 'deleting']);
/** Alarms that the primary of any reign has. */
const ofAPrimary = /backup|recovery-set|rotation|guard|stale/i;
/** A service that answers so much is served. */
const servedShare = 0.5;

/** What is looked at of a platform that moves: databases, tables, records and clients themselves. */
export class FailoverWorld implements FailoverEyes {
  readonly from: string;
  readonly to: string;
  readonly sets: BackupSets;
  readonly #rehearsal: Rehearsal;
  readonly #platform: Platform;
  readonly #environment: string;
  readonly #clients: FailoverClients;
  /** Secrets that rotate in the primary before anything happens, and alarms that are on there. */
  readonly #rotating: readonly string[];
  readonly #alarms: readonly string[];

  constructor(options: {
    readonly rehearsal: Rehearsal;
    readonly platform: Platform;
    readonly environment: string;
    readonly clients: FailoverClients;
    readonly regions: { readonly from: string; readonly to: string };
  }) {
    this.#rehearsal = options.rehearsal;
    this.#platform = options.platform;
    this.#environment = options.environment;
    this.#clients = options.clients;
    this.from = options.regions.from;
    this.to = options.regions.to;
    this.sets = new BackupSets(options.rehearsal, options.environment);
    this.#rotating = this.#rotatingIn(this.from);
    this.#alarms = this.#alarmsIn(this.from);
  }

  get rds(): Rds {
    return this.#rehearsal.account.service<Rds>('rds');
  }

  get #databases(): readonly string[] {
    return this.#platform.databases.filter(({ engine }) => engine === 'postgres').map(({ name }) => name);
  }

  /** The instance that has a database's own name in a region. */
  instance(region: string, database: string): DatabaseInstanceState | undefined {
    return this.rds.instance(region, databaseInstanceName(this.#environment, database));
  }

  writable(): readonly Writable[] {
    const { regions } = this.#rehearsal.account;
    return this.#databases.flatMap((database) =>
      [this.from, this.to].flatMap((region) => {
        const instance = this.instance(region, database);
        if (!instance || regions.isLost(region)) return [];
        const by = this.#wayIn(instance);
        return by === undefined ? [] : [{ region, database, by }];
      }),
    );
  }

  /** How an application could write to the instance now; undefined if it can't. */
  #wayIn(instance: DatabaseInstanceState): string | undefined {
    const { kernel, regions } = this.#rehearsal.account;
    const { region, replicaOf, outage, status, model, real } = instance;
    if (replicaOf !== undefined || outage !== undefined || closed.has(status)) return undefined;
    // Of a real server the clients know: it is not asked at every event.
    if (real) return this.#clients.connectedTo().includes(instance) ? 'an open session' : undefined;
    const users = this.#clients.users(this.from);
    const clock = kernel.now() + regions.clockOffset(region);
    const mayEnter = users.find((user) => model.verifier(user) !== undefined && model.mayLogIn(user, clock));
    if (mayEnter !== undefined) return `login as ${mayEnter}`;
    return this.rds.sessionUsers(instance).some((user) => users.includes(user)) ? 'an open session' : undefined;
  }

  unfit(region: string): readonly string[] {
    const { regions } = this.#rehearsal.account;
    if (regions.isLost(region)) return ['it is lost'];
    const open = new Set(this.writable().flatMap((one) => (one.region === region ? [one.database] : [])));
    const { traffic } = this.#rehearsal.account.service<Eks>('eks');
    // A real server is asked by the clients: the first that writes says so.
    const shut = this.#databases.filter((name) => !open.has(name) && this.instance(region, name)?.real === undefined);
    const unserved = this.#platform.services
      .filter(({ name, route }) => route && traffic.availability(region, name) < servedShare)
      .map(({ name }) => name);
    return [
      ...shut.map((database) => `nobody can write to ${database} there`),
      ...unserved.map((service) => `${service} does not answer there`),
    ];
  }

  /** The region to which the name servers lead users now; undefined where no name of the platform leads anywhere. */
  get led(): string | undefined {
    const host = this.#platform.services.flatMap(({ route }) => route?.hostnames ?? [])[0];
    return host === undefined ? undefined : this.#rehearsal.account.service<Route53>('route53').regionOf(host);
  }

  /** The reign as a region knows it. */
  reign(region: string): { readonly epoch: number; readonly primary: string } {
    const table = interlockTableName(this.#environment);
    const item = this.#rehearsal.account
      .service<DynamoDb>('dynamodb')
      .items(region, table)
      .find((one) => one['subject']?.['S'] === reignKey);
    if (!item) return { epoch: 1, primary: this.from };
    return { epoch: Number(item['epoch']?.['N']), primary: String(item['primary']?.['S']) };
  }

  /** The region that takes over, and the other where it lives and hears of it. */
  get heard(): readonly string[] {
    const { regions } = this.#rehearsal.account;
    const both = [...new Set([this.from, this.to])];
    return both.filter((region) => !regions.isLost(region) && (region === this.to || regions.reaches(region, this.to)));
  }

  /** `us-west-2: reign 2 of us-west-2` */
  get reigns(): readonly string[] {
    return this.heard.map((region) => reignText(region, this.reign(region)));
  }

  /** Acknowledged writes that the primary of now does not have. */
  async lost(): Promise<readonly AcknowledgedWrite[]> {
    const [database = ''] = this.#databases;
    const instance = this.instance(this.reign(this.to).primary, database);
    if (!instance) return this.#clients.acknowledged;
    const { real, model } = instance;
    const rows = real
      ? (await real.inspect(model.name, `SELECT id FROM ${writesTable}`)).map((row) => String(row['id']))
      : model.writes.map(({ row }) => row);
    const kept = new Set(rows);
    return this.#clients.acknowledged.filter(({ row }) => !kept.has(row));
  }

  /** Writes that one region acknowledged after the other had begun to. */
  get writtenInTwo(): readonly string[] {
    const first = this.#clients.firstIn(this.to, 0)?.at;
    if (first === undefined) return [];
    const late = this.#clients.acknowledged.filter(({ region, at }) => region === this.from && at >= first);
    return late.length === 0
      ? []
      : [`${late.length} writes were acknowledged in ${this.from} after ${this.to} had begun`];
  }

  /** What the new primary does not do. `since`: it took over; with `hour`, a set was due meanwhile. */
  missing(since: number, hour: boolean): readonly string[] {
    const unsaved = this.#databases.filter((name) => !(this.instance(this.to, name)?.backupRetentionDays ?? 0));
    const rotating = this.#rotatingIn(this.to);
    const alarms = new Set(this.#alarmsIn(this.to));
    const made = this.sets
      .entries(this.to)
      .some(({ dueAt, state }) => Date.parse(dueAt) >= since && (state === 'complete' || state === 'verified'));
    return [
      ...unsaved.map((name) => `${name} has no automated backups`),
      ...this.#rotating.filter((name) => !rotating.includes(name)).map((name) => `${name} does not rotate`),
      ...this.#alarms.filter((name) => !alarms.has(name)).map((name) => `the alarm ${name} is missing or off`),
      ...(hour && !made ? ['no recovery set was made'] : []),
    ];
  }

  #rotatingIn(region: string): readonly string[] {
    return this.#rehearsal.account
      .service<SecretsManager>('secretsmanager')
      .store.all.filter((secret) => secret.region === region && secret.replicaOf === undefined)
      .filter(({ rotation }) => rotation?.enabled)
      .map(({ name }) => name);
  }

  #alarmsIn(region: string): readonly string[] {
    return this.#rehearsal.account
      .service<CloudWatch>('cloudwatch')
      .alarms.list(region)
      .filter(({ alarm }) => alarm.actionsEnabled && ofAPrimary.test(alarm.name))
      .map(({ alarm }) => alarm.name);
  }

  get leaks(): readonly string[] {
    const { log, account } = this.#rehearsal;
    const { confidentialTexts } = account.service<SecretsManager>('secretsmanager');
    return leaksIn(placesOf(log, account.service<StatesService>('states')), confidentialTexts);
  }
}

export function reignText(region: string, { epoch, primary }: { readonly epoch: number; readonly primary: string }) {
  return `${region}: reign ${epoch} of ${primary}`;
}
