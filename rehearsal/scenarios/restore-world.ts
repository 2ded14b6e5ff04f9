import { databaseInstanceName } from '../../domain/databases.ts';
import { restoreTags } from '../../domain/restores.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { Ec2 } from '../aws/ec2-inert.ts';
import type { Rds } from '../aws/rds.ts';
import type { DatabaseInstanceState } from '../aws/rds-instances.ts';
import type { SecretsManager } from '../aws/secretsmanager.ts';
import type { StatesService } from '../aws/states.ts';
import type { RestoreTestAtEnd } from '../checkers/restore.ts';
import { leaksIn } from '../checkers/rotation.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import type { Rehearsal } from '../rehearsal.ts';
import { BackupSets } from './backup-sets.ts';
import type { OutcomeReader } from './outcome.ts';
import { placesOf } from './places.ts';

const aboutRestores = /restore/;

/** What restore tests of an environment made and still stands: instances by their name, volumes by their tag. */
export function leftByTests({ account }: Rehearsal, environment: string): string[] {
  const { instances } = account.service<Rds>('rds');
  const { blocks } = account.service<Ec2>('ec2');
  const tests = instances.filter(({ identifier }) => identifier.startsWith(`mst-${environment}-`));
  const volumes = [...blocks.volumes.values()].filter(({ tags }) => tags.has(restoreTags.test));
  return [
    ...tests.map(({ region, identifier }) => `${region}/${identifier}`),
    ...volumes.map(({ region, id }) => `${region}/${id}`),
  ];
}

/** Looks at one restore test of a deployed platform. */
export class RestoreWorld {
  readonly sets: BackupSets;
  readonly regions: readonly string[];
  readonly alarms: string[] = [];
  readonly #rehearsal: Rehearsal;
  readonly #platform: Platform;
  readonly #environment: string;
  readonly #outside: string[] = [];
  readonly #disturbed: string[] = [];
  /** Sets that were proven before, by region. */
  readonly #proofs = new Map<string, readonly string[]>();

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

  /** The running instance of a database. */
  running(database: string): DatabaseInstanceState {
    const [region = ''] = this.regions;
    const instance = this.rds.instance(region, databaseInstanceName(this.#environment, database));
    if (!instance) throw new RangeError(`There is no instance of '${database}' in ${region}.`);
    return instance;
  }

  /** What a test made and still stands. */
  testInstances(): DatabaseInstanceState[] {
    return this.rds.instances.filter(({ identifier }) => identifier.startsWith(`mst-${this.#environment}-`));
  }

  /** The same with its volumes, in words. */
  leftBehind(): string[] {
    return leftByTests(this.#rehearsal, this.#environment);
  }

  rememberProofs(): void {
    for (const region of this.regions) this.#proofs.set(region, this.#provenIn(region));
  }

  #provenIn(region: string): string[] {
    return this.sets
      .entries(region)
      .filter(({ proven, state }) => proven.length > 0 && state !== 'deleting')
      .map(({ setId }) => setId);
  }

  seen(event: RehearsalEvent): void {
    if (event.kind === 'alarm.changed' && event['to'] === 'ALARM' && aboutRestores.test(String(event['alarm']))) {
      this.alarms.push(String(event['alarm']));
    }
    if (event.kind !== 'database.status') return;
    const [region, identifier, status] = ['region', 'database', 'status'].map((name) => String(event[name]));
    const test = this.testInstances().find((one) => one.region === region && one.identifier === identifier);
    if (test && this.#platformNetworks().includes(test.vpcId))
      this.#outside.push(`${identifier} stood in ${test.vpcId}`);
    const ours = this.#platform.databases.some(
      ({ name }) => identifier === databaseInstanceName(this.#environment, name),
    );
    if (ours && status !== 'available' && status !== 'backing-up') this.#disturbed.push(`${identifier} was ${status}`);
  }

  /** Networks in which the platform's own instances stand. */
  #platformNetworks(): string[] {
    const names = this.#platform.databases.map(({ name }) => databaseInstanceName(this.#environment, name));
    return this.rds.instances.filter(({ identifier }) => names.includes(identifier)).map(({ vpcId }) => vpcId);
  }

  atEnd(
    outcomes: OutcomeReader,
    seen: Pick<RestoreTestAtEnd, 'verdict' | 'sound' | 'hindered'> & { readonly setId: string | undefined },
  ): RestoreTestAtEnd {
    const { account, log } = this.#rehearsal;
    const marked = this.regions.filter(
      (region) => seen.setId !== undefined && this.#provenIn(region).includes(seen.setId),
    );
    const proofsLost = this.regions.flatMap((region) => {
      const now = this.#provenIn(region);
      return (this.#proofs.get(region) ?? []).filter((set) => !now.includes(set)).map((set) => `${set} in ${region}`);
    });
    const secrets = account.service<SecretsManager>('secretsmanager');
    return {
      verdict: seen.verdict,
      sound: seen.sound,
      hindered: seen.hindered,
      markedProven: marked,
      regions: this.regions,
      proofsLost,
      alarms: this.alarms,
      outside: [...new Set(this.#outside)],
      disturbed: [...new Set(this.#disturbed)],
      leftBehind: this.leftBehind(),
      leaks: leaksIn(placesOf(log, account.service<StatesService>('states')), secrets.confidentialTexts),
      executionsRunning: [...outcomes.running].map(([execution, workflow]) => ({ workflow, execution })),
    };
  }
}
