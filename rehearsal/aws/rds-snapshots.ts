import type { DatabaseModel } from '../postgres/database.ts';
import type { RealSnapshot } from '../postgres/real/real-postgres.ts';
import type { World } from './module.ts';
import type { DatabaseInstanceState, InstanceFigures } from './rds-instances.ts';
import { AwsError } from './service.ts';

export type SnapshotStatus = 'creating' | 'available' | 'deleting' | 'failed';

/** Data as they were at one instant. Copies of a snapshot share them. */
export interface SnapshotData {
  /** Virtual milliseconds since 1970. */
  readonly takenAt: number;
  readonly model: DatabaseModel;
  /** Files of a real server, with `--postgres`. */
  readonly real?: RealSnapshot;
}

/** What an instance is made from again. */
export interface SnapshotSource {
  readonly identifier: string;
  readonly resourceId: string;
  readonly port: number;
  readonly vpcId: string;
  readonly zone: string;
  readonly createdAt: number;
  readonly figures: InstanceFigures;
  readonly backupRetentionDays: number;
  readonly backupWindow: string;
}

export interface Snapshot {
  readonly identifier: string;
  readonly region: string;
  readonly arn: string;
  readonly type: 'manual' | 'automated';
  readonly source: SnapshotSource;
  readonly encrypted: boolean;
  readonly keyArn?: string;
  /** ARN of the snapshot that it is a copy of. */
  readonly copyOf?: string;
  /** When the first of a chain of copies was taken. */
  readonly originallyAt?: number;
  readonly createdAt: number;
  status: SnapshotStatus;
  tags: ReadonlyMap<string, string>;
  /** Undefined until it stands. */
  data?: SnapshotData;
  /** Between 0 and 100; 0 while it waits for another one. */
  percent: number;
}

/** How a snapshot or a copy ends where a run wants it to end otherwise. */
export type SnapshotFate = { readonly kind: 'fails' } | { readonly kind: 'slow'; readonly byMilliseconds: number };

/** What an account may have in a region; a run may raise it, as a person asks AWS to. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html */
export interface DatabaseQuotas {
  manualSnapshots: number;
  /** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CopySnapshot.html */
  copiesToRegion: number;
  /** Documented for Aurora; assumed for RDS: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/CHAP_Limits.html */
  exportTasks: number;
  instances: number;
}

/** The snapshots of all regions. */
export class Snapshots {
  /** Asked once of each, when it is begun. */
  fateOf: (snapshot: Snapshot) => SnapshotFate | undefined = () => undefined;
  readonly #world: World;
  readonly #quotas: DatabaseQuotas;
  readonly #snapshots = new Map<string, Snapshot>();
  /** By region. */
  readonly #manual = new Map<string, number>();

  constructor(world: World, quotas: DatabaseQuotas) {
    this.#world = world;
    this.#quotas = quotas;
  }

