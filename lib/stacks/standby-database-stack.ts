import { CfnOutput } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { databaseInstanceName } from '../../domain/databases.ts';
import type { Place } from '../../platforms/schema.ts';
import { type DatabaseClient, type DatabaseDoor, DatabaseInstance } from '../constructs/database-instance.ts';
import { DatabasePlace } from '../constructs/database-place.ts';
import { describeChecks, describeEndpoint } from '../database-endpoint.ts';
import { type Environment, pascalCase } from '../environment.ts';
import { PlatformStack } from './platform-stack.ts';

export interface StandbyDatabaseStackProps {
  /** Of the standby region. */
  readonly vpc: IVpc;
  /** Who may connect there: the standby cluster's nodes. */
  readonly clients: readonly DatabaseClient[];
}

/**
 * Replicas of the databases in the standby region, each under this region's own key. The source is named by its ARN, which
 * follows from the definition: the stack reads nothing of the primary's, and RDS alone talks to the other region.
 */
export class StandbyDatabaseStack extends PlatformStack {
  /** Where each replica is reached, by the database's name. */
  readonly doors: ReadonlyMap<string, DatabaseDoor>;

  constructor(scope: Construct, environment: Environment, standby: Place, props: StandbyDatabaseStackProps) {
    const { platform, name } = environment;
    super(scope, {
      environment,
      region: standby.name,
      part: 'StandbyDatabase',
      description: `${platform.title} (${environment.stage}): replicas of the databases in ${standby.name}`,
    });
    const primary = platform.regions.primary.name;
    const place = new DatabasePlace(this, 'Place', { environmentName: name, vpc: props.vpc, logGroupNames: [] });
    const doors = new Map<string, DatabaseDoor>();
    for (const definition of platform.databases.filter(({ replicas }) => replicas.crossRegion)) {
      const instanceName = databaseInstanceName(name, definition.name);
      const replica = new DatabaseInstance(this, pascalCase(definition.name), {
        environmentName: name,
        definition,
        instanceName,
        place,
        clients: props.clients,
        logRetentionDays: platform.cluster.logRetentionDays,
        replicaOf: { identifier: `arn:aws:rds:${primary}:${this.account}:db:${instanceName}`, region: primary },
      });
      doors.set(definition.name, replica);
      describeEndpoint(this, `${pascalCase(definition.name)}EndpointParameter`, definition.name, replica);
      describeChecks(this, `${pascalCase(definition.name)}ChecksParameter`, definition);
      new CfnOutput(this, `${pascalCase(definition.name)}Endpoint`, {
        value: `${replica.resource.attrEndpointAddress}:${replica.port}`,
        description: `Replica of ${definition.name}: read-only until it is promoted`,
      });
    }
    this.doors = doors;
  }
}
