import { type TagParts, tagAutomaton } from './image-tag.ts';

/** Characters that a tag may hold: https://github.com/opencontainers/distribution-spec, 'Pulling manifests'. */
const tagCharacters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-'];

/**
 * Whether some tag of the convention matches a wildcard filter of ECR (`*` stands for any characters). Decided, not sampled:
 * both are automata, and their common states are searched. `known` fixes placeholders.
 */
export function canMatchTag(filter: string, convention: string, known: TagParts): boolean {
  const tag = tagAutomaton(convention, known);
  const open: (readonly [number, number])[] = [[0, 0]];
  const seen = new Set<string>();
  for (let state = open.pop(); state; state = open.pop()) {
    const [atTag, atFilter] = state;
    const key = `${atTag}/${atFilter}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const afterStars = filterPositions(filter, atFilter);
    if (tag.accepts(atTag) && afterStars.includes(filter.length)) return true;
    for (const character of tagCharacters) {
      for (const next of tag.next(atTag, character)) {
        for (const position of afterStars) {
          if (filter[position] === '*') open.push([next, position]);
          else if (filter[position] === character) open.push([next, position + 1]);
        }
      }
    }
  }
  return false;
}

/** This position, and those behind stars that stand for nothing. */
function filterPositions(filter: string, position: number): number[] {
  return filter[position] === '*' ? [position, ...filterPositions(filter, position + 1)] : [position];
}
