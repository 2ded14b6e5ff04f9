import {
  type AllocateCidrRequest,
  type IIpAddresses,
  type SubnetIpamOptions,
  SubnetType,
  type VpcIpamOptions,
} from 'aws-cdk-lib/aws-ec2';
import type { Place } from '../../platforms/schema.ts';

/** Gives each subnet the range that the platform lists for its zone, where the CDK would compute one. */
export class ListedAddresses implements IIpAddresses {
  private readonly network: Place['vpc'];

  constructor(network: Place['vpc']) {
    this.network = network;
  }

  allocateVpcCidr(): VpcIpamOptions {
    return { cidrBlock: this.network.cidr };
  }

  allocateSubnetsCidr(input: AllocateCidrRequest): SubnetIpamOptions {
    return {
      allocatedSubnets: input.requestedSubnets.map(({ availabilityZone, configuration }) => {
        const listed =
          configuration.subnetType === SubnetType.PUBLIC ? this.network.publicSubnets : this.network.privateSubnets;
        const subnet = listed.find((candidate) => candidate.zone === availabilityZone);
        if (!subnet)
          throw new RangeError(`No ${configuration.name} subnet is listed for the zone ${availabilityZone}.`);
        return { cidr: subnet.cidr };
      }),
    };
  }
}
