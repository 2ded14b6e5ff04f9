import type { ServiceDelivery } from '../domain/delivery.ts';
import { tagPattern } from '../domain/image-tag.ts';
import { environmentName, repositoryName, type Stage } from '../domain/names.ts';
import type { Platform, Service } from './schema.ts';
import { platformAt, type StagedPlatform } from './stage.ts';

/**
 * How one service of one stage is delivered, from the platform's definition: what the stacks write to the service's SSM
 * parameter. Throws RangeError naming the known services for one that the platform does not have.
 */
export function deliveryOf(platform: Platform, stage: Stage, serviceName: string): ServiceDelivery {
  const staged = platformAt(platform, stage);
  const service = staged.services.find((candidate) => candidate.name === serviceName);
  if (!service) {
    throw new RangeError(
      `The platform '${platform.name}' has no service '${serviceName}'; known are ${staged.services.map((known) => known.name).join(', ')}.`,
    );
  }
  const { tagConvention } = staged.images;
  const environment = environmentName(staged.name, stage);
  return {
    platform: staged.name,
    stage,
    environment,
    service: service.name,
    namespace: environment,
    repository: repositoryName(staged.name, service.image),
    tagPattern: tagPattern(tagConvention, { service: service.image, environment: stage }),
    tagConvention,
    imageRegions: staged.regions.images,
    image: imageRules(staged, service),
    strategy: service.promotion.strategy,
    strategiesAllowed: service.promotion.strategiesAllowed,
    // Weights are shifted between slots; a service without a route has but one.
    steps: service.route ? (service.promotion.canarySteps ?? staged.promotion.canarySteps) : [],
    replicas: service.replicas,
    ...(service.route ? { route: { port: service.port, hostnames: service.route.hostnames } } : {}),
    limits: limitsOf(staged, service),
    judge: { falseRollbackProbabilityMax: staged.promotion.falseRollbackPercentMax / 100 },
    approval: staged.settings.approval,
    inconclusive: staged.promotion.inconclusive,
    readyTimeoutSeconds: service.rollout.readyTimeoutSeconds,
    ...(staged.regions.standby ? { standbyRegion: staged.regions.standby.name } : {}),
  };
}

/**
 * The same for the standby's own functions: it waits for no image in a region that may be gone, and has no standby itself.
 * Throws RangeError for a stage without a standby.
 */
export function standbyDeliveryOf(platform: Platform, stage: Stage, serviceName: string): ServiceDelivery {
  const { standbyRegion, ...delivery } = deliveryOf(platform, stage, serviceName);
  if (standbyRegion === undefined) throw new RangeError(`The stage ${stage} of '${platform.name}' has no standby.`);
  return { ...delivery, imageRegions: [standbyRegion] };
}

function imageRules({ images }: StagedPlatform, service: Service): ServiceDelivery['image'] {
  const { criticalWithFix, criticalWithoutFix, high, medium } = images.scan;
  const repository = images.repositories.find(({ name }) => name === service.image);
  return {
    architectures: images.architectures,
    ...(repository?.sizeMegabytesMax === undefined ? {} : { megabytesMax: repository.sizeMegabytesMax }),
    findings: { criticalWithFix, criticalWithoutFix, high, medium },
  };
}

/** The stricter of the promotion's own limit and the service levels for all requests; p95 where one is promised. */
function limitsOf(platform: StagedPlatform, service: Service): ServiceDelivery['limits'] {
  const levels = platform.serviceLevels.filter((level) => level.service === service.name && !level.pathPrefix);
  const errorLimits = levels.flatMap((level) => level.errorRatePercentMax ?? []);
  const p95Limits = levels.flatMap((level) =>
    level.latency.filter((latency) => latency.percentile === 95).map((latency) => latency.millisecondsMax),
  );
  return {
    errorRatePercentMax: Math.min(100 - platform.promotion.successPercentMin, ...errorLimits),
    ...(p95Limits.length > 0 ? { p95MillisecondsMax: Math.min(...p95Limits) } : {}),
  };
}
