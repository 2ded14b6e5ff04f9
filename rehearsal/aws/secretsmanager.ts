import type { Iam } from '../iam/index.ts';
import type { CreateModule } from './module.ts';
import type { SecretsContext } from './secretsmanager-access.ts';
import { descriptionOperations } from './secretsmanager-description.ts';
import { SecretReplication } from './secretsmanager-replication.ts';
import { copyPolicy, type SecretsResources, secretsProviders } from './secretsmanager-resources.ts';
import { SecretRotation } from './secretsmanager-rotation.ts';
import { SecretStore, type StoredSecret } from './secretsmanager-store.ts';
import { versionOperations } from './secretsmanager-versions.ts';
import {
  type AccountServices,
  AwsError,
  type Operation,
  type ResourceProvider,
  type SimulatedService,
} from './service.ts';

export type { AttachmentTarget } from './secretsmanager-resources.ts';

/** Fields of a secret's value that nobody may see, wherever they stand in it. */
const confidentialFields = /^(password|key|token|secret)$/i;

/** The simulated Secrets Manager of all regions. Values are in memory only: no operation writes one to the event log. */
export class SecretsManager implements SimulatedService {
  readonly id = 'secretsmanager';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly providers: readonly ResourceProvider[];
  readonly store: SecretStore;
  readonly rotation: SecretRotation;
  readonly #services: AccountServices;
  readonly #replication: SecretReplication;
  readonly #confidential = new Set<string>();
  readonly #told = new Map<StoredSecret, string>();

  constructor(services: AccountServices, policies: Pick<Iam, 'putResourcePolicy'>) {
    this.#services = services;
    this.store = new SecretStore(services.account);
    const context: SecretsContext = { services, store: this.store, changed: (secret) => this.#changed(secret) };
    const replication = new SecretReplication(context, (from, to) => copyPolicy(resources, from, to));
    this.#replication = replication;
    this.rotation = new SecretRotation(context);
    const resources: SecretsResources = {
      context,
      replication,
      rotation: this.rotation,
      policies,
      documents: new Map(),
    };
    this.operations = {
      ...versionOperations(context),
      ...descriptionOperations(context, (password) => this.#confidential.add(password)),
      ...replication.operations,
      ...this.rotation.operations,
    };
    this.providers = secretsProviders(resources);
  }

  /** A field of a secret's current value, as CloudFormation resolves `{{resolve:secretsmanager:…}}`. Throws AwsError ResourceNotFoundException. */
  field(region: string, secretId: string, field: string): string {
    const value: unknown = JSON.parse(this.store.require(region, secretId).current.text)[field];
    if (typeof value === 'string') return value;
    throw new AwsError('ResourceNotFoundException', `The secret ${secretId} has no field '${field}'.`);
  }

  /** Every password and key that any version ever held, for the checker that looks for them where they must not stand. */
  get confidentialTexts(): ReadonlySet<string> {
    return this.#confidential;
  }

  #changed(secret: StoredSecret): void {
    for (const { text } of secret.versions) if (text !== undefined) this.#remember(text);
    this.#replication.spread(secret);
    const stages = Object.fromEntries(
      secret.versions.filter(({ id }) => secret.stagesOf(id).length > 0).map(({ id }) => [id, secret.stagesOf(id)]),
    );
    const empty = secret.versions.filter(({ text }) => text === undefined).map(({ id }) => id);
    const told = JSON.stringify({ stages, empty, replicaOf: secret.replicaOf });
    if (this.#told.get(secret) === told) return;
    this.#told.set(secret, told);
    secret.lastChangedAt = this.#services.kernel.now();
    this.#services.log.write('secret.changed', {
      secret: secret.name,
      region: secret.region,
      stages,
      ...(empty.length === 0 ? {} : { empty }),
    });
  }

  #remember(text: string): void {
    const visit = (name: string, value: unknown): void => {
      if (typeof value === 'string' && confidentialFields.test(name)) this.#confidential.add(value);
      if (typeof value !== 'object' || value === null) return;
      for (const [member, inner] of Object.entries(value)) visit(member, inner);
    };
    try {
      visit('', JSON.parse(text));
    } catch {
      this.#confidential.add(text);
    }
  }
}

/** Secrets Manager as a module of the simulated world. */
export const createSecretsManager: CreateModule = ({ account, iam }) => {
  const secrets = new SecretsManager(account, iam);
  return { services: [secrets], providers: secrets.providers, started: () => secrets.rotation.start() };
};
