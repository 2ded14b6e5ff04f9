import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..', '..');

export interface State {
  readonly Type: string;
  readonly Comment?: string;
  readonly Resource?: string;
  readonly Arguments?: { readonly FunctionName: string };
  readonly TimeoutSeconds?: number | string;
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[]; readonly MaxAttempts?: number }[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly Next?: string;
  readonly Error?: string;
  readonly ItemProcessor?: Scope;
  readonly Branches?: readonly Scope[];
}

/** States that lead to each other: those of the definition, of one branch, or of what is done with each item. */
interface Scope {
  readonly States: Readonly<Record<string, State>>;
}

export interface Definition extends Scope {
  readonly Comment: string;
  readonly QueryLanguage: string;
  readonly StartAt: string;
  readonly TimeoutSeconds: number;
}

/** A state, and the names of those that it may lead to. */
export interface PlacedState {
  readonly name: string;
  readonly state: State;
  readonly beside: readonly string[];
}

export function definitionText(workflow: string): string {
  return readFileSync(join(root, 'step-functions', `${workflow}.asl.json`), 'utf8');
}

export function definitionOf(workflow: string): Definition {
  return JSON.parse(definitionText(workflow)) as Definition;
}

/** Every state, those inside Map and Parallel states too. */
export function statesOf({ States }: Scope): PlacedState[] {
  const beside = Object.keys(States);
  return Object.entries(States).flatMap(([name, state]) => [
    { name, state, beside },
    ...[state.ItemProcessor, ...(state.Branches ?? [])].flatMap((scope) => (scope ? statesOf(scope) : [])),
  ]);
}

/** `read-plan` → `ReadPlanFunctionArn`. */
export function placeholderOf(task: string): string {
  const name = task
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  return `${name}FunctionArn`;
}
