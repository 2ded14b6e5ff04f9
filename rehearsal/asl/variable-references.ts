import type { Json } from '../kernel/log.ts';

/** DescribeStateMachine's `variableReferences`. */
export function variableReferencesOf(_definition: { [key: string]: Json }): Record<string, string[]> {
  return {};
}
