/** Where a value does not fit its schema, in words: `imageIds[0].imageDigest: a number came, text is wanted`. */
export class ShapeProblem extends Error {
  override readonly name = 'ShapeProblem';
  /** `type`: cannot be read at all; `missing`: a required member is absent. AWS names the two differently. */
  readonly problem: 'type' | 'missing';
  readonly path: string;

  constructor(problem: 'type' | 'missing', path: string, message: string) {
    super(`${path || 'the body'}: ${message}`);
    this.problem = problem;
    this.path = path;
  }
}

/** Path of a member: `imageIds[0].imageDigest`. */
export function memberPath(path: string, member: string): string {
  return path === '' ? member : `${path}.${member}`;
}

/** A value in words, short. */
export function described(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'null';
  if (typeof value === 'object') return 'a structure';
  return `${typeof value} ${JSON.stringify(value)}`.slice(0, 80);
}
