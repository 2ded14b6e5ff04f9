import { aeon } from '../../platforms/aeon.ts';
import { InvalidPlatform, type Violation, validatePlatform } from '../../platforms/validate.ts';

/** A definition while it is being broken. */
export type Draft = Record<string, unknown>;

/** aeon with one place changed. `undefined` takes the field out. */
export function changed(path: readonly (string | number)[], value: unknown): Draft {
  const draft = structuredClone(aeon) as unknown as Draft;
  const at = path.slice(0, -1).reduce<Draft>((parent, step) => parent[step] as Draft, draft);
  const last = path.at(-1) ?? '';
  if (value === undefined) delete at[last];
  else at[last] = value;
  return draft;
}

/** What is wrong with it; empty when it is sound. */
export function violationsOf(definition: unknown): readonly Violation[] {
  try {
    validatePlatform(definition);
  } catch (error) {
    if (error instanceof InvalidPlatform) return error.violations;
    throw error;
  }
  return [];
}
