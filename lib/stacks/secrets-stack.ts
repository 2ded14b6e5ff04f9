import { CfnOutput } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import {
  applicationSecretName,
  heartbeatSecretName,
  heartbeatUser,
  manifestSecretName,
  manifestUser,
  masterSecretName,
  masterUser,
  secretsKeyAlias,
  sqlName,
} from '../../domain/databases.ts';
import type { Database, Place, Platform } from '../../platforms/schema.ts';
import { EncryptionKey } from '../constructs/encryption-key.ts';
import { PlatformSecret, type PlatformSecretProps } from '../constructs/platform-secret.ts';
import { type Environment, pascalCase } from '../environment.ts';
import { PlatformStack } from './platform-stack.ts';

type Entry = Platform['secrets']['entries'][number];

/** Characters of a generated password or key. */
const generatedLength = 48;

/** The key of the standby's copies. Deployed before the secrets, which name it by its alias. */
export class StandbySecretsStack extends PlatformStack {
  readonly key: EncryptionKey;

  constructor(scope: Construct, environment: Environment, standby: Place) {
    super(scope, {
      environment,
      region: standby.name,
      part: 'StandbySecrets',
      description: `${environment.platform.title} (${environment.stage}): key of the secrets' copies in ${standby.name}`,
    });
    this.key = secretsKey(this, environment.name);
    if (environment.platform.secrets.readsAudited) describeReads(this);
  }
}

/** A database's secrets. */
export interface DatabaseSecrets {
  readonly master: PlatformSecret;
  /** Only where a replica in another region has to be measured. */
  readonly heartbeat?: PlatformSecret;
  /** Of the user that reads manifests, where the engine has them. */
  readonly manifest?: PlatformSecret;
  /** Those of the platform's definition that open it. */
  readonly users: readonly PlatformSecret[];
}

/** Every secret of the platform: generated here, never shown, copied to the standby. */
export class SecretsStack extends PlatformStack {
  readonly key: EncryptionKey;
  /** By the database's name. */
  readonly databases: ReadonlyMap<string, DatabaseSecrets>;
  private readonly replica: PlatformSecretProps['replica'];

  constructor(scope: Construct, environment: Environment) {
    const { platform, name } = environment;
    super(scope, {
      environment,
      region: platform.regions.primary.name,
      part: 'Secrets',
      description: `${platform.title} (${environment.stage}): secrets, copied to the standby`,
    });
    this.key = secretsKey(this, name);
    const { standby } = platform.regions;
    this.replica = standby ? { region: standby.name, keyAlias: secretsKeyAlias(name) } : undefined;
    const masters = new Map(platform.databases.map((database) => [database.name, this.master(database)]));
    const entries = platform.secrets.entries.map((entry) => ({
      opens: entry.opens,
      secret: this.entry(entry, masters.get(entry.opens ?? '')),
    }));
    this.databases = new Map(
      platform.databases.map((database): [string, DatabaseSecrets] => {
        const master = masters.get(database.name) as PlatformSecret;
        const users = entries.filter(({ opens }) => opens === database.name).map(({ secret }) => secret);
        const heartbeat = database.replicas.crossRegion ? this.heartbeat(database, master) : undefined;
        const manifest = database.engine === 'postgres' ? this.manifest(database, master) : undefined;
        return [
          database.name,
          { master, users, ...(heartbeat ? { heartbeat } : {}), ...(manifest ? { manifest } : {}) },
        ];
      }),
    );
    new CfnOutput(this, 'ListSecrets', {
      value: `aws secretsmanager list-secrets --region ${this.region} --filters Key=name,Values=mainstay/${name}/`,
      description: 'The secrets, without their values',
    });
    if (platform.secrets.readsAudited) describeReads(this);
  }

  private master(database: Database): PlatformSecret {
    return this.secret(`${pascalCase(database.name)}Master`, {
      name: masterSecretName(this.environmentName, database.name),
      description: `Master user of the database ${database.name}`,
      field: 'password',
      template: { username: masterUser, dbname: sqlName(database.name) },
    });
  }

  /** `masterarn`, so that a rotation can set the password as the master: what RDS's own rotation functions ask for as well. */
  private heartbeat(database: Database, master: PlatformSecret): PlatformSecret {
    return this.secret(`${pascalCase(database.name)}Heartbeat`, {
      name: heartbeatSecretName(this.environmentName, database.name),
      description: `Heartbeat's user of the database ${database.name}`,
      field: 'password',
      template: { username: heartbeatUser, dbname: sqlName(database.name), masterarn: master.secretArn },
    });
  }

  private manifest(database: Database, master: PlatformSecret): PlatformSecret {
    return this.secret(`${pascalCase(database.name)}Manifest`, {
      name: manifestSecretName(this.environmentName, database.name),
      description: `User that reads manifests of the database ${database.name}`,
      field: 'password',
      template: { username: manifestUser, dbname: sqlName(database.name), masterarn: master.secretArn },
    });
  }

  private entry(entry: Entry, master: PlatformSecret | undefined): PlatformSecret {
    const key = entry.kind === 'jwt' || entry.kind === 'api-key';
    const template: Record<string, string> = key ? {} : { username: sqlName(entry.name) };
    if (entry.opens && master) Object.assign(template, { dbname: sqlName(entry.opens), masterarn: master.secretArn });
    return this.secret(pascalCase(entry.name), {
      name: applicationSecretName(this.environmentName, entry.name),
      description: `${entry.kind} of ${entry.consumers.join(', ')}`,
      field: key ? 'key' : 'password',
      template,
    });
  }

  private secret(id: string, props: Pick<PlatformSecretProps, 'name' | 'description' | 'field' | 'template'>) {
    const { replica, key } = this;
    return new PlatformSecret(this, id, {
      ...props,
      length: generatedLength,
      encryptionKey: key,
      ...(replica ? { replica } : {}),
    });
  }
}

/**
 * A read is a management event, which CloudTrail keeps for 90 days without being asked; for longer the account's own trail does.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-cloudtrail.html
 */
function describeReads(stack: PlatformStack): void {
  new CfnOutput(stack, 'WhoReadSecrets', {
    value: `aws cloudtrail lookup-events --region ${stack.region} --lookup-attributes AttributeKey=EventName,AttributeValue=GetSecretValue --max-results 50`,
    description: 'Who has read which secret in the last 90 days',
  });
}

function secretsKey(stack: PlatformStack, environmentName: string): EncryptionKey {
  return new EncryptionKey(stack, 'Key', {
    alias: secretsKeyAlias(environmentName),
    description: `Secrets of ${environmentName} in ${stack.region}`,
  });
}
