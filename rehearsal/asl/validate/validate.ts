import type { Json } from '../../kernel/log.ts';
import { maximumNesting, nestsDeeperThan } from '../input.ts';
import { jsonFault } from '../json-fault.ts';
import { exceedsBytes, isObject } from '../json-text.ts';
import type { Diagnostic } from './diagnostics.ts';
import { checkMachine } from './machine.ts';

/** Largest definition, in bytes. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const maximumDefinitionBytes = 1_048_576;

/**
 * Checks a definition, given as JSON text or parsed, as CreateStateMachine does. `document` is the parsed definition, where it
 * is JSON at all. Our own checks and not a library's: see docs/reference/fidelity.md, 'Step Functions'.
 */
export function validateDefinition(
  definition: unknown,
  type: 'STANDARD' | 'EXPRESS',
): { readonly document: Json | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const text = typeof definition === 'string' ? definition : (JSON.stringify(definition) ?? '');
  const refused = (code: string, message: string, location?: string) => ({
    document: undefined,
    diagnostics: [{ severity: 'ERROR' as const, code, message, ...(location === undefined ? {} : { location }) }],
  });
  if (exceedsBytes(text, maximumDefinitionBytes)) {
    return refused(
      'SCHEMA_VALIDATION_FAILED',
      `Definition exceeds the maximum size of ${maximumDefinitionBytes} bytes`,
    );
  }
  if (nestsDeeperThan(text, maximumNesting))
    return refused('TOO_DEEPLY_NESTED', `Definition nests deeper than ${maximumNesting} levels`);
  if (text.trim() === '') return refused('SCHEMA_VALIDATION_FAILED', 'Definition must be a valid JSON object');
  let document: Json;
  try {
    document = JSON.parse(text) as Json;
  } catch (error) {
    const { message, line, column } = jsonFault(text, error);
    const location = `[Source: (String)"${text}"; line: ${line}, column: ${column}]`;
    return refused('INVALID_JSON_DESCRIPTION', `${message}\n at ${location}`, location);
  }
  if (!isObject(document)) return refused('SCHEMA_VALIDATION_FAILED', 'Definition must be a valid JSON object');
  return { document, diagnostics: checkMachine(document, type).diagnostics };
}
