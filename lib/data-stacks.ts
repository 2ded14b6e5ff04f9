import type { App } from 'aws-cdk-lib';
import type { DatabaseClient } from './constructs/database-instance.ts';
import type { Environment } from './environment.ts';
import type { ClusterAccess } from './stacks/cluster-stack.ts';
import { DatabaseStack } from './stacks/database-stack.ts';
import { SecretsStack, StandbySecretsStack } from './stacks/secrets-stack.ts';
import { StandbyDatabaseStack } from './stacks/standby-database-stack.ts';

export interface DataStacksProps {
  readonly primary: ClusterAccess;
  /** Present where the stage has a standby. */
  readonly standby?: ClusterAccess;
  readonly functions: ReadonlyMap<string, string>;
}

export interface DataStacks {
  readonly secrets: SecretsStack;
  readonly database: DatabaseStack;
  /** Present where the stage has a standby. */
  readonly standby?: { readonly secrets: StandbySecretsStack; readonly database: StandbyDatabaseStack };
}

/**
 * Secrets and databases of both regions. Nothing of the standby refers to the primary; what has to stand there first is said
 * as an order of deployment alone.
 */
export function defineDataStacks(app: App, environment: Environment, props: DataStacksProps): DataStacks {
  const { standby: standbyPlace } = environment.platform.regions;
  const secrets = new SecretsStack(app, environment);
  const database = new DatabaseStack(app, environment, {
    vpc: props.primary.vpc,
    clients: [nodesOf(props.primary)],
    secrets,
    functions: props.functions,
  });
  if (!standbyPlace || !props.standby) return { secrets, database };
  const standbySecrets = new StandbySecretsStack(app, environment, standbyPlace);
  secrets.addStackDependency(standbySecrets, "the secrets' copies are encrypted under its key");
  const replicas = new StandbyDatabaseStack(app, environment, standbyPlace, {
    vpc: props.standby.vpc,
    clients: [nodesOf(props.standby)],
  });
  replicas.addStackDependency(database, 'RDS makes a replica of an instance that there is');
  return { secrets, database, standby: { secrets: standbySecrets, database: replicas } };
}

function nodesOf(cluster: ClusterAccess): DatabaseClient {
  return { id: 'Nodes', securityGroupId: cluster.nodeSecurityGroupId, description: "The cluster's nodes" };
}
