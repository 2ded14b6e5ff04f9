import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CopiesAtTheirLimit, DatabaseBusy, SnapshotFailed, SnapshotQuotaReached } from '../../domain/errors.ts';
import type { DatabaseSnapshot, DatabaseSnapshots } from '../../lambdas/ports/database-snapshots.ts';
import { callLatencyMilliseconds } from '../../rehearsal/aws/durations.ts';
import { createEc2 } from '../../rehearsal/aws/ec2-inert.ts';
import { createKms, type Kms } from '../../rehearsal/aws/kms.ts';
import { createRds, type Rds } from '../../rehearsal/aws/rds.ts';
import { AwsError, type OperationInput } from '../../rehearsal/aws/service.ts';
import { createRehearsal, type Rehearsal } from '../../rehearsal/rehearsal.ts';

/*
 * The simulated RDS of two regions with as many instances as a bench asks for, and the port that functions have to it: call by call what
 * lambdas/aws/database-snapshots.ts does, without the SDK and its XML.
 */

export const account = '111111111111';
export const here = 'us-east-1';
export const there = 'us-west-2';
/** Of an answer of RDS. Assumed: the rehearsal's own 20 ms flatter a function that asks a thousand times. */
const answerMilliseconds = 200;
const bench = { kind: 'person', name: 'bench' } as const;

const ground = {
  Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
  A: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: { Ref: 'Vpc' }, CidrBlock: '10.0.1.0/24' } },
  B: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: { Ref: 'Vpc' }, CidrBlock: '10.0.2.0/24' } },
  Subnets: {
    Type: 'AWS::RDS::DBSubnetGroup',
    Properties: { DBSubnetGroupName: 'bench', SubnetIds: [{ Ref: 'A' }, { Ref: 'B' }] },
  },
  Key: { Type: 'AWS::KMS::Key', Properties: {} },
  Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/sets', TargetKeyId: { Ref: 'Key' } } },
};

/** Two regions with these instances in the first, at rest; quotas as a person would have had AWS raise them. */
export async function rdsWith(
  instances: readonly string[],
  quota: number,
  startsAt: number,
): Promise<{ readonly rehearsal: Rehearsal; readonly rds: Rds; readonly keys: ReadonlyMap<string, string> }> {
  const assemblyDirectory = assembly();
  const rehearsal = await createRehearsal({
    assemblyDirectory,
    seed: 1,
    startsAt,
    maximumEvents: 1_000_000_000,
    modules: [createEc2, createKms, createRds],
  });
  rmSync(assemblyDirectory, { recursive: true });
  const rds = rehearsal.account.service<Rds>('rds');
  rds.quotas.manualSnapshots = quota;
  rds.quotas.instances = instances.length;
  const provider = rehearsal.account.provider('AWS::RDS::DBInstance');
  if (!provider) throw new Error('RDS has no instances.');
  let standing = 0;
  for (const identifier of instances) {
    const properties = {
      DBInstanceIdentifier: identifier,
      DBSubnetGroupName: 'bench',
      DBParameterGroupName: 'default.postgres18',
      Engine: 'postgres',
      DBName: 'shop',
      MasterUsername: 'chief',
      MasterUserPassword: 'not-a-secret',
      // Automated backups are RDS's own, and are no part of what is measured.
      BackupRetentionPeriod: 0,
    };
    const request = { type: provider.type, logicalId: identifier, stackName: 'Bench', region: here, account };
    void Promise.resolve(provider.create({ ...request, properties })).then(() => standing++);
  }
  await rehearsal.kernel.run({ done: () => standing === instances.length });
  const kms = rehearsal.account.service<Kms>('kms');
  const keys = new Map([here, there].map((region) => [region, kms.find(region, 'alias/sets')?.arn ?? '']));
  return { rehearsal, rds, keys };
}

/** As the CDK lays one out. */
function assembly(): string {
  const directory = mkdtempSync(join(tmpdir(), 'mainstay-bench-'));
  const write = (name: string, content: object) => writeFileSync(join(directory, name), JSON.stringify(content));
  const artifacts: Record<string, unknown> = { Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } } };
  for (const region of [here, there]) {
    const name = `Ground-${region}`;
    artifacts[`${name}.assets`] = { type: 'cdk:asset-manifest', properties: { file: `${name}.assets.json` } };
    artifacts[name] = {
      type: 'aws:cloudformation:stack',
      environment: `aws://${account}/${region}`,
      properties: { templateFile: `${name}.template.json`, stackName: name },
      dependencies: [`${name}.assets`],
    };
    write(`${name}.template.json`, { Resources: ground });
    write(`${name}.assets.json`, { files: {} });
  }
  write('manifest.json', { version: '54.0.0', artifacts });
  return directory;
}

/** The port over the simulated calls; unencrypted instances, so that a copy needs no signature of the other region. */
export class SimulatedSnapshots implements DatabaseSnapshots {
  readonly #rehearsal: Rehearsal;
  readonly #count: (operation: string) => void;

  constructor(rehearsal: Rehearsal, count: (operation: string) => void) {
    this.#rehearsal = rehearsal;
    this.#count = count;
  }

