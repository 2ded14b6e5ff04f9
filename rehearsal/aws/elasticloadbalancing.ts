import type { HealthCheck, LoadBalancing, NamedArn } from '../kubernetes/ports.ts';
import { choose, describeLoadBalancer, describeTargetGroup } from './elasticloadbalancing-describe.ts';
import { page } from './modelled.ts';
import type { CreateModule } from './module.ts';
import { type AccountServices, AwsError, type Operation, type Principal, type SimulatedService } from './service.ts';

export interface LoadBalancer extends NamedArn {
  readonly name: string;
  readonly region: string;
  readonly dnsName: string;
  readonly scheme: string;
  readonly vpcId: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface TargetGroup extends NamedArn {
  readonly name: string;
  readonly region: string;
  readonly port: number;
  readonly vpcId: string;
  /** Empty while no listener forwards to it. */
  readonly loadBalancerArns: readonly string[];
  readonly healthCheck: HealthCheck;
  readonly tags: Readonly<Record<string, string>>;
  readonly targets: Map<string, Target>;
}

export type TargetHealthState = 'initial' | 'healthy' | 'unhealthy' | 'draining' | 'unused';

/** One pod behind a target group. */
export interface Target {
  /** IP address: the controller registers pods by address. */
  readonly id: string;
  readonly port: number;
  readonly state: TargetHealthState;
}

/** Who the controller is and where its load balancers stand. */
export interface ControllerPlace {
  readonly region: string;
  readonly vpcId: string;
  /** The controller's role: its right to create is judged. Undefined: not judged. */
  readonly principal?: Principal;
}

/** The simulated Elastic Load Balancing (version 2) of all regions; what it holds is made at run time by the controller in the cluster. */
export class ElasticLoadBalancing implements SimulatedService {
  readonly id = 'elasticloadbalancing';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly #services: AccountServices;
  readonly #loadBalancers = new Map<string, LoadBalancer>();
  readonly #targetGroups = new Map<string, TargetGroup>();

  constructor(services: AccountServices) {
    this.#services = services;
    this.operations = this.#createOperations();
  }

  /** What a cluster's load balancer controller works with. */
  controllerOf(place: ControllerPlace): LoadBalancing {
    return {
      createLoadBalancer: async (request) => this.createLoadBalancer({ ...place, ...request }),
      createTargetGroup: async (request) => this.createTargetGroup({ ...place, ...request }),
    };
  }

  /** Throws AwsError DuplicateLoadBalancerNameException, AccessDenied. */
  createLoadBalancer(
    request: ControllerPlace & {
      readonly name: string;
      readonly scheme: string;
      readonly tags: Readonly<Record<string, string>>;
    },
  ): LoadBalancer {
    const { region, name, scheme } = request;
    if ([...this.#loadBalancers.values()].some((known) => known.region === region && known.name === name)) {
      throw new AwsError(
        'DuplicateLoadBalancerNameException',
        `A load balancer with the same name '${name}' already exists`,
      );
    }
    const fullName = `app/${name}/${this.#services.nextId('load-balancer', 'hex16')}`;
    const arn = this.#arn(region, `loadbalancer/${fullName}`);
    this.#judge(request, 'elasticloadbalancing:CreateLoadBalancer', this.#arn(region, `loadbalancer/app/${name}/*`));
    const number = 1_000_000_000 + this.#services.kernel.random('elb/dns').below(1_000_000_000);
    const dnsName = `${scheme === 'internal' ? 'internal-' : ''}${name}-${number}.${region}.elb.amazonaws.com`;
    const createdAt = this.#services.kernel.now();
    const loadBalancer = {
      arn,
      fullName,
      name,
      region,
      dnsName,
      scheme,
      vpcId: request.vpcId,
      createdAt,
      tags: request.tags,
    };
    this.#loadBalancers.set(arn, loadBalancer);
    return loadBalancer;
  }

  /** Throws AwsError DuplicateTargetGroupNameException, LoadBalancerNotFoundException, AccessDenied. */
  createTargetGroup(
    request: ControllerPlace & {
      readonly name: string;
      readonly port: number;
      readonly loadBalancerArn: string;
      readonly healthCheck: HealthCheck;
      readonly tags: Readonly<Record<string, string>>;
    },
  ): TargetGroup {
    const { region, name, loadBalancerArn } = request;
    if ([...this.#targetGroups.values()].some((known) => known.region === region && known.name === name)) {
      throw new AwsError('DuplicateTargetGroupNameException', `A target group with the same name '${name}' exists`);
    }
    this.#requireLoadBalancer(loadBalancerArn);
    const fullName = `targetgroup/${name}/${this.#services.nextId('target-group', 'hex16')}`;
    const arn = this.#arn(region, fullName);
    this.#judge(request, 'elasticloadbalancing:CreateTargetGroup', this.#arn(region, `targetgroup/${name}/*`));
    const { port, vpcId, healthCheck, tags } = request;
    const group = {
      arn,
      fullName,
      name,
      region,
      port,
      vpcId,
      loadBalancerArns: [loadBalancerArn],
      healthCheck,
      tags,
      targets: new Map(),
    };
    this.#targetGroups.set(arn, group);
    return group;
  }

  /** Registers targets, or says how they are. Throws AwsError TargetGroupNotFoundException. */
  setTargets(targetGroupArn: string, targets: readonly Target[]): void {
    const group = this.#requireTargetGroup(targetGroupArn);
    for (const target of targets) group.targets.set(`${target.id}:${target.port}`, target);
  }

  deregisterTargets(targetGroupArn: string, targets: readonly Pick<Target, 'id' | 'port'>[]): void {
    const group = this.#requireTargetGroup(targetGroupArn);
    for (const target of targets) group.targets.delete(`${target.id}:${target.port}`);
  }

  /** Throws AwsError ResourceInUseException while a load balancer forwards to it. */
  deleteTargetGroup(targetGroupArn: string): void {
    const group = this.#requireTargetGroup(targetGroupArn);
    if (group.loadBalancerArns.some((arn) => this.#loadBalancers.has(arn))) {
      throw new AwsError(
        'ResourceInUseException',
        `Target group '${targetGroupArn}' is currently in use by a listener or a rule`,
      );
    }
    this.#targetGroups.delete(targetGroupArn);
  }

  /** As DNS names it. */
  loadBalancerAt(dnsName: string): LoadBalancer | undefined {
    return [...this.#loadBalancers.values()].find((known) => known.dnsName.toLowerCase() === dnsName.toLowerCase());
  }

  deleteLoadBalancer(loadBalancerArn: string): void {
    this.#loadBalancers.delete(loadBalancerArn);
  }

  #arn(region: string, resource: string): string {
    return `arn:aws:elasticloadbalancing:${region}:${this.#services.account}:${resource}`;
  }

  #judge(
    request: ControllerPlace & { readonly tags: Readonly<Record<string, string>> },
    action: string,
    resource: string,
  ): void {
    if (!request.principal) return;
    const tags = Object.entries(request.tags).map(([name, value]) => [`aws:RequestTag/${name}`, value]);
    this.#services.authorise(request.principal, request.region, [
      { action, resources: [resource], conditions: Object.fromEntries(tags) },
    ]);
  }

