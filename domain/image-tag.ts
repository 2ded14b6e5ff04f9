import { stages } from './names.ts';

/** What a convention may be made of, and what may stand there. Semantic version: https://semver.org, without build metadata (ECR forbids +). */
const placeholders = {
  service: '[a-z0-9-]+',
  environment: stages.join('|'),
  version: '\\d+\\.\\d+\\.\\d+(?:-[0-9a-zA-Z]+(?:\\.[0-9a-zA-Z]+)*)?',
  commit: '[0-9a-f]{7,40}',
  branch: '[a-zA-Z0-9][a-zA-Z0-9._]*',
} as const;

export type TagPlaceholder = keyof typeof placeholders;
export const tagPlaceholders = Object.keys(placeholders) as TagPlaceholder[];

/** The parts of a tag, by placeholder. */
export type TagParts = Readonly<Partial<Record<TagPlaceholder, string>>>;

/** A tag, or a part of one, that the convention does not allow. The message says what came and what is allowed. */
export class TagAgainstConvention extends Error {
  override readonly name = 'TagAgainstConvention';
}

/** Longest tag that a registry takes: https://github.com/opencontainers/distribution-spec, 'Pulling manifests'. */
export const tagCharactersMax = 128;

/** The placeholders of a convention in their order. Throws TagAgainstConvention for one that does not exist. */
export function placeholdersOf(convention: string): TagPlaceholder[] {
  return [...convention.matchAll(/\{([^{}]*)\}/g)].map((match) => {
    const found = tagPlaceholders.find((placeholder) => placeholder === match[1]);
    if (found) return found;
    throw new TagAgainstConvention(
      `The tag convention '${convention}' has the placeholder '${match[0]}'; known are ${tagPlaceholders.map((known) => `{${known}}`).join(', ')}.`,
    );
  });
}

/**
 * The convention as an anchored regular expression with a named group for each placeholder. `known` fixes the placeholders
 * whose value is already decided, such as the service and the stage that a promotion is for.
 */
export function tagPattern(convention: string, known: TagParts = {}): string {
  const seen = new Set<TagPlaceholder>();
  const body = pieces(convention).map((piece) => {
    if (piece.kind === 'text') return escapeForPattern(piece.text);
    if (seen.has(piece.placeholder)) return `\\k<${piece.placeholder}>`;
    seen.add(piece.placeholder);
    const value = known[piece.placeholder];
    return `(?<${piece.placeholder}>${value === undefined ? placeholders[piece.placeholder] : escapeForPattern(value)})`;
  });
  return `^${body.join('')}$`;
}

/**
 * Takes a tag apart. Throws TagAgainstConvention when it does not follow the convention, or is another service's or stage's
 * than `known` says.
 */
export function parseTag(tag: string, convention: string, known: TagParts = {}): TagParts {
  const match = tag.length <= tagCharactersMax ? new RegExp(tagPattern(convention, known)).exec(tag) : null;
  if (!match) {
    throw new TagAgainstConvention(
      `The tag '${tag}' does not follow the convention '${convention}'. Allowed: ${describeTag(convention, known)}, ${tagCharactersMax} characters at most; ` +
        `for example '${exampleTag(convention, known)}'. Build and push the image under such a tag, then name that one.`,
    );
  }
  return { ...match.groups };
}

/** Puts a tag together. Throws TagAgainstConvention for a part that is missing or not allowed where it stands. */
export function buildTag(convention: string, parts: TagParts): string {
  const tag = fill(convention, parts);
  parseTag(tag, convention, parts);
  return tag;
}

function fill(convention: string, parts: TagParts): string {
  return pieces(convention)
    .map((piece) => {
      if (piece.kind === 'text') return piece.text;
      const value = parts[piece.placeholder];
      if (value !== undefined && new RegExp(`^(?:${placeholders[piece.placeholder]})$`).test(value)) return value;
      throw new TagAgainstConvention(
        `The tag's ${piece.placeholder} is ${value === undefined ? 'missing' : `'${value}'`}; allowed is what matches ${placeholders[piece.placeholder]}.`,
      );
    })
    .join('');
}

/** A tag filled in as the convention says, for a message. */
export function exampleTag(convention: string, known: TagParts = {}): string {
  const examples: Record<TagPlaceholder, string> = {
    service: 'api',
    environment: 'production',
    version: '1.4.0',
    commit: '3f2a91c',
    branch: 'main',
  };
  return fill(convention, { ...examples, ...known });
}

function describeTag(convention: string, known: TagParts): string {
  return [...new Set(placeholdersOf(convention))]
    .map((placeholder) => `{${placeholder}} = ${known[placeholder] ?? placeholders[placeholder]}`)
    .join(', ');
}

type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'placeholder'; readonly placeholder: TagPlaceholder };

function pieces(convention: string): Piece[] {
  const names = placeholdersOf(convention);
  const texts = convention.split(/\{[^{}]*\}/);
  return texts.flatMap((text, index): Piece[] => {
    const placeholder = names[index];
    const own: Piece[] = text === '' ? [] : [{ kind: 'text', text }];
    return placeholder ? [...own, { kind: 'placeholder', placeholder }] : own;
  });
}

function escapeForPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** A tag convention as a nondeterministic automaton: states are numbers, 0 the first. */
export interface TagAutomaton {
  next(state: number, character: string): readonly number[];
  accepts(state: number): boolean;
}

/** Characters each placeholder may hold and how many of them at least: a superset of its pattern, for questions of 'can it ever'. */
const superset: Readonly<Record<TagPlaceholder, { characters: RegExp; atLeast: number }>> = {
  service: { characters: /[a-z0-9-]/, atLeast: 1 },
  environment: { characters: /[a-z]/, atLeast: 7 },
  version: { characters: /[0-9a-zA-Z.-]/, atLeast: 5 },
  commit: { characters: /[0-9a-f]/, atLeast: 7 },
  branch: { characters: /[a-zA-Z0-9._]/, atLeast: 1 },
};

/** The automaton of a convention, with placeholders fixed where `known` says so. It takes at least every tag that `tagPattern` takes. */
export function tagAutomaton(convention: string, known: TagParts = {}): TagAutomaton {
  const steps = pieces(convention).flatMap((piece) => {
    const text = piece.kind === 'text' ? piece.text : known[piece.placeholder];
    if (text !== undefined)
      return [...text].map((character) => ({ takes: (other: string) => other === character, repeats: false }));
    if (piece.kind === 'text') return [];
    const { characters, atLeast } = superset[piece.placeholder];
    return Array.from({ length: atLeast }, (_, index) => ({
      takes: (other: string) => characters.test(other),
      repeats: index === atLeast - 1,
    }));
  });
  return {
    next(state, character) {
      const next = steps[state]?.takes(character) ? [state + 1] : [];
      const before = steps[state - 1];
      return before?.repeats && before.takes(character) ? [...next, state] : next;
    },
    accepts: (state) => state === steps.length,
  };
}
