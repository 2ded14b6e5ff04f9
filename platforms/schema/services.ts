import { z } from 'zod';
import { canaryStep, strategies } from '../../domain/delivery.ts';
import { cidr, name, percent, port, positive } from './basics.ts';

/** An HTTP probe, in Kubernetes' terms. */
export const probe = z.strictObject({
  path: z.string().startsWith('/'),
  initialDelaySeconds: z.int().min(0),
  periodSeconds: positive,
  timeoutSeconds: positive,
  failureThreshold: positive,
});

const computeAmount = z.strictObject({ cpuMillicores: positive, memoryMebibytes: positive });

/** What a container asks for, and what it may use at most. */
export const resources = z.strictObject({ requests: computeAmount, limits: computeAmount });

/** How fast the autoscaler may change the number of replicas in one direction. */
const scalingPace = z.strictObject({
  stabilizationSeconds: z.int().min(0).max(3600),
  /** Absent: as fast as Kubernetes allows. */
  changePercent: positive.optional(),
  perSeconds: z.int().min(1).max(1800),
});

export const replicas = z.strictObject({
  /** Replicas at the first deployment; afterwards the autoscaler or the promotion owns the number. */
  initial: positive,
  minimum: positive,
  maximum: positive,
});

export const autoscaling = z.strictObject({
  cpuPercent: percent,
  memoryPercent: percent.optional(),
  up: scalingPace,
  down: scalingPace,
});

/** The other end of a connection that a network policy allows. All that is not listed is denied. */
export const peer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('gateway') }),
  z.strictObject({ kind: z.literal('dns') }),
  z.strictObject({ kind: z.literal('service'), service: name }),
  z.strictObject({ kind: z.literal('database'), database: name }),
  z.strictObject({ kind: z.literal('store'), store: name }),
  /** Pods that are no service of this platform, by their labels. */
  z.strictObject({ kind: z.literal('pods'), labels: z.record(z.string(), z.string()) }),
  z.strictObject({ kind: z.literal('cidr'), cidr, except: z.array(cidr) }),
]);

export const connection = z.strictObject({ peer, ports: z.array(port).min(1) });

export const service = z.strictObject({
  name,
  /** One of `images.repositories`; its tags release the service. */
  image: name,
  nodeGroup: name,
  port,
  /** A second port, scraped and not routed. */
  metricsPort: port.optional(),
  /** How requests from outside reach it. Absent: they don't, and the service can only be rolled. */
  route: z
    .strictObject({ hostnames: z.array(z.string().min(1)).min(1), pathPrefix: z.string().startsWith('/') })
    .optional(),
  probes: z.strictObject({ liveness: probe, readiness: probe, startup: probe.optional() }),
  replicas,
  autoscaling: autoscaling.optional(),
  /** Replicas that a voluntary disruption must leave. */
  disruption: z.strictObject({ availableMinimum: positive }),
  resources,
  rollout: z.strictObject({
    surge: z.int().min(0),
    unavailable: z.int().min(0),
    revisionHistory: z.int().min(0),
    /** How long a new version has to become ready. */
    readyTimeoutSeconds: positive,
    /** Time between SIGTERM and SIGKILL; the drain below lies within it. */
    terminationGraceSeconds: positive,
    /** How long a stopping pod goes on serving, so that the load balancer can take it out first. */
    drainSeconds: z.int().min(0),
  }),
  /** Keep replicas apart: `required` refuses to schedule, `preferred` tries. */
  spread: z.strictObject({ zones: z.enum(['required', 'preferred']), nodes: z.enum(['required', 'preferred']) }),
  /** Plain configuration; secrets come by reference from `secrets`. */
  environment: z.record(z.string(), z.string()),
  databases: z.array(name),
  stores: z.array(name),
  network: z.strictObject({ ingress: z.array(connection), egress: z.array(connection) }),
  promotion: z.strictObject({
    strategy: z.enum(strategies),
    /** Strategies that a release may ask for instead. The strategy above is among them. */
    strategiesAllowed: z.array(z.enum(strategies)).min(1),
    /** Absent: the platform's `promotion.canarySteps`. */
    canarySteps: z.array(canaryStep).min(1).optional(),
  }),
});

/** What is promised to the users of a service. */
export const serviceLevel = z.strictObject({
  service: name,
  /** Only requests to this path, such as a search. Absent: all requests. */
  pathPrefix: z.string().startsWith('/').optional(),
  errorRatePercentMax: percent.optional(),
  latency: z.array(z.strictObject({ percentile: percent, millisecondsMax: positive })),
  availabilityPercentMin: percent.optional(),
});
