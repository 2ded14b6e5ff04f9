import type { Json } from '../kernel/log.ts';
import { StepFunctionsError } from './errors.ts';
import { jsonFault } from './json-fault.ts';
import { exceedsBytes } from './json-text.ts';

/** Largest input of an execution, in bytes of UTF-8. */
export const maximumInputBytes = 262_144;
/** How deep JSON may nest. */
export const maximumNesting = 1_000;

/** Reads the input of an execution. Throws a StepFunctionsError InvalidExecutionInput. */
export function parseInput(text: string): Json {
  if (text.trim() === '') throw invalid('Invalid execution input.');
  if (exceedsBytes(text, maximumInputBytes)) {
    throw new StepFunctionsError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: 'Input size exceeds the maximum allowed size of ${maximumInputBytes} bytes.'`,
    );
  }
  if (nestsDeeperThan(text, maximumNesting))
    throw invalid(`Document nesting depth exceeds the maximum allowed (${maximumNesting})`);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw invalid(jsonFault(text, error).message);
  }
}

function invalid(message: string): StepFunctionsError {
  return new StepFunctionsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${message}'`);
}

/** Whether JSON text nests beyond what an execution takes; a text that is too short for it is not looked at. */
export function nestsTooDeeply(text: string): boolean {
  return text.length > 2 * maximumNesting && nestsDeeperThan(text, maximumNesting);
}

/** Whether brackets outside strings nest deeper; the text need not be valid JSON. */
export function nestsDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (inString) {
      if (character === 92) index++;
      else if (character === 34) inString = false;
    } else if (character === 34) inString = true;
    else if (character === 91 || character === 123) {
      depth++;
      if (depth > limit) return true;
    } else if (character === 93 || character === 125) depth--;
  }
  return false;
}
