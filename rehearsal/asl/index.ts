export { type CompiledStateMachine, compile } from './compile.ts';
export type * from './environment.ts';
export { Execution } from './execution.ts';
export type * from './history-event.ts';
