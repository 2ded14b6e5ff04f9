import {
  databaseChecksParameterName,
  databaseEndpointParameterName,
  manifestSecretName,
} from '../../domain/databases.ts';
import type { Grant } from '../constructs/grant.ts';
import type { SharedStores } from '../delivery/rights.ts';
import { define, type TaskDefinition } from '../delivery/tasks.ts';
import type { Environment } from '../environment.ts';
import { type BackupPlaces, BackupRights } from './rights.ts';

export interface ManifestPlaces extends BackupPlaces {
  /** Of the region's own key of secrets. */
  readonly secretsKeyArn: string;
}

/** Of the functions that read what a database holds. */
export class ManifestRights extends BackupRights {
  private readonly secretsKeyArn: string;

  constructor(environment: Environment, stores: SharedStores, region: string, places: ManifestPlaces) {
    super(environment, stores, region, places);
    this.secretsKeyArn = places.secretsKeyArn;
  }

  /** How the reader of manifests logs in, and what is asked of a database beside its contents. */
  openDatabases(): Grant[] {
    const { name } = this.environment;
    const parameters = [databaseEndpointParameterName(name, '*'), databaseChecksParameterName(name, '*')];
    return [
      {
        actions: ['ssm:GetParameter'],
        resources: parameters.map((parameter) => this.arn('ssm', `parameter${parameter}`)),
        because: 'databaseParameters',
      },
      {
        actions: ['secretsmanager:GetSecretValue'],
        resources: [this.arn('secretsmanager', `secret:${manifestSecretName(name, '*')}-??????`)],
        because: 'databaseParameters',
      },
      {
        actions: ['kms:Decrypt'],
        resources: [this.secretsKeyArn],
        conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${this.region}.amazonaws.com` } },
      },
    ];
  }

  /** Writes down what it read, and reads it back. */
  keepManifests(): Grant[] {
    return [
      ...this.readKeyName(this.region),
      ...this.readObjects('sets', this.region, 'manifests/'),
      ...this.writeObjects('sets', this.region, 'manifests/'),
    ];
  }
}

/** Both log in to the databases of their region. */
export const manifestTasks: readonly TaskDefinition<ManifestRights>[] = [
  define('read-manifest', 'Reads what a database holds before its snapshot', {
    settings: ['backups', 'authorities'],
    timeoutSeconds: 900,
    rights: (r) => [...r.way(), ...r.openDatabases(), ...r.keepManifests()],
  }),
  define('close-manifest', 'Reads what changed in a database until its snapshot was there', {
    settings: ['backups', 'authorities'],
    timeoutSeconds: 300,
    rights: (r) => [...r.way(), ...r.openDatabases(), ...r.keepManifests()],
  }),
];
