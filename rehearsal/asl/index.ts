export { type CompiledStateMachine, compile } from './compile.ts';
export type * from './environment.ts';
export { StepFunctionsError } from './errors.ts';
export { Execution } from './execution.ts';
export type * from './history-event.ts';
export { type Diagnostic, InvalidDefinition } from './validate/diagnostics.ts';
export { validateDefinition } from './validate/validate.ts';
