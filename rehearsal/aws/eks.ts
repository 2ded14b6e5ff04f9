import { Cluster } from '../kubernetes/cluster.ts';
import type { ClusterOptions, ClusterPorts } from '../kubernetes/ports.ts';
import type { UnusedRight } from '../kubernetes/rbac.ts';
import type { NetworkPeer } from '../lambda/network.ts';
import type { MetricPublisher } from '../traffic/publisher.ts';
import { Traffic } from '../traffic/traffic.ts';
import type { Ec2 } from './ec2-inert.ts';
import { chartProvider, type InstalledChart } from './eks-charts.ts';
import { manifestProvider } from './eks-manifests.ts';
import { NodeGroups } from './eks-nodegroups.ts';
import { nodeGroupOperations } from './eks-operations.ts';
import { clusterProviders } from './eks-providers.ts';
import { mountSecrets } from './eks-secrets.ts';
import { tokenVerifier } from './eks-tokens.ts';
import { provisionVolumes } from './eks-volumes.ts';
import type { CreateModule, World } from './module.ts';
import { AwsError, type Operation, type ResourceProvider, type SimulatedService } from './service.ts';

/** What the simulated ECR implements for the nodes. */
interface ImageStore {
  hasImage(region: string, repository: string, digest: string): boolean;
  readonly registry: {
    of(region: string): {
      readonly repositories: ReadonlyMap<
        string,
        { readonly images: ReadonlyMap<string, { readonly digest: string; readonly tags: ReadonlySet<string> }> }
      >;
    };
  };
}

/** The simulated EKS of all regions: its clusters, and the users of what runs in them. */
export class Eks implements SimulatedService {
  readonly id = 'eks';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly nodeGroups: NodeGroups;
  readonly providers: readonly ResourceProvider[];
  readonly traffic: Traffic;
  readonly charts: InstalledChart[] = [];
  readonly #world: World;
  /** By `region/name`: a standby's cluster has the primary's name. */
  readonly #clusters = new Map<string, Cluster>();
  /** Role of a pod identity, by `region/cluster/namespace/service account`. */
  readonly #identities = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
    const { kernel, log } = world.account;
    this.traffic = new Traffic({
      kernel,
      log,
      metrics: () => world.account.service<SimulatedService & MetricPublisher>('cloudwatch'),
    });
    this.nodeGroups = new NodeGroups(world);
    this.operations = nodeGroupOperations(this.nodeGroups, world.account);
    world.account.regions.watch((region, state) => this.traffic.setLost(region, state === 'lost'));
    this.providers = [...clusterProviders(this, world), chartProvider(this, world), manifestProvider(this)];
  }

  /** The region's cluster with this name. Throws AwsError ResourceNotFoundException. */
  cluster(region: string, name: string): Cluster {
    const cluster = this.#clusters.get(`${region}/${name}`);
    if (cluster) return cluster;
    throw new AwsError('ResourceNotFoundException', `No cluster found for name: ${name}.`, 404, { region });
  }

  get clusters(): Cluster[] {
    return [...this.#clusters.values()];
  }

  /** Rights of Kubernetes roles that nobody used, over all clusters. */
  unusedRights(): (UnusedRight & { readonly cluster: string; readonly region: string })[] {
    return this.clusters.flatMap((cluster) =>
      cluster.rbac
        .unused()
        .map((right) => ({ cluster: cluster.options.name, region: cluster.options.region, ...right })),
    );
  }

  createCluster(options: ConstructorParameters<typeof Cluster>[0]): Cluster {
    const cluster = new Cluster(options, this.#portsOf(options));
    this.#clusters.set(`${options.region}/${options.name}`, cluster);
    provisionVolumes(this.#world, cluster);
    return cluster;
  }

  associate(cluster: Cluster, namespace: string, serviceAccount: string, roleArn: string): void {
    this.#identities.set(identityKey(cluster, namespace, serviceAccount), roleArn);
  }

  /** Role of the pods of a service account, by its pod identity association. */
  identityOf(cluster: Cluster, namespace: string, serviceAccount: string): string | undefined {
    return this.#identities.get(identityKey(cluster, namespace, serviceAccount));
  }

  /** Every cluster's API server, as one peer. */
  get peer(): NetworkPeer {
    const hosts = () => this.clusters.map((cluster) => cluster.host.toLowerCase());
    return {
      name: 'the clusters (*.eks.amazonaws.com)',
      serves: (host) => hosts().includes(host.toLowerCase()),
      handle: (request) => {
        const cluster = this.clusters.find(({ host }) => host.toLowerCase() === request.host.toLowerCase());
        if (!cluster) throw new RangeError(`No cluster serves ${request.host}.`);
        return cluster.api.handle(request);
      },
    };
  }

  #portsOf({ region, vpcId = '' }: ClusterOptions): ClusterPorts {
    const { account, faults, credentials } = this.#world;
    return {
      kernel: account.kernel,
      log: account.log,
      faults,
      traffic: this.traffic,
      imageDigest: (image) => this.#imageDigest(region, image),
      mountVolumes: (cluster, pod) => mountSecrets(this, this.#world, cluster, pod),
      loadBalancerSubnets: (scheme) =>
        account.service<SimulatedService & Ec2>('ec2').network.loadBalancerSubnets(vpcId, scheme),
      verifyToken: tokenVerifier({ credentials, now: () => account.kernel.now() }),
    };
  }

  /** `<registry>/<repository>@sha256:…` or `:tag`, from the cluster's own region or the one that the registry's host names. */
  #imageDigest(region: string, image: string): string | undefined {
    const match =
      /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^@:]+)(?::([^@]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
        image,
      );
    if (!match) return undefined;
    const [, accountId, registryRegion = region, repository = '', tag, digest] = match;
    if (accountId !== this.#world.account.account) return undefined;
    const store = this.#world.account.service<SimulatedService & ImageStore>('ecr');
    if (digest !== undefined) return store.hasImage(registryRegion, repository, digest) ? digest : undefined;
    const images = store.registry.of(registryRegion).repositories.get(repository)?.images.values() ?? [];
    return tag === undefined ? undefined : [...images].find(({ tags }) => tags.has(tag))?.digest;
  }
}

function identityKey({ options }: Cluster, namespace: string, serviceAccount: string): string {
  return `${options.region}/${options.name}/${namespace}/${serviceAccount}`;
}

/** EKS, the clusters' API servers and the users' traffic, for `rehearsal/aws/registry.ts`. Users arrive once everything is deployed. */
export const createEks: CreateModule = (world) => {
  const eks = new Eks(world);
  return {
    services: [eks],
    providers: eks.providers,
    peers: [eks.peer],
    started: () => eks.traffic.begin(),
  };
};
