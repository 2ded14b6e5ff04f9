import type { Json } from '../../kernel/log.ts';
import { isObject } from '../json-text.ts';
import type { Diagnostic } from './diagnostics.ts';

/** Checks a definition. `document` is the parsed definition, where it is JSON at all. */
export function validateDefinition(
  definition: unknown,
  _type: 'STANDARD' | 'EXPRESS',
): { readonly document: Json | undefined; readonly diagnostics: readonly Diagnostic[] } {
  let document: Json;
  try {
    document = typeof definition === 'string' ? (JSON.parse(definition) as Json) : (definition as Json);
  } catch (error) {
    return {
      document: undefined,
      diagnostics: [{ severity: 'ERROR', code: 'INVALID_JSON_DESCRIPTION', message: String(error) }],
    };
  }
  const missing = isObject(document)
    ? ['StartAt', 'States'].filter((field) => !Object.hasOwn(document, field))
    : ['StartAt', 'States'];
  const diagnostics: Diagnostic[] =
    missing.length === 0
      ? []
      : [
          {
            severity: 'ERROR',
            code: 'SCHEMA_VALIDATION_FAILED',
            message: `These fields are required: [${missing.join(', ')}]`,
            location: '/',
          },
        ];
  return { document, diagnostics };
}
