import type { App } from 'aws-cdk-lib';
import { type DataStacks, defineDataStacks } from './data-stacks.ts';
import { type Environment, primarySite, type Site, standbySite } from './environment.ts';
import { NotYetDeployable } from './not-yet-deployable.ts';
import { ClusterStack } from './stacks/cluster-stack.ts';
import { DeliveryStack } from './stacks/delivery-stack.ts';
import { ImagesReplicaStack } from './stacks/images-replica-stack.ts';
import { ImagesStack, replicaRegions } from './stacks/images-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';
import { StandbyStack } from './stacks/standby-stack.ts';
import { WatchingStack } from './stacks/watching-stack.ts';
import { WorkloadsStack } from './stacks/workloads-stack.ts';

export { NotYetDeployable };

/** Every stack of one environment. `functions`: task → folder with its bundle. Throws NotYetDeployable. */
export function definePlatform(app: App, environment: Environment, functions: ReadonlyMap<string, string>): void {
  if (environment.platform.gateway.requestLimit) {
    throw new NotYetDeployable(
      `gateway.requestLimit of '${environment.platform.name}' needs a web ACL, which no stack makes yet. Take it out, or limit requests in the service.`,
    );
  }
  const replicas = replicaRegions(environment).map((region) => new ImagesReplicaStack(app, environment, region));
  const images = new ImagesStack(app, environment);
  // Replication makes a repository at the first push, with the settings that it finds then.
  for (const replica of replicas) images.addStackDependency(replica, 'replicas take their settings from it');
  const primary = new Ground(app, environment, primarySite(environment));
  const standbyPlace = standbySite(environment);
  const standby = standbyPlace && new Ground(app, environment, standbyPlace);
  const data = defineDataStacks(app, environment, {
    primary: primary.cluster.access,
    ...(standby ? { standby: standby.cluster.access } : {}),
    functions,
  });
  const access = { cluster: primary.cluster.access, functions };
  const workloads = new WorkloadsStack(app, environment, primary.site, {
    ...access,
    secretsKeyArn: data.secrets.key.keyArn,
  });
  workloads.addStackDependency(data.database, 'the services read where it answers');
  const delivery = new DeliveryStack(app, environment, access);
  delivery.addStackDependency(workloads, 'the functions act on the objects');
  delivery.addStackDependency(images, 'the functions read the repositories');
  if (standby && data.standby) defineStandby(app, environment, standby, data.standby, functions);
  const watching = new WatchingStack(app, environment, primary.site, access);
  watching.addStackDependency(delivery, 'alarms tell its topics');
}

/** What acts in the standby: each stack made from parts of its own region alone, so that it stands when the primary is gone. */
function defineStandby(
  app: App,
  environment: Environment,
  { site, cluster }: Ground,
  { secrets, database }: NonNullable<DataStacks['standby']>,
  functions: ReadonlyMap<string, string>,
): void {
  const access = { cluster: cluster.access, functions };
  const workloads = new WorkloadsStack(app, environment, site, { ...access, secretsKeyArn: secrets.key.keyArn });
  workloads.addStackDependency(database, 'the services read where it answers');
  const standby = new StandbyStack(app, environment, site.place, access);
  standby.addStackDependency(workloads, 'its function acts on the objects');
  new WatchingStack(app, environment, site, access);
}

/** What everything else of a region stands on. */
class Ground {
  readonly site: Site;
  readonly network: NetworkStack;
  readonly cluster: ClusterStack;

  constructor(app: App, environment: Environment, site: Site) {
    this.site = site;
    this.network = new NetworkStack(app, environment, site);
    this.cluster = new ClusterStack(app, environment, site, this.network);
  }
}
