import type { App } from 'aws-cdk-lib';
import { defineDataStacks } from './data-stacks.ts';
import { type Environment, primarySite, type Site, standbySite } from './environment.ts';
import { NotYetDeployable } from './not-yet-deployable.ts';
import { ClusterStack } from './stacks/cluster-stack.ts';
import { DeliveryStack } from './stacks/delivery-stack.ts';
import { ImagesReplicaStack } from './stacks/images-replica-stack.ts';
import { ImagesStack, replicaRegions } from './stacks/images-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';
import { StandbyStack } from './stacks/standby-stack.ts';
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
  const { cluster } = primary;
  const workloads = new WorkloadsStack(app, environment, primary.site, { cluster: cluster.access, functions });
  const delivery = new DeliveryStack(app, environment, { cluster: cluster.access, functions });
  delivery.addStackDependency(workloads, 'the functions act on the objects');
  delivery.addStackDependency(images, 'the functions read the repositories');
  const standby = standbySite(environment);
  const standbyCluster = standby && defineStandby(app, environment, standby, functions);
  defineDataStacks(app, environment, {
    primary: cluster.access,
    ...(standbyCluster ? { standby: standbyCluster.access } : {}),
    functions,
  });
}

/** The standby's stacks: each made from parts of its own region alone, so that it stands when the primary is gone. */
function defineStandby(
  app: App,
  environment: Environment,
  site: Site,
  functions: ReadonlyMap<string, string>,
): ClusterStack {
  const { cluster } = new Ground(app, environment, site);
  new WorkloadsStack(app, environment, site, { cluster: cluster.access, functions });
  new StandbyStack(app, environment, site.place, { cluster: cluster.access, functions });
  return cluster;
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
