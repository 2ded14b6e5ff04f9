import { z } from 'zod';
import { cidr, databaseInstanceType, instanceType, positive, region, zone } from './basics.ts';

const subnet = z.strictObject({ zone, cidr });

/** The network of one region. Zones are given, not looked up, so that a synth needs no account. */
export const vpc = z.strictObject({
  cidr,
  /** One a zone: load balancers and NAT gateways. */
  publicSubnets: z.array(subnet).min(1),
  /** One a zone: nodes, functions and databases. */
  privateSubnets: z.array(subnet).min(1),
  /** One a zone for production; fewer cost less and make a zone's loss everybody's. */
  natGateways: positive,
  flowLogRetentionDays: positive,
});

/** A region that runs the platform. */
export const place = z.strictObject({
  name: region,
  vpc,
  /** EC2 and RDS instance types offered there, of those that this platform uses. */
  instanceTypesOffered: z.array(instanceType.or(databaseInstanceType)).min(1),
});

export const regions = z.strictObject({
  primary: place,
  /** Takes over when the primary is lost. Absent: the platform lives in one region. */
  standby: place.optional(),
  /** Every region that must hold an image before it is promoted; primary and standby among them. */
  images: z.array(region).min(1),
});

/** The way in from outside: one Gateway (an Application Load Balancer) in front of all routed services. */
export const gateway = z.strictObject({
  scheme: z.enum(['internet-facing', 'internal']),
  /**
   * `https`: TLS ends at the load balancer; its controller finds the certificate in ACM by the services' hostnames.
   * `http`: clear text, for an internal gateway only.
   */
  protocol: z.enum(['https', 'http']),
  /**
   * Public zone of Route 53 with the services' hostnames, whose records a failover turns without changing them. The certificate in ACM has to hold each region's
   * way in as well, `<environment>-<region>.<zone>`: a wildcard of the zone does. Absent: somebody else moves traffic.
   */
  dns: z
    .strictObject({
      zoneId: z.string().regex(/^Z[A-Z0-9]{4,31}$/, 'the id of a hosted zone, such as Z0123456789ABCDEFGHIJ'),
      /** Without a dot at its end. */
      zoneName: z.string().regex(/^([a-z0-9-]+\.)+[a-z]+$/, "a zone's name, such as example.com"),
    })
    .optional(),
  requestLimit: z
    .strictObject({ requests: positive, perSeconds: positive, by: z.enum(['address', 'gateway']) })
    .optional(),
});
