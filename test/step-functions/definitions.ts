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
}

export interface Definition {
  readonly Comment: string;
  readonly QueryLanguage: string;
  readonly StartAt: string;
  readonly TimeoutSeconds: number;
  readonly States: Readonly<Record<string, State>>;
}

export function definitionText(workflow: string): string {
  return readFileSync(join(root, 'step-functions', `${workflow}.asl.json`), 'utf8');
}

export function definitionOf(workflow: string): Definition {
  return JSON.parse(definitionText(workflow)) as Definition;
}

/** `read-plan` → `ReadPlanFunctionArn`. */
export function placeholderOf(task: string): string {
  const name = task
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  return `${name}FunctionArn`;
}
