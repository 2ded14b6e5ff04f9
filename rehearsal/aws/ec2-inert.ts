import { createHash } from 'node:crypto';
import { NetworkError } from '../lambda/network.ts';
import { unansweredCallMilliseconds } from './durations.ts';
import { BlockStore } from './ec2-ebs.ts';
import { snapshotOperations } from './ec2-snapshots.ts';
import { volumeOperations } from './ec2-volumes.ts';
import { type InertType, type InertValue, inertTypes } from './inert.ts';
import type { CreateModule } from './module.ts';
import { NetworkMap } from './network-map.ts';
import {
  type AccountServices,
  AwsError,
  type DeployedResource,
  type Operation,
  type ResourceProvider,
  type ResourceRequest,
  type SimulatedService,
} from './service.ts';

/** The simulated EC2: the inert resources of the network, the map that they make, and EBS. */
export class Ec2 implements SimulatedService {
  readonly id = 'ec2';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly providers: readonly ResourceProvider[];
  readonly network = new NetworkMap();
  readonly blocks: BlockStore;

  constructor(services: AccountServices) {
    this.blocks = new BlockStore(services);
    this.operations = { ...snapshotOperations(this.blocks), ...volumeOperations(this.blocks) };
    this.providers = inertTypes.map((inert) => ({
      type: inert.type,
      modelled: [],
      inert: anyProperty(inert.reason),
      create: (request) => {
        const resource = createInert(inert, request);
        this.network.add(inert.type, resource.ref, request.properties);
        return resource;
      },
    }));
  }

  /** The VPC that a deployed subnet is in. Throws AwsError InvalidSubnetID.NotFound. */
  vpcOfSubnet(subnetId: string): string {
    const vpcId = this.network.vpcOfSubnet(subnetId);
    if (vpcId !== undefined) return vpcId;
    throw new AwsError(
      'InvalidSubnetID.NotFound',
      `The subnet ID '${subnetId}' does not exist; ${this.network.subnetIds.join(', ') || 'none'} do.`,
    );
  }
}

/** All inert resource types, and whom functions in a VPC reach. */
export const createEc2: CreateModule = ({ account, network }) => {
  const ec2 = new Ec2(account);
  network.restrict(async ({ host, source }) => {
    const cutOff = (source.subnetIds ?? []).find(
      (subnetId) => !ec2.network.reaches(subnetId, host, source.securityGroupIds),
    );
    // The clusters' endpoints decide for themselves whom they serve.
    if (cutOff === undefined || !host.endsWith('.amazonaws.com') || host.endsWith('.eks.amazonaws.com')) return;
    await account.kernel.sleep(unansweredCallMilliseconds, `${source.functionName}: ${host} out of reach`);
    throw new NetworkError(
      'ETIMEDOUT',
      `connect ETIMEDOUT ${host}:443: ${source.functionName} runs in ${cutOff}, which has neither a route to a NAT gateway nor an endpoint for it, or its security groups do not let it through`,
    );
  });
  return { services: [ec2], providers: ec2.providers };
};

/** A type without behaviour takes any property, all for the type's one reason. */
function anyProperty(reason: string): Readonly<Record<string, string>> {
  return new Proxy<Record<string, string>>(
    {},
    { get: (_target, name) => (typeof name === 'string' ? reason : undefined) },
  );
}

/** Makes an inert resource: what its row of the table says. */
export function createInert(inert: InertType, request: ResourceRequest): DeployedResource {
  const attributes = Object.entries(inert.attributes).map(([name, value]) => [name, resolved(value, request)]);
  return { ref: String(resolved(inert.ref, request)), attributes: Object.fromEntries(attributes) };
}

function resolved(value: InertValue, request: ResourceRequest): unknown {
  if ('value' in value) return value.value;
  if ('id' in value) return `${value.id}-0${hashOf(request).slice(0, 16)}`;
  if ('property' in value) {
    const given = request.properties[value.property];
    if (given !== undefined) return given;
    return value.otherwise ? resolved(value.otherwise, request) : `${request.stackName}-${request.logicalId}`;
  }
  const [service, resource = ''] = value.arn.split(/:(.*)/);
  const part = resource.replace(/<(\w+)>/g, (_whole, name: string) =>
    name === 'id' ? hashOf(request).slice(0, 32) : String(request.properties[name] ?? request.logicalId),
  );
  return `arn:aws:${service}:${request.region}:${request.account}:${part}`;
}

/** The same stack always makes the same ids. */
function hashOf({ region, stackName, logicalId }: ResourceRequest): string {
  return createHash('sha256').update(`${region}/${stackName}/${logicalId}`).digest('hex');
}
