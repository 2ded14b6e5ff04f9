import type { DatabaseModel } from '../postgres/database.ts';
import type { RealServer } from '../postgres/real/server.ts';
import type { LazyStorage } from './rds-storage.ts';
import { type AccountServices, AwsError } from './service.ts';

/** Those that are modelled: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html */
export type InstanceStatus =
  | 'creating'
  | 'available'
  | 'backing-up'
  | 'modifying'
  | 'renaming'
  | 'rebooting'
  | 'deleting';

/** What is described of an instance, and changes nothing that it does. */
export interface InstanceFigures {
  readonly instanceClass: string;
  readonly engineVersion: string;
  readonly gibibytes: number;
  readonly storageType: string;
  readonly securityGroupIds: readonly string[];
}

/** A simulated instance. What can change is no longer `readonly`; its place in the store is the instance itself. */
export interface DatabaseInstanceState {
  identifier: string;
  readonly region: string;
  arn: string;
  readonly resourceId: string;
  host: string;
  readonly port: number;
  readonly vpcId: string;
  readonly subnetGroup: string;
  readonly encrypted: boolean;
  /** ARN of the key, of one that is encrypted. */
  readonly keyArn?: string;
  readonly createdAt: number;
  /** Where its data came from, for people. */
  readonly figures: InstanceFigures;
  parameterGroup: string;
  tlsForced: boolean;
  status: InstanceStatus;
  backupRetentionDays: number;
  /** `03:00-04:00`, UTC. */
  backupWindow: string;
  multiAz: boolean;
  /** Where it stands; the other half of a Multi-AZ instance stands in `secondaryZone`. */
  zone: string;
  secondaryZone?: string;
  deletionProtection: boolean;
  copyTagsToSnapshot: boolean;
  tags: ReadonlyMap<string, string>;
  /** ARN of the instance that it follows. */
  replicaOf?: string;
  /** Its data; a replica's are its source's. With `real` it knows the names alone. */
  model: DatabaseModel;
  /** The server that stands for it, with `--postgres`. */
  real?: RealServer;
  /** Where its blocks come from, of a restored one. */
  storage?: LazyStorage;
  /** Why nobody reaches it, while nobody does. */
  outage?: 'lost' | 'restarting';
}

/** The instances of all regions. */
export class Instances {
  readonly #services: AccountServices;
  readonly #instances = new Map<string, DatabaseInstanceState>();

  constructor(services: AccountServices) {
    this.#services = services;
  }

  get all(): readonly DatabaseInstanceState[] {
    return [...this.#instances.values()];
  }

  find(region: string, identifier: string): DatabaseInstanceState | undefined {
    return this.#instances.get(`${region}/${identifier.toLowerCase()}`);
  }

  byArn(arn: string): DatabaseInstanceState | undefined {
    const [, , , region = '', , , identifier = ''] = arn.split(':');
    return this.find(region, identifier);
  }

  /** Throws AwsError DBInstanceNotFound. */
  require(region: string, identifier: unknown): DatabaseInstanceState {
    const found = this.find(region, String(identifier));
    if (found) return found;
    throw new AwsError('DBInstanceNotFound', `DBInstance ${identifier} not found.`, 404);
  }

  replicasOf({ arn }: DatabaseInstanceState): DatabaseInstanceState[] {
    return this.all.filter(({ replicaOf }) => replicaOf === arn);
  }

  /** Throws AwsError DBInstanceAlreadyExists. */
  requireFree(region: string, identifier: string): void {
    if (this.find(region, identifier)) {
      throw new AwsError('DBInstanceAlreadyExists', `DB instance ${identifier} already exists`);
    }
  }

  add(instance: DatabaseInstanceState): void {
    this.#instances.set(`${instance.region}/${instance.identifier}`, instance);
    this.#log(instance);
  }

  remove({ region, identifier }: DatabaseInstanceState): void {
    this.#instances.delete(`${region}/${identifier}`);
  }

  /**
   * Another identifier, and with it ARN and endpoint; replicas go on following. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html
   * Throws AwsError DBInstanceAlreadyExists.
   */
  rename(instance: DatabaseInstanceState, identifier: string): void {
    const { region, identifier: before, arn } = instance;
    this.requireFree(region, identifier);
    const replicas = this.replicasOf(instance);
    this.#instances.delete(`${region}/${before}`);
    instance.identifier = identifier;
    instance.arn = arn.replace(/:db:.*$/, `:db:${identifier}`);
    instance.host = instance.host.replace(before, identifier);
    for (const replica of replicas) replica.replicaOf = instance.arn;
    this.#instances.set(`${region}/${identifier}`, instance);
    this.#log(instance);
  }

  /** False once an instance of that name is another one, or none. */
  stands(instance: DatabaseInstanceState): boolean {
    return this.find(instance.region, instance.identifier) === instance;
  }

  become(instance: DatabaseInstanceState, status: InstanceStatus): void {
    if (instance.status === status) return;
    instance.status = status;
    this.#log(instance);
  }

  #log({ identifier, region, status }: DatabaseInstanceState): void {
    this.#services.log.write('database.status', { database: identifier, region, status });
  }
}

/** Throws AwsError InvalidDBInstanceState unless the instance is in one of these. */
export function requireStatus(instance: DatabaseInstanceState, ...allowed: readonly InstanceStatus[]): void {
  if (allowed.includes(instance.status)) return;
  throw new AwsError(
    'InvalidDBInstanceState',
    `Instance ${instance.identifier} is currently ${instance.status} - must be ${allowed.join(' or ')} for this.`,
  );
}
