import { type Finding, rule } from '../violation.ts';

/** The standby spreads what the primary spreads: it has as many zones. */
export const standbyHasZones = rule(['regions'], function standbyHasZones({ regions }) {
  const { primary, standby } = regions;
  if (!standby) return [];
  return (['publicSubnets', 'privateSubnets'] as const).flatMap((kind): Finding[] => {
    const needed = primary.vpc[kind].length;
    const found = standby.vpc[kind].map(({ zone }) => zone);
    if (found.length >= needed) return [];
    return [
      {
        path: ['regions', 'standby', 'vpc', kind],
        value: found,
        allowed: `${needed} zones or more, as the primary has`,
        remedy:
          'What is spread over zones there could not be spread here: add a zone, or choose a region that has one.',
      },
    ];
  });
});