  #requireLoadBalancer(arn: string): LoadBalancer {
    const known = this.#loadBalancers.get(arn);
    if (known) return known;
    throw new AwsError('LoadBalancerNotFoundException', `Load balancer '${arn}' not found`);
  }

  #requireTargetGroup(arn: string): TargetGroup {
    const known = this.#targetGroups.get(arn);
    if (known) return known;
    throw new AwsError('TargetGroupNotFoundException', `One or more target groups not found: '${arn}'`);
  }

  #createOperations(): Record<string, Operation> {
    return {
      DescribeLoadBalancers: {
        inputs: ['LoadBalancerArns', 'Names', 'Marker', 'PageSize'],
        authorise: () => [{ action: 'elasticloadbalancing:DescribeLoadBalancers', resources: ['*'] }],
        run: (input, context) => {
          const here = [...this.#loadBalancers.values()].filter(({ region }) => region === context.region);
          const chosen = choose(here, input['LoadBalancerArns'], input['Names'], 'LoadBalancerNotFoundException');
          const { items, nextToken } = page(chosen, input['Marker'], Number(input['PageSize'] ?? 400));
          return {
            LoadBalancers: items.map(describeLoadBalancer),
            ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
          };
        },
      },
      DescribeTargetGroups: {
        inputs: ['LoadBalancerArn', 'TargetGroupArns', 'Names', 'Marker', 'PageSize'],
        authorise: () => [{ action: 'elasticloadbalancing:DescribeTargetGroups', resources: ['*'] }],
        run: (input, context) => {
          const here = [...this.#targetGroups.values()].filter(({ region }) => region === context.region);
          const balancer: string | undefined = input['LoadBalancerArn'];
          if (balancer !== undefined) this.#requireLoadBalancer(balancer);
          const behind =
            balancer === undefined ? here : here.filter((group) => group.loadBalancerArns.includes(balancer));
          const chosen = choose(behind, input['TargetGroupArns'], input['Names'], 'TargetGroupNotFoundException');
          const { items, nextToken } = page(chosen, input['Marker'], Number(input['PageSize'] ?? 400));
          return {
            TargetGroups: items.map(describeTargetGroup),
            ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
          };
        },
      },
      DescribeTargetHealth: {
        inputs: ['TargetGroupArn'],
        authorise: () => [{ action: 'elasticloadbalancing:DescribeTargetHealth', resources: ['*'] }],
        run: (input) => {
          const group = this.#requireTargetGroup(String(input['TargetGroupArn']));
          return {
            TargetHealthDescriptions: [...group.targets.values()].map(({ id, port, state }) => ({
              Target: { Id: id, Port: port },
              HealthCheckPort: String(port),
              TargetHealth: { State: state },
            })),
          };
        },
      },
    };
  }
}

/** Elastic Load Balancing as a module of the simulated world. */
export const createElasticLoadBalancing: CreateModule = ({ account }) => ({
  services: [new ElasticLoadBalancing(account)],
});
