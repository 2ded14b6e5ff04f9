import type { Json } from '../kernel/log.ts';
import { compileStates } from './compile/states.ts';
import type { CompiledStates } from './compiled.ts';
import { isObject } from './json-text.ts';
import { InvalidDefinition } from './validate/diagnostics.ts';
import { validateDefinition } from './validate/validate.ts';
import { variableReferencesOf } from './variable-references.ts';

/** A definition made ready to run; made once by `compile`, shared by any number of executions. */
export interface CompiledStateMachine {
  readonly comment?: string;
  readonly startAt: string;
  readonly timeoutSeconds?: number;
  readonly type: 'STANDARD' | 'EXPRESS';
  /** DescribeStateMachine's `variableReferences`: state name to the variable references in it. */
  readonly variableReferences: Readonly<Record<string, readonly string[]>>;
}

const programs = new WeakMap<CompiledStateMachine, CompiledStates>();

/** The states behind a compiled machine, for the interpreter alone. */
export function programOf(machine: CompiledStateMachine): CompiledStates {
  const program = programs.get(machine);
  if (!program) throw new TypeError('not a state machine that compile() has made');
  return program;
}

/**
 * Checks a definition (the parsed JSON, or its text) and makes it ready. Throws InvalidDefinition with every diagnostic.
 * `type` matters to the checks: Express machines take no `.sync`, no tokens and no activities.
 */
export function compile(
  definition: unknown,
  options: { readonly type?: 'STANDARD' | 'EXPRESS' } = {},
): CompiledStateMachine {
  const type = options.type ?? 'STANDARD';
  const { document, diagnostics } = validateDefinition(definition, type);
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'ERROR');
  if (errors.length > 0 || !isObject(document)) throw new InvalidDefinition(errors);
  return assemble(document, type);
}

function assemble(document: { [key: string]: Json }, type: 'STANDARD' | 'EXPRESS'): CompiledStateMachine {
  const program = compileStates(document, document['QueryLanguage'] === 'JSONata' ? 'JSONata' : 'JSONPath');
  return registered(
    {
      startAt: program.startAt,
      type,
      variableReferences: variableReferencesOf(document),
      ...(typeof document['Comment'] === 'string' ? { comment: document['Comment'] } : {}),
      ...(typeof document['TimeoutSeconds'] === 'number' ? { timeoutSeconds: document['TimeoutSeconds'] } : {}),
    },
    program,
  );
}

/** A machine around states that are compiled already: what a distributed Map runs in its children. */
export function machineOf(program: CompiledStates, type: 'STANDARD' | 'EXPRESS'): CompiledStateMachine {
  return registered({ startAt: program.startAt, type, variableReferences: {} }, program);
}

function registered(machine: CompiledStateMachine, program: CompiledStates): CompiledStateMachine {
  programs.set(machine, program);
  return machine;
}
