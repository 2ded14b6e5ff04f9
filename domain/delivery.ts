import * as z from 'zod';
import { findingDecisions } from './findings.ts';
import { stages } from './names.ts';

/** How a release reaches production traffic. */
export const strategies = ['canary', 'blue-green', 'rolling'] as const;
export type Strategy = (typeof strategies)[number];

/** One step of a canary: the new release's share of the requests, and for how long it is watched there. */
export const canaryStep = z.strictObject({
  weightPercent: z.int().min(1).max(100),
  watchSeconds: z.int().min(0),
});
export type CanaryStep = z.infer<typeof canaryStep>;

/**
 * How one service of one environment is delivered: what the workflows have to know. The stacks write it to an SSM
 * parameter (`deliveryParameterName`) from the platform's definition; the plan task reads it. At most 4 KB as JSON, the size
 * of a standard parameter.
 */
export const serviceDelivery = z.strictObject({
  platform: z.string(),
  stage: z.enum(stages),
  environment: z.string(),
  service: z.string(),
  namespace: z.string(),
  repository: z.string(),
  /** Regular expression that a tag must match, anchored; and how a person reads it. */
  tagPattern: z.string(),
  tagConvention: z.string(),
  /** Regions that must hold the image before it is promoted, the primary's own included. */
  imageRegions: z.array(z.string()).min(1),
  /** What an image must be to be promoted. */
  image: z.strictObject({
    /** Platforms that it must be built for, in the words of an image index: `amd64`. */
    architectures: z.array(z.string()).min(1),
    /** Most megabytes (10⁶ bytes), compressed as the registry holds them, of one architecture. */
    megabytesMax: z.number().optional(),
    findings: z.strictObject({
      criticalWithFix: z.enum(findingDecisions),
      criticalWithoutFix: z.enum(findingDecisions),
      high: z.enum(findingDecisions),
      medium: z.enum(findingDecisions),
    }),
  }),
  strategy: z.enum(strategies),
  /** What a release may ask for instead. The strategy above is among them. */
  strategiesAllowed: z.array(z.enum(strategies)).min(1),
  steps: z.array(canaryStep),
  /** `initial`: at a service's first release; from then on the autoscaler and the promotions own the number. */
  replicas: z.strictObject({ initial: z.int(), minimum: z.int(), maximum: z.int() }),
  /** Absent for a service that takes no requests through the gateway; such a service can only be rolled. */
  route: z.strictObject({ port: z.int(), hostnames: z.array(z.string()) }).optional(),
  limits: z.strictObject({
    errorRatePercentMax: z.number(),
    p95MillisecondsMax: z.number().optional(),
  }),
  judge: z.strictObject({
    /** Chance of ever rolling back a release that is no worse, over the whole promotion. */
    falseRollbackProbabilityMax: z.number(),
  }),
  approval: z.strictObject({ required: z.boolean(), timeoutSeconds: z.int() }),
  /** When there is too little traffic at a step's end: wait so much longer, then ask a person, who has so long. */
  inconclusive: z.strictObject({ holdSeconds: z.int(), timeoutSeconds: z.int() }),
  /** How long the canary has to become ready. */
  readyTimeoutSeconds: z.int(),
  standbyRegion: z.string().optional(),
});
export type ServiceDelivery = z.infer<typeof serviceDelivery>;
