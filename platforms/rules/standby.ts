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

/** The objectives are production's: a figure of that stage alone must not take away what reaches them. */
export const productionKeepsTheObjectives = rule(
  ['regions', 'recovery', 'databases', 'stages'],
  function productionKeepsTheObjectives({ regions, recovery, databases, stages: { production } }) {
    const findings: Finding[] = [];
    if (regions.standby && !production.standby && databases.length > 0) {
      const { recoveryPointMinutesMax, recoveryTimeMinutesMax } = recovery.platform;
      findings.push({
        path: ['stages', 'production', 'standby'],
        value: false,
        allowed: `true, for recovery.platform (${recoveryPointMinutesMax} minutes lost at most, back within ${recoveryTimeMinutesMax})`,
        remedy: 'Give production its standby: without one nothing of it survives the region.',
      });
    }
    for (const [name, { multipleZones }] of Object.entries(production.databases ?? {})) {
      if (multipleZones !== false || !recovery.database) continue;
      findings.push({
        path: ['stages', 'production', 'databases', name, 'multipleZones'],
        value: false,
        allowed: 'true, for recovery.database',
        remedy: 'Only a synchronous standby in another zone takes over in minutes and loses nothing.',
      });
    }
    return findings;
  },
);
