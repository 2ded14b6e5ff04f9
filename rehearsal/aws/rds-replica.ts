import type { DatabaseInstanceState, Instances } from './rds-instances.ts';
import { AwsError } from './service.ts';

/** What is asked for. */
interface ReplicaRequest {
  readonly region: string;
  /** Identifier or ARN of the source. */
  readonly source: string;
  readonly key: unknown;
}

/**
 * The instance that a replica is to follow. https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html
 * Throws AwsError where RDS would refuse.
 */
export function replicaSource(
  instances: Pick<Instances, 'find'>,
  { region, source: identifier, key }: ReplicaRequest,
): DatabaseInstanceState {
  const [, home = region, name = identifier] = /^arn:aws:rds:([^:]+):\d+:db:(.+)$/.exec(identifier) ?? [];
  const source = instances.find(home, name);
  if (source?.status !== 'available') {
    const state = source ? 'is not available' : 'does not exist';
    throw new AwsError('DBInstanceNotFound', `The source instance ${identifier} ${state}.`, 404);
  }
  if (source.backupRetentionDays === 0) {
    throw new AwsError(
      'InvalidDBInstanceState',
      `Automated backups are not enabled for ${identifier}, so it can have no replica.`,
    );
  }
  if (home !== region && source.encrypted && key === undefined) {
    throw new AwsError(
      'InvalidParameterCombination',
      `A replica of the encrypted ${identifier} in ${region} needs a key of ${region}.`,
    );
  }
  if (home === region && key !== undefined) {
    throw new AwsError(
      'InvalidParameterCombination',
      'A replica in the region of its source has the key of its source.',
    );
  }
  return source;
}