  get all(): readonly Snapshot[] {
    return [...this.#snapshots.values()];
  }

  in(region: string): Snapshot[] {
    return this.all.filter((snapshot) => snapshot.region === region);
  }

  find(region: string, identifier: string): Snapshot | undefined {
    return this.#snapshots.get(`${region}/${identifier.toLowerCase()}`);
  }

  byArn(arn: string): Snapshot | undefined {
    const [, , , region = '', , , ...identifier] = arn.split(':');
    return this.find(region, identifier.join(':'));
  }

  /** By identifier or ARN. Throws AwsError DBSnapshotNotFound. */
  require(region: string, reference: unknown): Snapshot {
    const name = String(reference);
    const found = name.startsWith('arn:') ? this.byArn(name) : this.find(region, name);
    if (found) return found;
    throw new AwsError('DBSnapshotNotFound', `DBSnapshot ${name} not found.`, 404);
  }

  add(snapshot: Snapshot): void {
    this.#snapshots.set(`${snapshot.region}/${snapshot.identifier}`, snapshot);
    this.#count(snapshot, 1);
    this.#log(snapshot);
  }

  become(snapshot: Snapshot, status: SnapshotStatus): void {
    snapshot.status = status;
    if (status === 'available') snapshot.percent = 100;
    this.#log(snapshot);
  }

  stands(snapshot: Snapshot): boolean {
    return this.find(snapshot.region, snapshot.identifier) === snapshot;
  }

  /** The files of a real server go with the last snapshot that needs them. */
  remove(snapshot: Snapshot): void {
    this.#snapshots.delete(`${snapshot.region}/${snapshot.identifier}`);
    this.#count(snapshot, -1);
    const real = snapshot.data?.real;
    if (real && !this.all.some(({ data }) => data?.real === real)) this.#world.postgres?.removeSnapshot(real);
    this.#world.account.log.write('database.snapshot', {
      snapshot: snapshot.identifier,
      region: snapshot.region,
      status: 'deleted',
    });
  }

  /** Manual ones that exist, those being deleted among them; nobody says when AWS stops counting one (assumed: once it is gone). */
  manualCount(region: string): number {
    return this.#manual.get(region) ?? 0;
  }

  #count({ region, type }: Snapshot, by: 1 | -1): void {
    if (type === 'manual') this.#manual.set(region, this.manualCount(region) + by);
  }

  /** Throws AwsError DBSnapshotAlreadyExists, SnapshotQuotaExceeded, in RDS's words: https://github.com/pbudzon/aws-maintenance/issues/12 */
  requireRoom(region: string, identifier: string): void {
    if (this.find(region, identifier)) {
      throw new AwsError(
        'DBSnapshotAlreadyExists',
        `Cannot create the snapshot because a snapshot with the identifier ${identifier} already exists.`,
      );
    }
    const { manualSnapshots } = this.#quotas;
    if (this.manualCount(region) >= manualSnapshots) {
      throw new AwsError('SnapshotQuotaExceeded', `Cannot create more than ${manualSnapshots} manual snapshots`);
    }
  }

  /** The data of an instance as they stand at this moment; `asOf` in a replica, how far it has come. `files` of a real server: real work, and room on the disk. */
  async dataOf(
    instance: DatabaseInstanceState,
    { asOf, files }: { readonly asOf?: number | undefined; readonly files: boolean },
  ): Promise<SnapshotData> {
    const { account, postgres } = this.#world;
    const takenAt = asOf ?? account.kernel.now();
    const { parameters } = instance.model.server;
    const model = instance.model.copy({ server: { parameters, now: () => takenAt }, asOf: takenAt });
    if (!postgres || !instance.real || !files) return { takenAt, model };
    const server = instance.real;
    const real = await account.kernel.hold(() =>
      postgres.snapshot(server, `${instance.region}/${instance.identifier}`),
    );
    return { takenAt, model, real };
  }

  #log({ identifier, region, status }: Snapshot): void {
    this.#world.account.log.write('database.snapshot', { snapshot: identifier, region, status });
  }
}

const foreign: InstanceFigures = {
  instanceClass: 'db.t4g.micro',
  engineVersion: '18.3',
  gibibytes: 20,
  storageType: 'gp3',
  securityGroupIds: [],
};

/** A manual snapshot of somebody else's instance: it is listed, and fills the quota. */
export function foreignSnapshot(region: string, account: string, number: number, createdAt: number): Snapshot {
  const identifier = `somebody-elses-${number}`;
  return {
    identifier,
    region,
    arn: `arn:aws:rds:${region}:${account}:snapshot:${identifier}`,
    type: 'manual',
    source: {
      identifier: 'somebody-elses',
      resourceId: 'db-SOMEBODYELSES',
      port: 5432,
      vpcId: 'vpc-0',
      zone: `${region}a`,
      createdAt,
      figures: foreign,
      backupRetentionDays: 0,
      backupWindow: '04:00-04:30',
    },
    encrypted: false,
    createdAt,
    status: 'available',
    tags: new Map(),
    percent: 100,
  };
}

/** What a snapshot keeps of its instance beside the data. */
export function sourceOf(instance: DatabaseInstanceState): SnapshotSource {
  const { identifier, resourceId, port, vpcId, zone, createdAt, figures, backupRetentionDays, backupWindow } = instance;
  return { identifier, resourceId, port, vpcId, zone, createdAt, figures, backupRetentionDays, backupWindow };
}

const identifierForm = /^(?=.{1,255}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/i;

/** Stored in lower case. Throws AwsError InvalidParameterValue: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html */
export function snapshotIdentifier(given: unknown): string {
  const name = String(given);
  if (identifierForm.test(name)) return name.toLowerCase();
  throw new AwsError(
    'InvalidParameterValue',
    `Invalid snapshot identifier: ${name}. Only letters, digits and single hyphens are allowed, a letter first.`,
  );
}
