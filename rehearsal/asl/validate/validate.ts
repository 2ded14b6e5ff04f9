import type { Json } from '../../kernel/log.ts';
import { maximumNesting, nestsDeeperThan } from '../input.ts';
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
    return refused('INVALID_JSON_DESCRIPTION', ...jsonFault(text, error));
  }
  if (!isObject(document)) return refused('SCHEMA_VALIDATION_FAILED', 'Definition must be a valid JSON object');
  return { document, diagnostics: checkMachine(document, type).diagnostics };
}

/** The words of AWS's JSON parser for an unknown word; this host's own for the rest. */
function jsonFault(text: string, error: unknown): [message: string, location?: string] {
  const match = /^(\s*)([A-Za-z_$][\w$]*)/.exec(text);
  const word = match?.[2];
  if (word === undefined || ['true', 'false', 'null'].includes(word))
    return [error instanceof Error ? error.message : String(error)];
  const before = `${match?.[1] ?? ''}${word}`;
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  const location = `[Source: (String)"${text}"; line: ${line}, column: ${column}]`;
  return [
    `Unrecognized token '${word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at ${location}`,
    location,
  ];
}
