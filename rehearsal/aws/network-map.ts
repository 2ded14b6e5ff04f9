import { type Place, SecurityGroups } from './security-groups.ts';

type Properties = Readonly<Record<string, unknown>>;

interface Subnet {
  readonly vpcId: string;
  readonly cidr: string;
}

interface Route {
  readonly destination: string;
  readonly gatewayId?: string;
  readonly natGatewayId?: string;
}

interface Endpoint {
  readonly vpcId: string;
  readonly serviceName: string;
  readonly isGateway: boolean;
  readonly routeTableIds: readonly string[];
  readonly privateDns: boolean;
  readonly groups: readonly string[];
}

/** Names of interface endpoints' services where they are not what stands before the region in the host. */
const serviceNames: Readonly<Record<string, string>> = { 'api.ecr': 'ecr.api' };
const everywhere = '0.0.0.0/0';

/**
 * Subnets, route tables, NAT gateways and endpoints as the templates make them, and what they say of the ways that traffic takes.
 * Asked at the time of a request, so that the order in which they were made plays no part.
 */
export class NetworkMap {
  readonly #subnets = new Map<string, Subnet>();
  readonly #tableOfSubnet = new Map<string, string>();
  readonly #routes = new Map<string, Route[]>();
  readonly #subnetOfNat = new Map<string, string>();
  readonly #internetGateways = new Set<string>();
  readonly #endpoints: Endpoint[] = [];
  readonly #cidrOfVpc = new Map<string, string>();
  readonly groups = new SecurityGroups();

  /** Takes a resource up; of other types than those above, nothing. */
  add(type: string, id: string, properties: Properties): void {
    const text = (name: string) => String(properties[name] ?? '');
    this.groups.add(type, id, properties);
    if (type === 'AWS::EC2::VPC') this.#cidrOfVpc.set(id, text('CidrBlock'));
    else if (type === 'AWS::EC2::Subnet') this.#subnets.set(id, { vpcId: text('VpcId'), cidr: text('CidrBlock') });
    else if (type === 'AWS::EC2::SubnetRouteTableAssociation')
      this.#tableOfSubnet.set(text('SubnetId'), text('RouteTableId'));
    else if (type === 'AWS::EC2::NatGateway') this.#subnetOfNat.set(id, text('SubnetId'));
    else if (type === 'AWS::EC2::InternetGateway') this.#internetGateways.add(id);
    else if (type === 'AWS::EC2::Route') this.#addRoute(properties);
    else if (type === 'AWS::EC2::VPCEndpoint') this.#addEndpoint(properties);
  }

  #addRoute(properties: Properties): void {
    const table = String(properties['RouteTableId']);
    const gatewayId = given(properties['GatewayId']);
    const natGatewayId = given(properties['NatGatewayId']);
    const route = {
      destination: String(properties['DestinationCidrBlock'] ?? ''),
      ...(gatewayId === undefined ? {} : { gatewayId }),
      ...(natGatewayId === undefined ? {} : { natGatewayId }),
    };
    this.#routes.set(table, [...(this.#routes.get(table) ?? []), route]);
  }

  #addEndpoint(properties: Properties): void {
    this.#endpoints.push({
      vpcId: String(properties['VpcId']),
      serviceName: String(properties['ServiceName']),
      isGateway: (properties['VpcEndpointType'] ?? 'Gateway') === 'Gateway',
      routeTableIds: list(properties['RouteTableIds']),
      privateDns: properties['PrivateDnsEnabled'] === true || properties['PrivateDnsEnabled'] === 'true',
      groups: list(properties['SecurityGroupIds']),
    });
  }

  get subnetIds(): string[] {
    return [...this.#subnets.keys()];
  }

  vpcOfSubnet(subnetId: string): string | undefined {
    return this.#subnets.get(subnetId)?.vpcId;
  }

  /** CIDRs of the VPC's subnets that load balancers stand in: those with a route to an internet gateway, or for `internal` those without. */
  loadBalancerSubnets(vpcId: string, scheme: string): string[] {
    return [...this.#subnets]
      .filter(([id, subnet]) => subnet.vpcId === vpcId && this.#isPublic(id) === (scheme !== 'internal'))
      .map(([, { cidr }]) => cidr);
  }

  /**
   * Whether what stands in the subnet without a public address reaches `<service>.<region>.amazonaws.com`: by an endpoint of the VPC, or
   * through a NAT gateway in a public subnet. https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
   * The security groups, where they are given, have to let it out, and an endpoint's let it in.
   */
  reaches(subnetId: string, host: string, groups: readonly string[] = []): boolean {
    const from = this.#placeIn(subnetId, groups);
    if (this.#hasEndpoint(subnetId, host, from)) return true;
    return this.#hasNat(subnetId) && this.groups.admits(from, { groups: [], cidrs: [everywhere] }, 443);
  }

  /** Whether what stands in the subnets gets to the port of what stands somewhere in the same VPC. */
  connects(
    from: { readonly subnetIds: readonly string[]; readonly groups: readonly string[] },
    to: { readonly vpcId: string; readonly groups: readonly string[]; readonly port: number },
  ): boolean {
    const there = { groups: to.groups, cidrs: this.#blocksOf(to.vpcId) };
    return from.subnetIds.every((subnetId) => {
      const here = this.#placeIn(subnetId, from.groups);
      return this.vpcOfSubnet(subnetId) === to.vpcId && this.groups.admits(here, there, to.port);
    });
  }

  #placeIn(subnetId: string, groups: readonly string[]): Place {
    const cidr = this.#subnets.get(subnetId)?.cidr;
    return { groups, cidrs: cidr === undefined ? [] : [cidr] };
  }

  #blocksOf(vpcId: string | undefined): readonly string[] {
    const cidr = this.#cidrOfVpc.get(vpcId ?? '');
    return cidr === undefined ? [] : [cidr];
  }

  #isPublic(subnetId: string): boolean {
    return this.#routesOf(subnetId).some(
      ({ destination, gatewayId }) =>
        destination === everywhere && gatewayId !== undefined && this.#internetGateways.has(gatewayId),
    );
  }

  #hasNat(subnetId: string): boolean {
    return this.#routesOf(subnetId).some(({ destination, natGatewayId }) => {
      const natSubnet = natGatewayId === undefined ? undefined : this.#subnetOfNat.get(natGatewayId);
      return destination === everywhere && natSubnet !== undefined && this.#isPublic(natSubnet);
    });
  }

  #hasEndpoint(subnetId: string, host: string, from: Place): boolean {
    const match = /^(.+)\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com$/.exec(host);
    if (!match) return false;
    const [, prefix = '', region = ''] = match;
    // A bucket's host has the bucket's name before `s3`.
    const service = /(^|\.)s3$/.test(prefix) ? 's3' : (serviceNames[prefix] ?? prefix);
    const table = this.#tableOfSubnet.get(subnetId);
    return this.#endpoints.some(({ vpcId, serviceName, isGateway, routeTableIds, privateDns, groups }) => {
      if (serviceName !== `com.amazonaws.${region}.${service}` || vpcId !== this.vpcOfSubnet(subnetId)) return false;
      const way = isGateway ? table !== undefined && routeTableIds.includes(table) : privateDns;
      const to: Place = isGateway
        ? { groups: [], cidrs: [everywhere], gateway: true }
        : { groups, cidrs: this.#blocksOf(vpcId) };
      return way && this.groups.admits(from, to, 443);
    });
  }

  #routesOf(subnetId: string): readonly Route[] {
    return this.#routes.get(this.#tableOfSubnet.get(subnetId) ?? '') ?? [];
  }
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function given(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value);
}
