import type { App } from 'aws-cdk-lib';
import { type DataStacks, defineDataStacks } from './data-stacks.ts';
import { requireDeployable, takenName } from './deployable.ts';
import { type Environment, primarySite, type Site, standbySite } from './environment.ts';
import { entranceOf } from './failover/entrance.ts';
import { NotYetDeployable } from './not-yet-deployable.ts';
import { BackupStack } from './stacks/backup-stack.ts';
import { ClusterStack } from './stacks/cluster-stack.ts';
import { DeliveryStack } from './stacks/delivery-stack.ts';
import { FailoverStack } from './stacks/failover-stack.ts';
import { ImagesReplicaStack } from './stacks/images-replica-stack.ts';
import { ImagesStack, replicaRegions } from './stacks/images-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';
import { RestoreStack } from './stacks/restore-stack.ts';
import { RotationStack } from './stacks/rotation-stack.ts';
import { StandbyStack } from './stacks/standby-stack.ts';
import { TrafficStack } from './stacks/traffic-stack.ts';
import { WatchingStack } from './stacks/watching-stack.ts';
import { WitnessStack } from './stacks/witness-stack.ts';
import { WorkloadsStack } from './stacks/workloads-stack.ts';

export { NotYetDeployable };

/** Every stack of one environment. `functions`: task → folder with its bundle. Throws NotYetDeployable. */
export function definePlatform(app: App, environment: Environment, functions: ReadonlyMap<string, string>): void {
  requireDeployable(environment);
  try {
    defineStacks(app, environment, functions);
  } catch (error) {
    throw takenName(error, environment) ?? error;
  }
}

function defineStacks(app: App, environment: Environment, functions: ReadonlyMap<string, string>): void {
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
  const acting = {
    ...access,
    shared: delivery.shared,
    secretsKeyArn: data.secrets.key.keyArn,
    doors: data.database.doors,
  };
  const rotation = new RotationStack(app, environment, primary.site, acting);
  rotation.addStackDependency(data.database, 'a schedule begins once there is something to log in to');
  rotation.addStackDependency(workloads, 'its functions act on the objects');
  const backups = new BackupStack(app, environment, primary.site, acting);
  backups.addStackDependency(workloads, 'its functions act on the objects');
  const there = standby && data.standby && defineStandby(app, environment, standby, data.standby, functions);
  if (there) backups.addStackDependency(there.backups, 'its first set is copied there');
  const restore = new RestoreStack(app, environment, primary.site, { ...acting, backups });
  restore.addStackDependency(backups, 'it reads the sets');
  if (there) {
    const failover = new FailoverStack(app, environment, primary.site, { ...acting, backups });
    failover.addStackDependency(workloads, 'its functions act on the objects');
    moveTogether(app, environment, { failover, there, workloads, functions });
  }
  const watching = new WatchingStack(app, environment, primary.site, access);
  watching.addStackDependency(delivery, 'alarms tell its topics');
}

interface Moving {
  readonly failover: FailoverStack;
  readonly there: StandbyStacks;
  readonly workloads: WorkloadsStack;
  readonly functions: ReadonlyMap<string, string>;
}

/** Where the primary holds its lease, before it is guarded: a guard that nobody answers would let no application in. And how the world finds both. */
function moveTogether(app: App, environment: Environment, { failover, there, workloads, functions }: Moving): void {
  const { recovery } = environment.platform;
  failover.addStackDependency(there.failover, 'the primary holds its lease there');
  if (recovery.fencing?.witness) {
    const witness = new WitnessStack(app, environment, recovery.fencing.witness);
    failover.addStackDependency(witness, 'the primary holds its lease there as well');
  }
  if (entranceOf(environment) === null) return;
  const traffic = new TrafficStack(app, environment, { functions });
  for (const stack of [workloads, there.workloads])
    traffic.addStackDependency(stack, 'records lead to its load balancer');
  traffic.addStackDependency(failover, 'health checks read its alarm');
}

/** Of the standby, what stacks of the primary wait for. */
interface StandbyStacks {
  readonly backups: BackupStack;
  readonly failover: FailoverStack;
  readonly workloads: WorkloadsStack;
}

/** What acts in the standby: each stack made from parts of its own region alone, so that it stands when the primary is gone. */
function defineStandby(
  app: App,
  environment: Environment,
  { site, cluster }: Ground,
  { secrets, database }: NonNullable<DataStacks['standby']>,
  functions: ReadonlyMap<string, string>,
): StandbyStacks {
  const access = { cluster: cluster.access, functions };
  const workloads = new WorkloadsStack(app, environment, site, { ...access, secretsKeyArn: secrets.key.keyArn });
  workloads.addStackDependency(database, 'the services read where it answers');
  const standby = new StandbyStack(app, environment, site.place, access);
  standby.addStackDependency(workloads, 'its function acts on the objects');
  const acting = {
    ...access,
    shared: standby.shared,
    secretsKeyArn: secrets.key.keyArn,
    doors: database.doors,
  };
  const rotation = new RotationStack(app, environment, site, acting);
  rotation.addStackDependency(workloads, 'its functions act on the objects');
  const backups = new BackupStack(app, environment, site, acting);
  backups.addStackDependency(workloads, 'its functions act on the objects');
  const restore = new RestoreStack(app, environment, site, { ...acting, backups });
  restore.addStackDependency(backups, 'it reads the sets');
  const failover = new FailoverStack(app, environment, site, { ...acting, backups });
  failover.addStackDependency(workloads, 'its functions act on the objects');
  const watching = new WatchingStack(app, environment, site, access);
  watching.addStackDependency(standby, 'alarms tell its topics');
  return { backups, failover, workloads };
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
