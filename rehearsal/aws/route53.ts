import { NetworkError, type NetworkPeer, type NetworkRequest, type NetworkResponse } from '../lambda/network.ts';
import { callLatencyMilliseconds, unansweredCallMilliseconds } from './durations.ts';
import type { Eks } from './eks.ts';
import type { ElasticLoadBalancing, LoadBalancer } from './elasticloadbalancing.ts';
import type { CreateModule, World } from './module.ts';
import { checkOf } from './route53-checks.ts';
import { HealthChecks } from './route53-health.ts';
import { type Answer, plainName, Records, type RecordType, recordProperties } from './route53-records.ts';
import type { Operation, ResourceProvider, SimulatedService } from './service.ts';

/** Requests answered well, in the eyes of most checkers: each needs a few failures in a row, and 18 % of them suffice. Assumed. */
const wellAnsweredShare = 0.5;

/** The data plane of Route 53: name servers and health checks, in no region. There is no API: nothing may need one while a region is lost. */
export class Route53 implements SimulatedService {
  readonly id = 'route53';
  readonly operations: Readonly<Record<string, Operation>> = {};
  readonly health: HealthChecks;
  readonly records: Records;
  readonly providers: readonly ResourceProvider[];
  readonly #world: World;
  /** What each region's resolver keeps, by `region name type`, in milliseconds since 1970. */
  readonly #kept = new Map<string, { readonly until: number; readonly answer: Answer | undefined }>();

  constructor(world: World) {
    this.#world = world;
    this.health = new HealthChecks({ services: world.account, answers: (host) => this.answers(host) });
    this.records = new Records((id) => this.health.isHealthy(id));
    this.providers = this.#createProviders();
    world.network.resolveBy((name, type, { region }) => this.resolve(region, name, type));
  }

  begin(): void {
    const { account } = this.#world;
    const { traffic } = account.service<Eks>('eks');
    traffic.watch(() => this.health.look());
    this.health.begin();
  }

  /** What a resolver in the region answers: what it has kept as long as its TTL says, else what the name servers say. */
  resolve(region: string, name: string, type: RecordType): Answer | undefined {
    const { kernel } = this.#world.account;
    const key = `${region} ${plainName(name)} ${type}`;
    const kept = this.#kept.get(key);
    if (kept && kernel.now() < kept.until) return kept.answer;
    const answer = this.records.answer(name, type);
    this.#kept.set(key, { until: kernel.now() + (answer?.ttlSeconds ?? 0) * 1000, answer });
    return answer;
  }

  /** The region whose load balancer serves the host, as the name servers lead there now. */
  regionOf(host: string): string | undefined {
    const target = this.records.answer(host, 'A')?.values[0];
    return this.#loadBalancer(target)?.region;
  }

  /** Whether requests to the host are answered well, as the name servers lead there now. */
  answers(host: string): boolean {
    const balancer = this.#loadBalancer(this.records.answer(host, 'A')?.values[0]);
    if (!balancer) return false;
    return this.#availabilities(balancer, host).some((share) => share >= wellAnsweredShare);
  }

  /** The shares of requests in the name of a host that the load balancer answers well, one a route with that name. */
  #availabilities({ region, fullName }: LoadBalancer, host: string): readonly number[] {
    const { traffic, clusters } = this.#world.account.service<Eks>('eks');
    return clusters
      .filter(({ options }) => options.region === region)
      .flatMap((cluster) => cluster.objects('HTTPRoute'))
      .filter((route) =>
        ((route.spec?.['hostnames'] ?? []) as string[]).some((name) => plainName(name) === plainName(host)),
      )
      .map(({ metadata }) => metadata.name)
      .filter((name) => traffic.plane(region, name)?.loadBalancer === fullName)
      .map((service) => traffic.availability(region, service));
  }

  /** Load balancers as hosts on the internet, by their own names and by those that lead to them. */
  get entrance(): NetworkPeer {
    return {
      name: 'the load balancers',
      serves: (host) => this.#loadBalancer(this.records.answer(host, 'A')?.values[0] ?? host) !== undefined,
      handle: (request) => this.#enter(request),
    };
  }

  async #enter({ host, headers, source }: NetworkRequest): Promise<NetworkResponse> {
    const { kernel, regions } = this.#world.account;
    const balancer = this.#loadBalancer(this.resolve(source.region, host, 'A')?.values[0] ?? host);
    if (!balancer || regions.isLost(balancer.region)) {
      await kernel.sleep(unansweredCallMilliseconds, `connect to ${host}`);
      throw new NetworkError('ETIMEDOUT', `connect ETIMEDOUT ${host}:443`);
    }
    await kernel.sleep(callLatencyMilliseconds, `request to ${host}`);
    const shares = this.#availabilities(balancer, headers['host'] ?? host);
    const best = Math.max(...shares);
    const status = shares.length === 0 ? 404 : kernel.random('route53/entrance').uniform() < best ? 200 : 503;
    return { status, headers: { 'content-type': 'text/plain' }, body: '' };
  }

  #loadBalancer(dnsName: string | undefined): LoadBalancer | undefined {
    if (dnsName === undefined) return undefined;
    return this.#world.account.service<ElasticLoadBalancing>('elasticloadbalancing').loadBalancerAt(dnsName);
  }

  #createProviders(): ResourceProvider[] {
    const { account } = this.#world;
    return [
      {
        type: 'AWS::Route53::HostedZone',
        modelled: ['Name'],
        inert: { HostedZoneConfig: 'a text for people', HostedZoneTags: 'tags of zones play no part' },
        create: () => {
          const id = `Z${account.nextId('hosted-zone', 'alnum13')}`;
          return { ref: id, attributes: { Id: id, NameServers: ['ns-1.example.com', 'ns-2.example.com'] } };
        },
      },
      {
        type: 'AWS::Route53::HealthCheck',
        modelled: ['HealthCheckConfig', 'HealthCheckTags'],
        inert: {},
        create: (request) => {
          const id = account.nextId('health-check', 'uuid');
          this.health.add(checkOf(request, id));
          return { ref: id, attributes: { HealthCheckId: id } };
        },
      },
      {
        type: 'AWS::Route53::RecordSet',
        modelled: recordProperties.modelled,
        inert: recordProperties.inert,
        create: (request) => ({ ref: this.records.add(request), attributes: {} }),
      },
    ];
  }
}

/** Route 53 as a module of the simulated world. */
export const createRoute53: CreateModule = (world) => {
  const route53 = new Route53(world);
  return {
    services: [route53],
    providers: route53.providers,
    peers: [route53.entrance],
    started: () => route53.begin(),
  };
};
