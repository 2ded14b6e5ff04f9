import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../domain/errors.ts';
import { findEntrance, NoLoadBalancer } from '../../../lambdas/traffic/find-entrance.ts';

const given = { Region: 'us-west-2', LoadBalancer: 'aeon', ServiceToken: 'arn:aws:lambda:us-east-1:1:function:f' };
const entrance = { DnsName: 'aeon-1.us-west-2.elb.amazonaws.com', HostedZoneId: 'Z1H1FL5HABSF5' };

function world(madeAfterSeconds: number) {
  let seconds = 0;
  return {
    seconds: () => seconds,
    ports: {
      find: async () => (seconds >= madeAfterSeconds ? entrance : undefined),
      pauses: {
        seconds: async (more: number) => {
          seconds += more;
        },
      },
    },
  };
}

describe('find-entrance', () => {
  it('answers where the load balancer is, and again the same', async () => {
    const { ports } = world(0);
    expect(await findEntrance(given, ports)).toEqual(entrance);
    expect(await findEntrance(given, ports)).toEqual(entrance);
  });

  it('waits for one that the controller has yet to make', async () => {
    const { ports, seconds } = world(120);
    expect(await findEntrance(given, ports)).toEqual(entrance);
    expect(seconds()).toBe(120);
  });

  it('names what is missing after six minutes', async () => {
    const { ports, seconds } = world(1000);
    await expect(findEntrance(given, ports)).rejects.toThrow(NoLoadBalancer);
    await expect(findEntrance(given, world(1000).ports)).rejects.toThrow(/'aeon' in us-west-2 after 6 minutes/);
    expect(seconds()).toBe(360);
  });

  it('refuses properties that it does not know', async () => {
    await expect(findEntrance({ Region: 'us-west-2' }, world(0).ports)).rejects.toThrow(InvalidInput);
  });
});
