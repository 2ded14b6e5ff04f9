import { stages } from '../../domain/names.ts';
import { type Finding, type Path, rule } from '../violation.ts';

/** A canary that does not rise to everything never ends; one that falls has no meaning. */
export const canaryWeightsRise = rule(['promotion'], function canaryWeightsRise({ promotion }) {
  return weightsRise(promotion.canarySteps, ['promotion', 'canarySteps']);
});

/** The same for a service with steps of its own. */
export const ownCanaryWeightsRise = rule(['services'], function ownCanaryWeightsRise({ services }) {
  return services.flatMap(({ promotion }, index) =>
    promotion.canarySteps ? weightsRise(promotion.canarySteps, ['services', index, 'promotion', 'canarySteps']) : [],
  );
});

function weightsRise(steps: readonly { weightPercent: number }[], path: Path): Finding[] {
  const weights = steps.map((step) => step.weightPercent);
  const findings: Finding[] = weights.flatMap((weight, index) => {
    const before = weights[index - 1];
    if (before === undefined || weight > before) return [];
    return [
      {
        path: [...path, index, 'weightPercent'],
        value: weight,
        allowed: `more than the step before it (${before})`,
        remedy: 'Order the steps so that each gives the new release more requests than the last.',
      },
    ];
  });
  if (weights.at(-1) === 100) return findings;
  return [
    ...findings,
    {
      path: [...path, steps.length - 1, 'weightPercent'],
      value: weights.at(-1),
      allowed: '100 in the last step',
      remedy: 'Add a last step of 100 %: a promotion ends with all requests on the new release.',
    },
  ];
}

/** Weights are shifted on a route; a service without one has a single slot and is rolled. */
export const strategyFitsRoute = rule(['services'], function strategyFitsRoute({ services }) {
  return services.flatMap(({ promotion, route }, index): Finding[] => {
    const path = ['services', index, 'promotion'];
    const findings: Finding[] = route
      ? []
      : promotion.strategiesAllowed.flatMap((strategy, position) =>
          strategy === 'rolling'
            ? []
            : [
                {
                  path: [...path, 'strategiesAllowed', position],
                  value: strategy,
                  allowed: 'rolling, for a service without a route',
                  remedy: 'Give the service a route, or take the strategy out.',
                },
              ],
        );
    if (promotion.strategiesAllowed.includes(promotion.strategy)) return findings;
    return [
      ...findings,
      {
        path: [...path, 'strategy'],
        value: promotion.strategy,
        allowed: `one of strategiesAllowed: ${promotion.strategiesAllowed.join(', ')}`,
        remedy: 'Add it to strategiesAllowed, or choose one that is there.',
      },
    ];
  });
});

/** A stage releases a service as the service may be released. */
export const stageStrategiesAreAllowed = rule(
  ['services', 'stages'],
  function stageStrategiesAreAllowed({ services, stages: settings }) {
    return stages.flatMap((stage) =>
      Object.entries(settings[stage].services ?? {}).flatMap(([name, { strategy }]): Finding[] => {
        const allowed = services.find((service) => service.name === name)?.promotion.strategiesAllowed;
        if (strategy === undefined || !allowed || allowed.includes(strategy)) return [];
        return [
          {
            path: ['stages', stage, 'services', name, 'strategy'],
            value: strategy,
            allowed: `one of the service's strategiesAllowed: ${allowed.join(', ')}`,
            remedy: 'Add it to strategiesAllowed, or choose one that is there.',
          },
        ];
      }),
    );
  },
);
