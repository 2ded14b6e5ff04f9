import type { Json } from '../../kernel/log.ts';
import { parseIntrinsic } from '../intrinsics/parse.ts';
import { isObject } from '../json-text.ts';
import { type JsonPath, JsonPathSyntaxError, parsePath } from '../jsonpath/path.ts';
import type { Checker } from './checker.ts';

function parses(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof JsonPathSyntaxError) return false;
    throw error;
  }
}

/** A field that holds a path, or also an intrinsic call. */
export function checkPath(
  checker: Checker,
  value: Json | undefined,
  location: string,
  options: { readonly intrinsic?: boolean } = {},
): void {
  if (!checker.text(value, location)) return;
  if (options.intrinsic && value.startsWith('States.')) {
    if (!parses(() => parseIntrinsic(value)))
      checker.refuse('Value is not a valid JSONPath or a valid intrinsic function call', location);
  } else if (!parses(() => parsePath(value))) checker.refuse('Value is not a valid JSONPath', location);
}

/** A path that names one node of the data by names and indexes alone. */
export function checkReferencePath(checker: Checker, value: Json | undefined, location: string): void {
  if (!checker.text(value, location)) return;
  let path: JsonPath | undefined;
  const valid = parses(() => {
    path = parsePath(value);
  });
  const plain = path?.root.kind === 'data' && path.segments.every(({ kind }) => kind === 'names' || kind === 'indexes');
  if (!valid || !path?.definite || !plain) checker.refuse('Value is not a Reference Path', location);
}

/** Members of a payload template whose names end in `.$`. AWS names the template's field as the place. */
export function checkPathTemplate(checker: Checker, value: Json | undefined, location: string): void {
  if (Array.isArray(value)) for (const item of value) checkPathTemplate(checker, item, location);
  if (!isObject(value)) return;
  for (const [key, member] of Object.entries(value)) {
    if (!key.endsWith('.$')) checkPathTemplate(checker, member, location);
    else if (
      typeof member !== 'string' ||
      !parses(() => (member.startsWith('States.') ? parseIntrinsic(member) : parsePath(member)))
    ) {
      checker.refuse(
        `The value for the field '${key}' must be a valid JSONPath or a valid intrinsic function call`,
        location,
      );
    }
  }
}
