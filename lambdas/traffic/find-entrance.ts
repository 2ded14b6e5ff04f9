import * as z from 'zod';
import { parseInput } from '../handling/task.ts';
import type { Pauses } from '../ports/failover.ts';

const properties = z.object({ Region: z.string().min(1), LoadBalancer: z.string().min(1) });

/** What an alias record of Route 53 leads to. */
export interface FoundEntrance {
  readonly DnsName: string;
  readonly HostedZoneId: string;
}

export interface FindEntrancePorts {
  /** Undefined: there is none of the name yet. */
  find(region: string, name: string): Promise<FoundEntrance | undefined>;
  readonly pauses: Pauses;
}

export class NoLoadBalancer extends Error {
  override readonly name = 'NoLoadBalancer';
  constructor(name: string, region: string) {
    super(
      `There is no load balancer '${name}' in ${region} after ${(looks * pauseSeconds) / 60} minutes. Needed is the one of the gateway, which the controller in ` +
        "that region's cluster makes. No record was changed. Look at the gateway's status there (kubectl describe gateway), mend it, and deploy this stack again.",
    );
  }
}

/** The controller makes it minutes after the gateway's objects: it is waited for. */
const looks = 24;
const pauseSeconds = 15;

/** Where a region's load balancer answers: its name is ours, its address is given when it is made. Throws InvalidInput, NoLoadBalancer, AwsUnavailable, AwsRefused. */
export async function findEntrance(given: unknown, { find, pauses }: FindEntrancePorts): Promise<FoundEntrance> {
  const { Region: region, LoadBalancer: name } = parseInput(properties, given);
  for (let look = 0; look < looks; look++) {
    const found = await find(region, name);
    if (found) return found;
    await pauses.seconds(pauseSeconds);
  }
  throw new NoLoadBalancer(name, region);
}