  async source(region: string, instance: string): ReturnType<DatabaseSnapshots['source']> {
    const answer = await this.#call(region, 'DescribeDBInstances', { DBInstanceIdentifier: instance });
    const [found] = answer['DBInstances'];
    return { instance, status: found.DBInstanceStatus, instanceClass: found.DBInstanceClass };
  }

  async find(region: string, identifier: string): Promise<DatabaseSnapshot | undefined> {
    try {
      const answer = await this.#call(region, 'DescribeDBSnapshots', { DBSnapshotIdentifier: identifier });
      return snapshotOf(answer['DBSnapshots'][0]);
    } catch (error) {
      if (isNamed(error, 'DBSnapshotNotFound')) return undefined;
      throw error;
    }
  }

  async listManual(region: string): Promise<DatabaseSnapshot[]> {
    const found: DatabaseSnapshot[] = [];
    let more: OperationInput = {};
    do {
      const answer = await this.#call(region, 'DescribeDBSnapshots', {
        SnapshotType: 'manual',
        MaxRecords: 100,
        ...more,
      });
      found.push(...answer['DBSnapshots'].map(snapshotOf));
      more = answer['Marker'] === undefined ? {} : { Marker: answer['Marker'] };
    } while ('Marker' in more);
    return found;
  }

  async create(region: string, wanted: Parameters<DatabaseSnapshots['create']>[1]): Promise<'made' | 'exists'> {
    try {
      await this.#call(region, 'CreateDBSnapshot', {
        DBSnapshotIdentifier: wanted.identifier,
        DBInstanceIdentifier: wanted.instance,
        Tags: tagList(wanted.tags),
      });
      return 'made';
    } catch (error) {
      if (isNamed(error, 'DBSnapshotAlreadyExists')) return 'exists';
      if (isNamed(error, 'InvalidDBInstanceState')) throw new DatabaseBusy(wanted.instance, 'not available');
      if (isNamed(error, 'SnapshotQuotaExceeded')) throw new SnapshotQuotaReached(region, (error as Error).message);
      throw error;
    }
  }

  async copy(wanted: Parameters<DatabaseSnapshots['copy']>[0]): Promise<'made' | 'exists'> {
    const { from, to, identifier, key, tags } = wanted;
    try {
      await this.#call(to, 'CopyDBSnapshot', {
        SourceDBSnapshotIdentifier: `arn:aws:rds:${from}:${account}:snapshot:${identifier}`,
        TargetDBSnapshotIdentifier: identifier,
        KmsKeyId: key,
        CopyTags: false,
        Tags: tagList(tags),
      });
      return 'made';
    } catch (error) {
      const { message } = error as Error;
      if (isNamed(error, 'DBSnapshotAlreadyExists')) return 'exists';
      if (isNamed(error, 'DBSnapshotNotFound')) throw new SnapshotFailed(identifier, from, 'is gone');
      if (!isNamed(error, 'SnapshotQuotaExceeded')) throw error;
      throw /across regions/.test(message)
        ? new CopiesAtTheirLimit(to, message)
        : new SnapshotQuotaReached(to, message);
    }
  }

  async remove(region: string, identifier: string): Promise<boolean> {
    try {
      await this.#call(region, 'DeleteDBSnapshot', { DBSnapshotIdentifier: identifier });
      return true;
    } catch (error) {
      if (isNamed(error, 'DBSnapshotNotFound')) return true;
      if (isNamed(error, 'InvalidDBSnapshotState')) return false;
      throw error;
    }
  }

  async tag(region: string, identifier: string, tags: Readonly<Record<string, string>>): Promise<void> {
    const ResourceName = `arn:aws:rds:${region}:${account}:snapshot:${identifier}`;
    await this.#call(region, 'AddTagsToResource', { ResourceName, Tags: tagList(tags) });
  }

  async #call(region: string, operation: string, input: OperationInput): Promise<OperationInput> {
    this.#count(`rds:${operation}`);
    const { kernel, account: services } = this.#rehearsal;
    await kernel.sleep(answerMilliseconds - callLatencyMilliseconds, operation);
    return services.call({ service: 'rds', operation, input, principal: bench, region });
  }
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof AwsError && error.name === name;
}

function tagList(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

function snapshotOf(snapshot: OperationInput): DatabaseSnapshot {
  const tags = snapshot['TagList'] as { Key: string; Value: string }[];
  return {
    identifier: snapshot['DBSnapshotIdentifier'],
    arn: snapshot['DBSnapshotArn'],
    instance: snapshot['DBInstanceIdentifier'],
    status: snapshot['Status'],
    percent: snapshot['PercentProgress'],
    createdAt: snapshot['SnapshotCreateTime']?.getTime() ?? Number.POSITIVE_INFINITY,
    engine: snapshot['Engine'],
    engineVersion: snapshot['EngineVersion'],
    gibibytes: snapshot['AllocatedStorage'],
    ...(snapshot['KmsKeyId'] === undefined ? {} : { key: snapshot['KmsKeyId'] }),
    tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])),
  };
}
