import {
  buildTag,
  placeholdersOf,
  TagAgainstConvention,
  type TagParts,
  tagCharactersMax,
} from '../../domain/image-tag.ts';
import { stages } from '../../domain/names.ts';
import { canMatchTag } from '../../domain/tag-wildcard.ts';
import { type Finding, rule } from '../violation.ts';

/** A tag must name one build, and, where stages keep images for different times, its stage: ECR's lifecycle rules select by tag. */
export const tagsNameTheBuild = rule(['images', 'stages'], function tagsNameTheBuild({ images, stages: settings }) {
  const path = ['images', 'tagConvention'];
  const value = images.tagConvention;
  let found: readonly string[];
  try {
    found = placeholdersOf(value);
  } catch (error) {
    if (!(error instanceof TagAgainstConvention)) throw error;
    return [{ path, value, allowed: error.message, remedy: 'Use known placeholders only.' }];
  }
  const retentions = new Set(stages.map((stage) => settings[stage].imageRetentionDays));
  const needed = [
    { placeholder: 'commit', needed: true, why: 'a tag that names no commit can mean two builds' },
    {
      placeholder: 'environment',
      needed: retentions.size > 1,
      why: 'stages keep images for different times, and ECR tells them apart by tag alone',
    },
  ];
  return needed.flatMap(({ placeholder, needed: isNeeded, why }): Finding[] =>
    isNeeded && !found.includes(placeholder)
      ? [{ path, value, allowed: `a convention with {${placeholder}}`, remedy: `Add {${placeholder}}: ${why}.` }]
      : [],
  );
});

/** A tag that the convention makes must be one that ECR takes. */
export const tagsFit = rule(['images'], function tagsFit({ images }) {
  const value = images.tagConvention;
  if (!isReadable(value)) return [];
  return images.repositories.flatMap(({ name }, index): Finding[] => {
    const longest = {
      service: name,
      environment: 'development',
      version: '100.100.100',
      commit: '0'.repeat(40),
      branch: 'main',
    };
    if (takenByRegistry(value, longest)) return [];
    return [
      {
        path: ['images', 'tagConvention'],
        value,
        allowed: `letters, digits, . _ - and placeholders; ${tagCharactersMax} characters at most once filled in for images.repositories[${index}]`,
        remedy: `Shorten the convention or the name '${name}'; a commit may have 40 characters.`,
      },
    ];
  });
});

/** https://github.com/opencontainers/distribution-spec, 'Pulling manifests'. */
function takenByRegistry(convention: string, parts: TagParts): boolean {
  try {
    return /^\w[\w.-]*$/.test(buildTag(convention, parts));
  } catch (error) {
    if (error instanceof TagAgainstConvention) return false;
    throw error;
  }
}

/** Whether all placeholders are known; `tagsNameTheBuild` tells when they aren't. */
function isReadable(convention: string): boolean {
  try {
    return placeholdersOf(convention).length >= 0;
  } catch (error) {
    if (error instanceof TagAgainstConvention) return false;
    throw error;
  }
}

/** No exclusion from immutability may let a released tag move to another image. */
export const mutableTagsSpareReleases = rule(['images'], function mutableTagsSpareReleases({ images }) {
  if (!isReadable(images.tagConvention)) return [];
  return images.mutableTags.flatMap((filter, index): Finding[] => {
    const path = ['images', 'mutableTags', index];
    const hit = images.repositories.find(({ name }) =>
      canMatchTag(filter, images.tagConvention, { service: name, environment: 'production' }),
    );
    if (!hit) return [];
    return [
      {
        path,
        value: filter,
        allowed: 'a filter that no production tag of the convention can match',
        remedy: `It would let a released tag of ${hit.name} move to another image. Narrow it, for example to 'dev-latest'.`,
      },
    ];
  });
});

/** What runs and what a rollback needs must outlive the rest. */
export const imagesOutliveTheirRelease = rule(
  ['images', 'stages'],
  function imagesOutliveTheirRelease({ images, stages: settings }) {
    const findings: Finding[] = [];
    if (images.keepNewest < 2) {
      findings.push({
        path: ['images', 'keepNewest'],
        value: images.keepNewest,
        allowed: '2 or more: the release that runs and the one before it',
        remedy: 'Keep at least 2, or a rollback finds its image gone.',
      });
    }
    for (const stage of ['development', 'staging'] as const) {
      if (settings[stage].imageRetentionDays <= settings.production.imageRetentionDays) continue;
      findings.push({
        path: ['stages', stage, 'imageRetentionDays'],
        value: settings[stage].imageRetentionDays,
        allowed: `at most production's ${settings.production.imageRetentionDays}`,
        remedy: 'Keep production images at least as long as the others.',
      });
    }
    return findings;
  },
);
